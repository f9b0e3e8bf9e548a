/** The calibration of a region: as the set's version in use was made, but for the outlines and the rate. Pure. */
import { CalibrationSettings_Scorer as Scorer, type Version } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { type CalibrationForm, formOf } from "../calibrate/calibration-form";

/**
 * @param regions outlines as they are written
 * @param target percent, as typed
 */
export function regionForm(from: Version | undefined, regions: string, target: string): CalibrationForm {
  const form = formOf(from?.settings, undefined);
  // A whole image's features know no regions, and its model may know no places.
  const model = form.scorer === Scorer.IMAGE_KNN ? "" : form.model;
  return { ...form, model, scorer: Scorer.PATCH_CORESET, regions, target };
}
