/** Whether recent scores are still like those of the calibration, in words. Pure. */
import type { Drift } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { countOf, formatPercent } from "@/lib/numbers";

import { formatPValue } from "../job-words";

/** Fewer say nothing. */
const LEAST = 20;

export interface DriftWords {
  tone: "normal" | "warning" | "neutral";
  title: string;
  message: string;
  /** The test behind it; empty if none was made. */
  figures: string;
}

export function driftWords(drift: Drift | undefined): DriftWords {
  const count = drift?.recentCount ?? 0;
  if (!drift || count < LEAST) {
    return {
      tone: "neutral",
      title: "Too few inspections to tell",
      message: `Whether scores have drifted can be told of ${LEAST} recent inspections or more; there ${count === 1 ? "is" : "are"} ${count} with the version in use.`,
      figures: "",
    };
  }
  const figures =
    `Median of the last ${countOf(count, "score")} is ${drift.medianRatio.toFixed(2)} times that of held-out normal images; ` +
    `Kolmogorov-Smirnov distance ${drift.distance.toFixed(2)}, ${formatPValue(drift.pValue)}.`;
  if (!drift.warning) {
    return { tone: "normal", title: "No drift", message: "Recent scores are like those of the normal images of the calibration.", figures };
  }
  const change = formatPercent(Math.abs(drift.medianRatio - 1), 0);
  return drift.medianRatio >= 1
    ? {
        tone: "warning",
        title: "Scores have risen",
        message: `They are ${change} higher than at the calibration: expect more false alarms. Look at camera, light, focus and dirt first. If what is new is normal, add such images and calibrate.`,
        figures,
      }
    : {
        tone: "warning",
        title: "Scores have fallen",
        message: `They are ${change} lower than at the calibration: the camera may show less, and defects may be missed. Look at camera, focus and light first.`,
        figures,
      };
}
