import { create } from "@bufbuild/protobuf";
import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";

import { type InspectPartRequest, InspectPartResponseSchema, InspectResponse_Verdict as Verdict, ReferenceSet_State } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { aSet, fakeTransport, renderAt, signIn } from "../../sets/testing";
import { PartRun } from "./part-run";

beforeEach(signIn);

const TOP = "0b5c7a52-1d1c-4c52-9d4e-1f3f5f2c9a11";
const LEFT = "0b5c7a52-1d1c-4c52-9d4e-1f3f5f2c9a12";
const PART = "0b5c7a52-1d1c-4c52-9d4e-1f3f5f2c9a13";
const AREA = { points: [{ x: 0, y: 0 }, { x: 1, y: 0 }, { x: 1, y: 1 }] };
const READY = { state: ReferenceSet_State.READY, currentVersion: 1, imageCount: 8 };

function show(regions: boolean) {
  const asked: InspectPartRequest[] = [];
  const regionsOfInterest = regions ? [AREA] : [];
  const set = aSet({
    currentVersion: 0,
    views: [
      { referenceSetId: TOP, displayName: "Top", ...READY, regionsOfInterest },
      { referenceSetId: LEFT, displayName: "Left", ...READY, regionsOfInterest },
    ],
  });
  const transport = fakeTransport({
    getReferenceSet: () => set,
    inspectPart: (request) => {
      asked.push(request);
      return create(InspectPartResponseSchema, {
        verdict: Verdict.ANOMALOUS,
        partInspectionId: PART,
        targetFalseAlarmRate: 0.02,
        views: [
          { referenceSetId: TOP, displayName: "Top", frame: 0, outcome: { case: "inspection", value: { inspectionId: PART, verdict: Verdict.ANOMALOUS, score: 6, threshold: 4, version: 1, referenceSetId: TOP } } },
          { referenceSetId: LEFT, displayName: "Left", frame: -1 },
        ],
      });
    },
  });
  renderAt("/inspect/run", "/inspect/run", <PartRun set={set} />, transport);
  return asked;
}

const file = (name: string) => new File(["picture"], name, { type: "image/png" });

it("sends one picture for all regions, and shows one verdict with its views", async () => {
  const asked = show(true);
  expect(await screen.findByRole("radio", { name: "One picture for all views" })).toBeChecked();
  expect(screen.getByRole("button", { name: "Inspect the part" })).toBeDisabled();
  await userEvent.upload(screen.getByLabelText(/Drop a picture of all views/), file("part.png"));
  await userEvent.click(screen.getByRole("button", { name: "Inspect the part" }));

  expect(await screen.findByRole("heading", { name: "Anomalous", level: 2 })).toBeInTheDocument();
  expect(screen.getByText("Anomalous: Top. Not shown: Left.")).toBeInTheDocument();
  const views = within(screen.getByRole("list", { name: "Views" }));
  expect(views.getByText("Not shown")).toBeInTheDocument();
  expect(views.getByText(/1\.50 × the threshold/)).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "These inspections in the history" })).toHaveAttribute("href", `/inspect/history?part=${PART}`);
  expect(asked[0]?.frames.map(({ referenceSetIds, source }) => [referenceSetIds, source.case])).toEqual([[[], "image"]]);
  expect(asked[0]?.heatmap).toBe(true);
});

it("takes a picture for each camera, or another's, and says what has none", async () => {
  const asked = show(false);
  expect(await screen.findByRole("radio", { name: "A picture for each" })).toBeChecked();
  await userEvent.upload(screen.getByLabelText(/Drop a picture of Top/), file("top.png"));
  expect(screen.getByText(/Without a picture: Left\./)).toBeInTheDocument();
  await userEvent.selectOptions(screen.getByLabelText("Picture of Left"), "Same picture as Top");
  expect(screen.queryByText(/Without a picture/)).not.toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "Inspect the part" }));
  await screen.findByRole("heading", { name: "Anomalous", level: 2 });
  expect(asked[0]?.frames.map(({ referenceSetIds }) => referenceSetIds)).toEqual([[TOP, LEFT]]);
});

it("opens a view's inspection, to be judged", async () => {
  show(true);
  await userEvent.upload(await screen.findByLabelText(/Drop a picture of all views/), file("part.png"));
  await userEvent.click(screen.getByRole("button", { name: "Inspect the part" }));
  await userEvent.click(await screen.findByRole("button", { name: "Look and judge: Top" }));
  const verdict = await screen.findByRole("group", { name: "Your verdict" });
  expect(within(verdict).getByRole("button", { name: /^Anomalous/ })).toBeEnabled();
  await userEvent.click(screen.getByRole("button", { name: "All views" }));
  expect(await screen.findByText("Anomalous: Top. Not shown: Left.")).toBeInTheDocument();
});
