/** Settings of a calibration in words. */
import {
  type CalibrationSettings,
  CalibrationSettings_Augmentation as Augmentation,
  CalibrationSettings_Scorer as Scorer,
} from "@/gen/argus/inspection/v1/inspection_pb.js";

export const scorerName = (scorer: Scorer | undefined): string => (scorer === Scorer.IMAGE_KNN ? "Whole image" : "Patches");

export function augmentationName(augmentation: Augmentation | undefined): string {
  switch (augmentation) {
    case Augmentation.NONE:
      return "None";
    case Augmentation.LIGHTING:
      return "Mirrored and in other light";
    case Augmentation.ROTATION_AND_LIGHTING:
      return "Turned, mirrored and in other light";
    default:
      return "Automatic";
  }
}

export const sizeName = (settings: CalibrationSettings | undefined): string =>
  settings?.size ? `${settings.size} px` : "The model’s own";

export const modelName = (settings: CalibrationSettings | undefined): string => settings?.model || "Default";
