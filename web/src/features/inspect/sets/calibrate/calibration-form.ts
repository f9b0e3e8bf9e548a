/** What is filled in for a calibration, what it starts from, and what it comes to. Pure. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";

import {
  type CalibrateReferenceSetRequestSchema,
  type CalibrationSettings,
  CalibrationSettings_Augmentation as Augmentation,
  CalibrationSettings_Banks as Banks,
  CalibrationSettings_Registration as Registration,
  CalibrationSettings_Scorer as Scorer,
  CalibrationSettingsSchema,
} from "@/gen/argus/inspection/v1/inspection_pb.js";
import { countOf } from "@/lib/numbers";
import { formatOneIn, formatShare } from "@/lib/shares";

import { imagesFor } from "../threshold-words";
import { outlinesOf, outlinesText } from "./outlines";

export interface CalibrationForm {
  /** Percent, as typed. */
  target: string;
  scorer: Scorer;
  model: string;
  /** Pixels, as typed; empty for the model's own. */
  size: string;
  augmentation: Augmentation;
  maskBackground: boolean;
  /** Outlines, as typed; empty for the whole image. */
  regions: string;
  /** Patches, as typed; empty to let it be chosen. */
  coreset: string;
  banks: Banks;
  registration: Registration;
  fromScratch: boolean;
}

export const DEFAULT_TARGET = 0.01;

/** As the version in use was made, or the defaults. */
export function formOf(settings: CalibrationSettings | undefined, target: number | undefined): CalibrationForm {
  return {
    target: percentText(target || DEFAULT_TARGET),
    scorer: settings?.scorer || Scorer.PATCH_CORESET,
    model: settings?.model ?? "",
    size: settings?.size ? String(settings.size) : "",
    augmentation: settings?.augmentation || Augmentation.AUTO,
    maskBackground: settings?.maskBackground ?? false,
    regions: outlinesText(settings?.regionsOfInterest.map((area) => area.points) ?? []),
    coreset: settings?.coresetSize ? String(settings.coresetSize) : "",
    banks: settings?.banks || Banks.AUTO,
    registration: settings?.registration || Registration.NONE,
    fromScratch: false,
  };
}

export type FormProblems = Partial<Record<"target" | "size" | "coreset" | "regions", string>>;

export function problemsOf(form: CalibrationForm): FormProblems {
  const target = shareTyped(form.target);
  return {
    ...(!(target > 0 && target <= 0.5) && { target: "Above 0 and at most 50 %." }),
    ...(!wholeNumber(form.size, 4096) && { size: "A whole number of pixels up to 4,096, or nothing." }),
    ...(!wholeNumber(form.coreset, 300_000) && { coreset: "A whole number up to 300,000, or nothing." }),
    ...(judgesPatches(form) && outlinesOf(form.regions).problem !== "" && { regions: outlinesOf(form.regions).problem }),
  };
}

export function requestOf(
  form: CalibrationForm,
  referenceSetId: string,
  requestId: string,
): MessageInitShape<typeof CalibrateReferenceSetRequestSchema> {
  return {
    referenceSetId,
    requestId,
    targetFalseAlarmRate: shareTyped(form.target),
    fromScratch: form.fromScratch,
    settings: create(CalibrationSettingsSchema, {
      scorer: form.scorer,
      model: form.model,
      size: Number(form.size || 0),
      augmentation: form.augmentation,
      maskBackground: form.maskBackground,
      regionsOfInterest: judgesPatches(form) ? outlinesOf(form.regions).outlines.map((points) => ({ points: [...points] })) : [],
      coresetSize: Number(form.coreset || 0),
      banks: form.banks,
      registration: judgesPatches(form) ? form.registration : Registration.NONE,
    }),
  };
}

/** Whether it looks at places in the image. */
export const judgesPatches = (form: CalibrationForm): boolean => form.scorer !== Scorer.IMAGE_KNN;

/** What a target means for so many images. */
export function targetHint(form: CalibrationForm, imageCount: number): string {
  const target = shareTyped(form.target);
  if (!(target > 0 && target <= 0.5)) return "";
  const needed = imagesFor(target);
  const meaning = `About ${formatOneIn(target)} good parts may be rejected.`;
  if (imageCount >= needed) return `${meaning} ${countOf(imageCount, "image")} are enough to tell so rare an event.`;
  return (
    `${meaning} To tell so rare an event takes ${countOf(needed, "image")}; of ${imageCount} the threshold is a guess. ` +
    `With ${countOf(imageCount, "image")}, ${formatShare(leastTarget(imageCount))} is the least that can be told.`
  );
}

/** The least false-alarm rate that so many images can show. */
export const leastTarget = (imageCount: number): number => Math.min(0.5, 1 / (imageCount + 1));

/** `1.5` or `1,5` percent as a share; NaN if it is no number. */
export function shareTyped(text: string): number {
  const trimmed = text.trim().replace(/\s*%$/, "").replace(",", ".");
  return trimmed === "" ? Number.NaN : Number(trimmed) / 100;
}

export const percentText = (share: number): string => String(Number((share * 100).toPrecision(3)));

function wholeNumber(text: string, most: number): boolean {
  const trimmed = text.trim();
  return trimmed === "" || (/^\d+$/.test(trimmed) && Number(trimmed) <= most);
}
