/** Which images show the same part, and what to expect of new parts and of known ones, in words. Pure. */
import type { PartFigure, PartRule, Threshold, Version } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { countOf } from "@/lib/numbers";

/** `By the label part`. */
export function partRuleWords(rule: PartRule | undefined): string {
  switch (rule?.rule.case) {
    case "label":
      return `By the label ${rule.rule.value}`;
    case "filenamePattern":
      return `By file name, ${rule.rule.value}`;
    case "proposal":
      return "By comparing pictures";
    default:
      return "Each image its own";
  }
}

/** Whether some of the images that a threshold was estimated from show the same part. */
export const hasParts = (threshold: Threshold): boolean => threshold.partCount > 0 && threshold.partCount !== threshold.heldOutCount;

/** ` of 20 parts`; nothing where each image shows another one. */
export const ofParts = (threshold: Threshold): string => (hasParts(threshold) ? ` of ${countOf(threshold.partCount, "part")}` : "");

export interface FigureRow {
  name: string;
  figure: PartFigure;
}

/** New parts first; nothing where that is the same, or not known. */
export function figuresOf(version: Version): FigureRow[] {
  if (!version.partsNew || !version.partsKnown) return [];
  return [
    { name: "Never seen", figure: version.partsNew },
    { name: "Known", figure: version.partsKnown },
  ];
}
