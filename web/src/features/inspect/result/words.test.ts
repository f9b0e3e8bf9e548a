import { describe, expect, it } from "vitest";

import {
  Feedback_Action,
  FrameProblem_Reason,
  InspectResponse_Verdict as Verdict,
  ReviewItem_Reason as Reason,
} from "@/gen/argus/inspection/v1/inspection_pb.js";

import { confidenceSentence, feedbackWords, formatRatio, pValueSentence, ratioOf, reviewReason, verdictSentence, verdictWord } from "./words";

const found = (changes: object) => ({
  verdict: Verdict.ANOMALOUS,
  score: 3,
  threshold: 2,
  confidence: 0.9,
  pValue: 0.002,
  frameProblems: [],
  version: 1,
  ...changes,
});

describe("words of a verdict", () => {
  it("measure by the threshold, also by one of 0", () => {
    expect(ratioOf(found({}))).toBe(1.5);
    expect(formatRatio(1.5)).toBe("1.50 ×");
    expect(formatRatio(ratioOf(found({ threshold: 0 })))).toBe("99 × and more");
  });

  it("tell a frame that is unlike everything from a defect", () => {
    expect(verdictWord(found({}))).toBe("Anomalous");
    const blind = { verdict: Verdict.UNINSPECTABLE, score: 0 };
    expect(verdictWord(found(blind))).toBe("Uninspectable");
    expect(verdictSentence(found(blind))).toContain("camera");
    const dark = { reason: FrameProblem_Reason.TOO_DARK, measured: 12, limit: 58, typical: 131 };
    expect(verdictSentence(found({ ...blind, frameProblems: [dark] }))).toMatch(/^Too dark/);
  });

  it("say how far it is from the threshold", () => {
    expect(verdictSentence(found({ score: 2.1 }))).toContain("just above");
    expect(verdictSentence(found({ score: 8 }))).toContain("far above");
    expect(verdictSentence(found({ verdict: Verdict.NORMAL, score: 1.9 }))).toContain("just below");
    expect(verdictSentence(found({ version: 0 }))).toContain("Sentences");
  });

  it.each([
    [0.42, "Of 100 normal images, about 42 score as high."],
    [0.004, "Of 1,000 normal images, about 4 score as high."],
    [0.001, "Of 1,000 normal images, about 1 scores as high."],
    [0.0001, "Fewer than one in 1,000 normal images scores as high."],
    [0, ""],
  ])("count normal images for a p-value of %d", (pValue, says) => expect(pValueSentence(pValue)).toBe(says));

  it("call confidence unsure near the threshold", () => {
    expect(confidenceSentence(0.1)).toMatch(/^Unsure/);
    expect(confidenceSentence(0.5)).toMatch(/^Fairly sure/);
    expect(confidenceSentence(1)).toMatch(/^Sure/);
  });

  it("say why something is to be reviewed", () => {
    const item = { uncertainty: 0.9, novelty: 0.8, wantedKind: "" };
    expect(reviewReason({ ...item, reason: Reason.NEAR_THRESHOLD })).toContain("Close to the threshold");
    expect(reviewReason({ ...item, reason: Reason.UNUSUAL })).toContain("Unlike anything");
    expect(reviewReason({ ...item, reason: Reason.UNJUDGED })).toContain("nobody");
    expect(reviewReason({ ...item, reason: Reason.KIND_WANTED, wantedKind: "crack" })).toContain("may be “crack”");
    expect(reviewReason({ ...item, reason: Reason.KIND_WANTED, wantedKind: "normal" })).toContain("a normal image");
    expect(reviewReason({ ...item, reason: Reason.KIND_WANTED })).toContain("without a name");
  });

  it("repeat what people said", () => {
    expect(feedbackWords({ action: Feedback_Action.RELABEL, label: "crack" })).toBe("labelled crack");
    expect(feedbackWords({ action: Feedback_Action.MARK_NORMAL, label: "" })).toBe("marked normal");
  });
});
