import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, it } from "vitest";

import { InspectPartResponseSchema, InspectResponse_Verdict as Verdict, type ViewInspectionSchema } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { formatShare } from "@/lib/shares";

import { outcomeOf, partSentence, rateSentence, whyNot } from "./part-words";

const found = (...views: MessageInitShape<typeof ViewInspectionSchema>[]) => create(InspectPartResponseSchema, { views, targetFalseAlarmRate: 0.03 });
const judged = (displayName: string, verdict: Verdict) => ({ displayName, outcome: { case: "inspection" as const, value: { verdict } } });

it("sums up in the order of what matters", () => {
  const part = found(
    judged("Top", Verdict.NORMAL),
    judged("Left", Verdict.ANOMALOUS),
    { displayName: "Right", outcome: { case: "error", value: { code: 9, message: "no version" } } },
    { displayName: "Back", frame: -1 },
  );
  expect(partSentence(part)).toBe("Anomalous: Left. Not inspected: Right. Not shown: Back.");
  expect(part.views.map(outcomeOf)).toEqual(["normal", "anomalous", "failed", "unshown"]);
  expect(partSentence(found(judged("Top", Verdict.NORMAL), judged("Left", Verdict.NORMAL)))).toBe("All 2 views are normal.");
});

it("says why a view has no verdict", () => {
  expect(whyNot(found({ displayName: "Back", frame: -1 }).views[0]!)).toContain("No picture showed it");
  expect(whyNot(found(judged("Top", Verdict.NORMAL)).views[0]!)).toBe("");
});

it("tells what share of normal parts may be called anomalous", () => {
  expect(rateSentence(found())).toContain(`At most ${formatShare(0.03)} of normal parts`);
  expect(rateSentence(create(InspectPartResponseSchema))).toBe("");
});
