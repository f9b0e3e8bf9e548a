/** Settings of a calibration in words. */
import {
  type CalibrationSettings,
  type BankChoice,
  CalibrationSettings_Augmentation as Augmentation,
  CalibrationSettings_Banks as Banks,
  CalibrationSettings_Registration as Registration,
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

export function banksName(banks: Banks): string {
  switch (banks) {
    case Banks.ONE:
      return "One";
    case Banks.TWO:
      return "Two";
    default:
      return "Automatic";
  }
}

export function registrationName(registration: Registration | undefined): string {
  switch (registration) {
    case Registration.TRANSLATION:
      return "Shifted";
    case Registration.RIGID:
      return "Shifted and turned";
    default:
      return "None";
  }
}

/** How many banks a version scores with: one, if an earlier release made it. */
export const bankCount = (choice: BankChoice | undefined): string => (choice?.count === 2 ? "Two" : "One");

export const sizeName = (settings: CalibrationSettings | undefined): string =>
  settings?.size ? `${settings.size} px` : "The model’s own";

export const modelName = (settings: CalibrationSettings | undefined): string => settings?.model || "Default";
