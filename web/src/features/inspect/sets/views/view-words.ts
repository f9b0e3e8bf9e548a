/** What a view is, in words. */
import type { View } from "@/gen/argus/inspection/v1/inspection_pb.js";

export const isRegion = ({ regionsOfInterest }: Pick<View, "regionsOfInterest">): boolean => regionsOfInterest.length > 0;

/** `Whole picture`, `Region of the picture`; known once it is calibrated. */
export function kindOf(view: Pick<View, "regionsOfInterest" | "currentVersion">): string {
  if (view.currentVersion === 0) return "";
  return isRegion(view) ? "Region of the picture" : "Whole picture";
}
