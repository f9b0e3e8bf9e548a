/** Retention rules in words. */
import type { RetentionRule } from "@/gen/argus/storage/v1/retention_pb.js";
import { countOf, formatCount } from "@/lib/numbers";

/** `batch = trial`, or `batch, whatever its value`. */
export function labelWords({ labelKey, labelValue }: Pick<RetentionRule, "labelKey" | "labelValue">): string {
  if (labelValue === undefined) return `${labelKey}, whatever its value`;
  return `${labelKey} = ${labelValue === "" ? "(empty)" : labelValue}`;
}

/** `after 30 days`. */
export function afterWords({ keepDays }: Pick<RetentionRule, "keepDays">): string {
  return `after ${countOf(keepDays, "day")}`;
}

/** What a new rule would do at once. */
export function previewWords({ imageCount, dueCount }: Pick<RetentionRule, "imageCount" | "dueCount">): string {
  if (imageCount === 0n) return "No image has this label now.";
  if (dueCount === 0n) return `${countOf(imageCount, "image")} with this label; none goes at once.`;
  if (dueCount === imageCount) return `All ${countOf(imageCount, "image")} with this label go to the trash at once.`;
  return `${countOf(dueCount, "image")} of ${formatCount(imageCount)} with this label ${dueCount === 1n ? "goes" : "go"} to the trash at once.`;
}
