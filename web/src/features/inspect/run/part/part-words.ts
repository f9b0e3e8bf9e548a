/** What was found of a part, in words. */
import { type InspectPartResponse, InspectResponse_Verdict as Verdict, type ViewInspection } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { explain } from "@/lib/errors";
import { formatShare } from "@/lib/shares";
import { errorOf } from "argus-client/status-error";

export type Outcome = "anomalous" | "uninspectable" | "normal" | "failed" | "unshown";

export function outcomeOf({ outcome }: Pick<ViewInspection, "outcome">): Outcome {
  if (outcome.case === "error") return "failed";
  if (outcome.case !== "inspection") return "unshown";
  if (outcome.value.verdict === Verdict.NORMAL) return "normal";
  return outcome.value.verdict === Verdict.UNINSPECTABLE ? "uninspectable" : "anomalous";
}

/** Why a view has no verdict, in a sentence; empty if it has one. */
export function whyNot({ outcome }: Pick<ViewInspection, "outcome">): string {
  if (outcome.case === "inspection") return "";
  if (outcome.case !== "error") return "No picture showed it, so the part is not normal for sure.";
  const { reason, message } = explain(errorOf(outcome.value));
  return reason === "REFERENCE_SET_NOT_READY" ? "It is not calibrated yet, so it cannot be inspected." : message;
}

const TELLING: readonly (readonly [Outcome, string])[] = [
  ["anomalous", "anomalous"],
  ["uninspectable", "uninspectable"],
  ["failed", "not inspected"],
  ["unshown", "not shown"],
];

/** `Anomalous: Left. Not shown: Top.`; `All 3 views are normal.` */
export function partSentence({ views }: Pick<InspectPartResponse, "views">): string {
  const told = TELLING.flatMap(([outcome, words]) => {
    const names = views.filter((view) => outcomeOf(view) === outcome).map((view) => view.displayName);
    return names.length > 0 ? [`${words.charAt(0).toUpperCase()}${words.slice(1)}: ${names.join(", ")}.`] : [];
  });
  if (told.length > 0) return told.join(" ");
  return views.length === 1 ? "Its one view is normal." : `All ${views.length} views are normal.`;
}

/** What the verdict costs: normal parts that are called anomalous. */
export function rateSentence({ targetFalseAlarmRate }: Pick<InspectPartResponse, "targetFalseAlarmRate">): string {
  return targetFalseAlarmRate > 0 ? `At most ${formatShare(targetFalseAlarmRate)} of normal parts may be called anomalous: the rates of the views, added up.` : "";
}
