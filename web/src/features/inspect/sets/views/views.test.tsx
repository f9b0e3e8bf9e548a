import { Code, ConnectError } from "@connectrpc/connect";
import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";

import {
  type CalibrateReferenceSetRequest,
  CalibrationSettings_Scorer as Scorer,
  type CreateReferenceSetRequest,
  Job_State,
  ReferenceSet_State,
} from "@/gen/argus/inspection/v1/inspection_pb.js";
import { formatShare } from "@/lib/shares";

import type { Tab } from "../paths";
import { Component } from "../set-page";
import { aJob, aSet, aVersion, fakeTransport, renderAt, SET_ID, signIn } from "../testing";
import { regionForm } from "./region-form";

beforeEach(signIn);

const VIEW = "9a4f1f5e-8f0c-4b0a-9f43-3c1a5b6f0d04";
const AREA = { points: [{ x: 0, y: 0 }, { x: 0.5, y: 0 }, { x: 0.5, y: 1 }] };
const aView = {
  referenceSetId: VIEW,
  displayName: "Left",
  state: ReferenceSet_State.READY,
  currentVersion: 2,
  imageCount: 12,
  regionsOfInterest: [AREA],
  targetFalseAlarmRate: 0.02,
};

const show = (setId: string, tab: Tab, fake: Parameters<typeof fakeTransport>[0]) =>
  renderAt(`/inspect/sets/${setId}/${tab}`, "/inspect/sets/:setId/:tab?", <Component />, fakeTransport(fake));

it("lists views as they stand, and where one can inspect a part", async () => {
  show(SET_ID, "views", { getReferenceSet: () => aSet({ views: [aView] }) });
  const view = within(within(await screen.findByRole("region", { name: "Views" })).getByRole("listitem"));
  expect(view.getByRole("link", { name: "Left" })).toHaveAttribute("href", `/inspect/sets/${VIEW}/images`);
  expect(view.getByText("Ready")).toBeInTheDocument();
  expect(view.getByText("Region of the picture")).toBeInTheDocument();
  expect(view.getByText(formatShare(0.02))).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Inspect a part" })).toHaveAttribute("href", `/inspect/run?set=${SET_ID}`);
});

it("makes a region of the set's pictures a view, and calibrates it", async () => {
  const made: CreateReferenceSetRequest[] = [];
  const taught: CalibrateReferenceSetRequest[] = [];
  show(SET_ID, "views", {
    createReferenceSet: (request) => {
      made.push(request);
      return aSet({ referenceSetId: VIEW, viewOf: SET_ID });
    },
    calibrateReferenceSet: (request) => {
      taught.push(request);
      if (taught.length === 1) throw new ConnectError("the models do not answer", Code.Unavailable);
      return aJob(Job_State.QUEUED);
    },
  });
  await userEvent.click(await screen.findByRole("button", { name: "Add a view" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Add a view" }));
  await userEvent.type(dialog.getByLabelText("Name"), "Left");
  const add = dialog.getByRole("button", { name: "Add and calibrate" });
  expect(add).toBeDisabled();
  await userEvent.type(await dialog.findByLabelText("Outlines"), "0,0 50,0 50,100");
  await userEvent.click(add);
  // What was made is not made again.
  expect(await dialog.findByText(/its calibration did not start/)).toBeInTheDocument();
  await userEvent.click(dialog.getByRole("button", { name: "Calibrate" }));
  expect(await screen.findByText("Left was added, and is being calibrated")).toBeInTheDocument();
  expect(made).toHaveLength(1);
  expect(made[0]).toMatchObject({ displayName: "Left", viewOf: SET_ID, copyImages: true });
  expect(taught[1]).toMatchObject({ referenceSetId: VIEW, targetFalseAlarmRate: 0.01 });
  expect(taught[1]?.settings?.regionsOfInterest[0]?.points).toMatchObject(AREA.points);
});

it("goes to the page of another camera, whose pictures come next", async () => {
  const made: CreateReferenceSetRequest[] = [];
  const router = show(SET_ID, "views", {
    createReferenceSet: (request) => {
      made.push(request);
      return aSet({ referenceSetId: VIEW, viewOf: SET_ID, currentVersion: 0 });
    },
  });
  await userEvent.click(await screen.findByRole("button", { name: "Add a view" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Add a view" }));
  await userEvent.type(dialog.getByLabelText("Name"), "Top camera");
  await userEvent.click(dialog.getByRole("radio", { name: "Another camera" }));
  await userEvent.click(dialog.getByRole("button", { name: "Add" }));
  await expect.poll(() => router.state.location.pathname).toBe(`/inspect/sets/${VIEW}/images`);
  expect(made[0]).toMatchObject({ viewOf: SET_ID, copyImages: false });
});

it("leads from a view back to its set, and offers neither sharing nor views of it", async () => {
  const router = show(VIEW, "share", {
    getReferenceSet: ({ referenceSetId }) => (referenceSetId === VIEW ? aSet({ referenceSetId: VIEW, displayName: "Left", viewOf: SET_ID }) : aSet({ views: [aView] })),
  });
  await userEvent.click(await screen.findByRole("link", { name: "Views of Plates" }));
  expect(router.state.location.pathname).toBe(`/inspect/sets/${SET_ID}/views`);
  await router.navigate(`/inspect/sets/${VIEW}/share`);
  expect(await screen.findByText("A view of a part")).toBeInTheDocument();
  expect(screen.queryByRole("tab", { name: "Share" })).not.toBeInTheDocument();
  expect(screen.queryByRole("tab", { name: "Views" })).not.toBeInTheDocument();
  expect(screen.getByRole("tab", { name: "Images 40" })).toHaveAttribute("aria-selected", "true");
});

it("does not let guests add views", async () => {
  show(SET_ID, "views", { getReferenceSet: () => aSet({ userId: VIEW }) });
  expect(await screen.findByText("Only the owner of this set adds views.")).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Add a view" })).not.toBeInTheDocument();
});

it("calibrates a region by patches, whatever the set itself is judged by", () => {
  const whole = { ...aVersion(1), settings: { ...aVersion(1).settings!, scorer: Scorer.IMAGE_KNN, model: "whole" } };
  expect(regionForm(whole, "0,0 1,0 1,1", "2")).toMatchObject({ scorer: Scorer.PATCH_CORESET, model: "", target: "2" });
  expect(regionForm(aVersion(1), "0,0 1,0 1,1", "2")).toMatchObject({ model: "compact", size: "192" });
});
