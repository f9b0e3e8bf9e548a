import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";

import { ResultSinkSchema, type SetResultSinkRequest } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { ErrorInfoSchema } from "@/gen/google/rpc/error_details_pb.js";

import { Component } from "../set-page";
import { aSet, fakeTransport, renderAt, SET_ID, signIn } from "../testing";

beforeEach(signIn);

const show = (fake: Parameters<typeof fakeTransport>[0]) =>
  renderAt(`/inspect/sets/${SET_ID}/export`, "/inspect/sets/:setId/:tab?", <Component />, fakeTransport(fake));
const HOOK = "https://mes.example.org/argus";
const aSink = (some: MessageInitShape<typeof ResultSinkSchema> = {}) =>
  create(ResultSinkSchema, { target: { case: "webhook", value: { url: HOOK } }, delivered: 41n, ...some });

it("sets a webhook and shows its secret once", async () => {
  const asked: SetResultSinkRequest[] = [];
  show({
    getResultSink: () => {
      if (asked.length === 0) throw new ConnectError("they are not sent on", Code.NotFound);
      return aSink({ anomalousOnly: true });
    },
    setResultSink: (request) => {
      asked.push(request);
      return { sink: aSink(), secret: "whsec_c2VjcmV0" };
    },
    deleteResultSink: () => ({}),
  });
  await userEvent.type(await screen.findByLabelText("Webhook"), HOOK);
  await userEvent.click(screen.getByLabelText("Only what is anomalous"));
  await userEvent.click(screen.getByRole("button", { name: "Send results there" }));
  expect(await screen.findByText("whsec_c2VjcmV0")).toBeInTheDocument();
  expect(asked[0]?.sink?.target).toMatchObject({ case: "webhook", value: { url: HOOK } });
  expect(asked[0]?.sink?.anomalousOnly).toBe(true);
  expect(await screen.findByText(/What is anomalous goes to/)).toHaveTextContent(HOOK);
});

it("says how it fares, and tries again what was given up", async () => {
  let retried = 0;
  show({
    getResultSink: () => aSink({ givenUp: retried === 0 ? 2n : 0n, lastProblem: "the receiver answered with status 500" }),
    retryResultDeliveries: () => {
      retried += 1;
      return aSink();
    },
  });
  expect(await screen.findByText("41 results delivered · 0 waiting · 2 given up")).toBeInTheDocument();
  expect(screen.getByText(/status 500/)).toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "Try again now" }));
  expect(await screen.findByText("41 results delivered · 0 waiting · 0 given up")).toBeInTheDocument();
});

it("says why an address is refused", async () => {
  show({
    setResultSink: () => {
      const value = { reason: "RESULT_SINK_REFUSED", domain: "argus.internal" };
      throw new ConnectError("results may not go there", Code.FailedPrecondition, undefined, [{ desc: ErrorInfoSchema, value }]);
    },
  });
  await userEvent.type(await screen.findByLabelText("Webhook"), "http://127.0.0.1/");
  await userEvent.click(screen.getByRole("button", { name: "Send results there" }));
  expect(await screen.findByRole("alert")).toHaveTextContent(/may not go there/i);
});

it("is not there for whoever the set is shared with", async () => {
  show({ getReferenceSet: () => aSet({ userId: "9a4f1f5e-8f0c-4b0a-9f43-3c1a5b6f0d04" }) });
  expect(await screen.findByRole("region", { name: "Export what people said" })).toBeInTheDocument();
  expect(screen.queryByRole("region", { name: "Send results on" })).not.toBeInTheDocument();
});
