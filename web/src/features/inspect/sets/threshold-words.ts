/** What a threshold promises, and how it came about, in words. */
import type { Threshold } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { countOf, formatPercent, formatScore } from "@/lib/numbers";
import { formatInterval, formatOneIn, formatShare, type Share } from "@/lib/shares";

import { hasParts, ofParts } from "./part-words";

/** The false-alarm rate that held-out images promise, with its 95 % interval. */
export function expectedRate(threshold: Threshold): Share {
  return {
    value: threshold.falseAlarmRate || threshold.targetFalseAlarmRate,
    low: threshold.falseAlarmRateLow,
    high: threshold.falseAlarmRateHigh,
  };
}

/** `set by a person`, `for a target of 1 %`. */
export function originOf(threshold: Threshold): string {
  if (threshold.setByPerson) return "Set by a person";
  return `For a target of ${formatShare(threshold.targetFalseAlarmRate)}`;
}

/** One plain sentence on false alarms to come. */
export function falseAlarmSentence(threshold: Threshold): string {
  const share = expectedRate(threshold);
  const range = formatInterval(share);
  if (threshold.heldOutCount === 0) return "No normal image was held out, so the false-alarm rate cannot be estimated.";
  return (
    `About ${formatOneIn(share.value)} good parts will be rejected; ${range} with ${formatPercent(0.95, 0)} confidence, ` +
    `estimated from ${countOf(threshold.heldOutCount, "normal image")}${ofParts(threshold)}.`
  );
}

/** Fewer held-out images than this cannot show an event as rare as the target. */
export function imagesFor(target: number): number {
  return target > 0 ? Math.ceil(1 / target - 1 - 1e-9) : 0;
}

/** What to beware of about a threshold; empty if nothing. */
export function thresholdWarnings(threshold: Threshold): string[] {
  const needed = imagesFor(threshold.targetFalseAlarmRate);
  const warnings: string[] = [];
  if (threshold.partsKnown) {
    warnings.push("All images show one part. The threshold holds for this part and may be too low for others: add images of other parts and calibrate.");
  }
  if (threshold.extrapolated && hasParts(threshold) && !threshold.partsKnown) {
    warnings.push(
      `The images that were held out show only ${countOf(threshold.partCount, "part")}; a rate of ${formatShare(threshold.targetFalseAlarmRate)} needs ${needed}. ` +
        "The threshold continues the tail of their scores and is a guess. Add images of other parts and calibrate.",
    );
  } else if (threshold.extrapolated) {
    warnings.push(
      `Only ${countOf(threshold.heldOutCount, "normal image")} ${threshold.heldOutCount === 1 ? "was" : "were"} held out` +
        (needed > threshold.heldOutCount ? `; a rate of ${formatShare(threshold.targetFalseAlarmRate)} needs ${needed}. ` : ". ") +
        "The threshold continues the tail of their scores and is a guess. Add images and calibrate.",
    );
  } else if (threshold.heldOutCount < 20) {
    warnings.push(
      `Only ${countOf(threshold.heldOutCount, "normal image")} ${threshold.heldOutCount === 1 ? "was" : "were"} held out, ` +
        "so the rate is known roughly. With 20 or more it is an honest estimate.",
    );
  }
  return warnings;
}

/** Scores of one version, with as many digits as tell them apart. */
export function scoreDigits(span: number): number {
  return span > 50 ? 1 : span > 2 ? 2 : 3;
}

export const formatThreshold = (value: number): string => formatScore(value, scoreDigits(value));
