import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { expect, it } from "vitest";

import { ComparisonSchema, HeadTrainingSchema, Job_Kind, Job_State } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { comparisonOutcome, formatPValue, jobTitle, outcomeOf, stageName } from "./job-words";
import { aJob } from "./testing";
import { withJob } from "./cache";
import { watchedJob } from "./use-jobs";

const comparison = (onlyARight: number, onlyBRight: number, pValue: number) =>
  comparisonOutcome(create(ComparisonSchema, { onlyARight, onlyBRight, pValue }), 2, 3);

it("says which version agrees better, and how sure that is", () => {
  expect(comparison(1, 12, 0.003)).toBe("Version 3 agrees better with people: it alone is right on 12 images, the other alone on 1.");
  expect(comparison(3, 1, 0.6)).toContain("Version 2 agrees a little better with people");
  expect(comparison(3, 1, 0.6)).toContain("may be chance");
  expect(comparison(0, 0, 1)).toBe("Versions 2 and 3 call every judged image the same.");
  expect(comparison(4, 4, 1)).toContain("agree equally well");
});

it("says what came of jobs", () => {
  expect(outcomeOf(aJob(Job_State.SUCCEEDED, { result: { case: "version", value: 3 }, skipped: [{ imageId: "x" }] }))).toBe(
    "Made version 3, which is in use. 1 image was left out.",
  );
  expect(outcomeOf(aJob(Job_State.FAILED, { error: { code: Code.FailedPrecondition, message: "no usable image was left" } }))).not.toBe("");
  expect(
    outcomeOf(
      aJob(Job_State.SUCCEEDED, {
        kind: Job_Kind.HEAD_TRAINING,
        result: { case: "headTraining", value: create(HeadTrainingSchema, { kept: true, version: 4, explanation: "it is better" }) },
      }),
    ),
  ).toBe("It is better. Version 4 was made; it is not in use until you say so.");
});

it("names jobs and what they do", () => {
  expect(jobTitle(aJob(Job_State.RUNNING, { kind: Job_Kind.COMPARISON, versions: [1, 2] }))).toBe("Comparison of versions 1 and 2");
  expect(stageName(aJob(Job_State.RUNNING, { stage: "takes features" }))).toBe("Takes features");
  expect(stageName(aJob(Job_State.QUEUED))).toBe("Waits for its turn");
  expect([0.0001, 0.031, 0.5].map(formatPValue)).toEqual(["p < 0.001", "p = 0.031", "p = 0.50"]);
});

it("follows what runs before what waits", () => {
  const waits = aJob(Job_State.QUEUED, { jobId: "waits" });
  const runs = aJob(Job_State.RUNNING, { jobId: "runs" });
  expect(watchedJob([waits, runs])?.jobId).toBe("runs");
  expect(watchedJob([aJob(Job_State.SUCCEEDED)])).toBeUndefined();
});

it("keeps the newest first", () => {
  const old = aJob(Job_State.RUNNING, { jobId: "old" });
  expect(withJob([old], aJob(Job_State.QUEUED, { jobId: "new" })).map((job) => job.jobId)).toEqual(["new", "old"]);
  expect(withJob([old], aJob(Job_State.SUCCEEDED, { jobId: "old" })).map((job) => job.state)).toEqual([Job_State.SUCCEEDED]);
});
