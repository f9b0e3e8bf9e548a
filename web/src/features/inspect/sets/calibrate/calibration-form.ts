/** What is filled in for a calibration, what it starts from, and what it comes to. Pure. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";

import {
  type CalibrateReferenceSetRequestSchema,
  type CalibrationSettings,
  CalibrationSettings_Augmentation as Augmentation,
  CalibrationSettings_Scorer as Scorer,
  CalibrationSettingsSchema,
} from "@/gen/argus/inspection/v1/inspection_pb.js";
import { countOf } from "@/lib/numbers";
import { formatOneIn, formatShare } from "@/lib/shares";

import { imagesFor } from "../threshold-words";

export interface CalibrationForm {
  /** Percent, as typed. */
  target: string;
  scorer: Scorer;
  model: string;
  /** Pixels, as typed; empty for the model's own. */
  size: string;
  augmentation: Augmentation;
  maskBackground: boolean;
  /** Patches, as typed; empty to let it be chosen. */
  coreset: string;
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
    coreset: settings?.coresetSize ? String(settings.coresetSize) : "",
    fromScratch: false,
  };
}

export type FormProblems = Partial<Record<"target" | "size" | "coreset", string>>;

export function problemsOf(form: CalibrationForm): FormProblems {
  const target = shareTyped(form.target);
  return {
    ...(!(target > 0 && target <= 0.5) && { target: "Above 0 and at most 50 %." }),
    ...(!wholeNumber(form.size, 4096) && { size: "A whole number of pixels up to 4,096, or nothing." }),
    ...(!wholeNumber(form.coreset, 20_000) && { coreset: "A whole number up to 20,000, or nothing." }),
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
      coresetSize: Number(form.coreset || 0),
    }),
  };
}

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
