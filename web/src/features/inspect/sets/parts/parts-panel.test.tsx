import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";

import type { ProposePartsRequest, SetPartRuleRequest } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { Component } from "../set-page";
import { aSet, fakeTransport, renderAt, SET_ID, signIn } from "../testing";

beforeEach(signIn);

const show = (fake: Parameters<typeof fakeTransport>[0]) =>
  renderAt(`/inspect/sets/${SET_ID}/calibrate`, "/inspect/sets/:setId/:tab?", <Component />, fakeTransport(fake));

it("shows what comparing pictures finds, and groups nothing before that is accepted", async () => {
  const asked: ProposePartsRequest[] = [];
  const said: SetPartRuleRequest[] = [];
  const rule = { rule: { case: "proposal", value: "opaque" } } as const;
  show({
    proposeParts: (request) => {
      asked.push(request);
      return { rule, imageCount: 40, partCount: 12, groups: [{ imageCount: 9, imageIds: ["1"], previews: [{ imageId: "1", filename: "a.png" }] }] };
    },
    setPartRule: (request) => {
      said.push(request);
      return aSet({ partRule: rule, changed: true });
    },
  });
  const panel = within(await screen.findByRole("region", { name: "Pictures of the same part" }));
  await userEvent.selectOptions(panel.getByLabelText("Which images show the same part"), "compare");
  await userEvent.click(panel.getByRole("button", { name: "Compare pictures" }));
  expect(await panel.findByText(/40 images of 12 parts/)).toBeInTheDocument();
  expect(panel.getByRole("listitem")).toHaveTextContent("9 images");
  expect(asked[0]?.rule).toBeUndefined();
  expect(said).toEqual([]);
  await userEvent.click(panel.getByRole("button", { name: "Count these as the same parts" }));
  await waitFor(() => expect(said).toHaveLength(1));
  expect(said[0]?.rule?.rule).toEqual(rule.rule);
  expect(await panel.findByText(/Now: By comparing pictures/)).toBeInTheDocument();
});

it("takes a label, and says what is wrong with one", async () => {
  const said: SetPartRuleRequest[] = [];
  show({
    setPartRule: (request) => {
      said.push(request);
      return aSet({ partRule: request.rule! });
    },
  });
  const panel = within(await screen.findByRole("region", { name: "Pictures of the same part" }));
  expect(panel.queryByRole("button")).toBeNull();
  await userEvent.selectOptions(panel.getByLabelText("Which images show the same part"), "label");
  const label = panel.getByLabelText("Label");
  await userEvent.clear(label);
  await userEvent.type(label, "Nr");
  expect(panel.getByText(/A label’s key/)).toBeInTheDocument();
  expect(panel.getByRole("button", { name: "Use this" })).toBeDisabled();
  await userEvent.clear(label);
  await userEvent.type(label, "tile");
  await userEvent.click(panel.getByRole("button", { name: "Use this" }));
  await waitFor(() => expect(said[0]?.rule?.rule).toEqual({ case: "label", value: "tile" }));
});
