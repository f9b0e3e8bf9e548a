/** What an inspection found, in words. */
import { type Feedback, Feedback_Action, type InspectResponse, InspectResponse_Verdict as Verdict, type ReviewItem, ReviewItem_Reason as Reason } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { formatPercent } from "@/lib/numbers";

import { problemSentence } from "./frame-words";

type Found = Pick<InspectResponse, "verdict" | "score" | "threshold" | "confidence" | "pValue" | "version" | "frameProblems">;

/** In place of a threshold of 0, as identical references give. */
const LEAST_THRESHOLD = 1e-9;

/** Score ÷ threshold: above 1 is anomalous. It reads the same for every set and version. */
export function ratioOf({ score, threshold }: Pick<Found, "score" | "threshold">): number {
  return score / Math.max(threshold, LEAST_THRESHOLD);
}

/** `1.32 ×`; at most `99 ×`. */
export function formatRatio(ratio: number): string {
  if (ratio >= 99) return "99 × and more";
  return `${ratio.toFixed(ratio < 10 ? 2 : 0)} ×`;
}

/** Whether somebody should look: whatever is not normal. */
export function isAlarm(found: Pick<Found, "verdict">): boolean {
  return found.verdict !== Verdict.NORMAL;
}

export function isUninspectable(found: Pick<Found, "verdict">): boolean {
  return found.verdict === Verdict.UNINSPECTABLE;
}

export function verdictWord(found: Pick<Found, "verdict">): string {
  if (isUninspectable(found)) return "Uninspectable";
  return isAlarm(found) ? "Anomalous" : "Normal";
}

/** One sentence that sums up. */
export function verdictSentence(found: Found): string {
  const [problem] = found.frameProblems;
  if (problem) return problemSentence(problem);
  if (found.version === 0) {
    return isAlarm(found) ? "Sentences about a damaged one fit better." : "Sentences about a flawless one fit better.";
  }
  if (isUninspectable(found)) {
    return "The whole picture is unlike the normal images: another product, a blank or dark frame, or one out of focus. Look at the camera first.";
  }
  const ratio = ratioOf(found);
  if (isAlarm(found)) {
    if (ratio < 1.1) return "Its worst place is just above the threshold.";
    return ratio < 2 ? "Its worst place is clearly above the threshold." : "Its worst place is far above the threshold.";
  }
  return ratio > 0.9 ? "It is just below the threshold." : "No place is worse than on normal images.";
}

/** What the p-value says: how many normal images would score as high. */
export function pValueSentence(pValue: number): string {
  if (pValue <= 0) return "";
  if (pValue >= 0.1) return `Of 100 normal images, about ${Math.round(pValue * 100)} score as high.`;
  if (pValue >= 0.0005) return `Of 1,000 normal images, about ${Math.max(1, Math.round(pValue * 1000))} ${Math.round(pValue * 1000) === 1 ? "scores" : "score"} as high.`;
  return "Fewer than one in 1,000 normal images scores as high.";
}

/** How sure the verdict is. It is no probability of a defect, and does not sound like one. */
export function confidenceSentence(confidence: number): string {
  const share = confidence > 0.99 ? "over 99 %" : formatPercent(confidence, 0);
  if (confidence < 0.3) return `Unsure (${share}): close to where the verdict would change.`;
  return confidence < 0.8 ? `Fairly sure (${share}): some way from where the verdict would change.` : `Sure (${share}): far from where the verdict would change.`;
}

/** Why the review queue shows an image. Uncertainty and novelty are 0 to 1. */
export function reviewReason({ reason, wantedKind, uncertainty, novelty }: Pick<ReviewItem, "reason" | "wantedKind" | "uncertainty" | "novelty">): string {
  switch (reason) {
    case Reason.KIND_WANTED:
      return `It may be ${kindWords(wantedKind)}: more of those would help the head most.`;
    case Reason.NEAR_THRESHOLD:
      return uncertainty >= 0.7
        ? "Close to the threshold: your word decides most here."
        : "Not far from the threshold: your word helps.";
    case Reason.UNUSUAL:
      return novelty >= 0.7 ? "Unlike anything that was judged before." : "A little unlike what was judged before.";
    default:
      return "Nothing stands out: it is here because nobody has judged it yet.";
  }
}

/** `“crack”`, `a normal image`: images of a kind that somebody named, or of none. */
export function kindWords(kind: string): string {
  if (kind === "normal") return "a normal image";
  return kind === "" ? "a defect without a name" : `“${kind}”`;
}

/** `marked normal`, `labelled crack`; what somebody said. */
export function feedbackWords({ action, label }: Pick<Feedback, "action" | "label">): string {
  switch (action) {
    case Feedback_Action.CONFIRM_ANOMALY:
      return "confirmed as anomalous";
    case Feedback_Action.MARK_NORMAL:
      return "marked normal";
    case Feedback_Action.RELABEL:
      return `labelled ${label}`;
    default:
      return "commented";
  }
}
