/** The settings of a calibration, each with what it is for. */
import { useMutation, useQuery } from "@connectrpc/connect-query";
import { type SyntheticEvent, useState } from "react";

import { EmbedderService, type PatchFeatures } from "@/gen/argus/embedder/v1/embedder_pb.js";
import {
  CalibrationSettings_Augmentation as Augmentation,
  CalibrationSettings_Banks as Banks,
  CalibrationSettings_Registration as Registration,
  CalibrationSettings_Scorer as Scorer,
  InspectionService,
  type ReferenceSet,
  type Version,
} from "@/gen/argus/inspection/v1/inspection_pb.js";
import { requestId } from "argus-client/request-id";
import { Button } from "@/ui/button";
import { Checkbox, Select, TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";

import { useSetCache } from "../cache";
import { type CalibrationForm, formOf, judgesPatches, problemsOf, requestOf, targetHint } from "./calibration-form";
import { augmentationName, banksName, registrationName } from "../settings-words";
import { RegionsOfInterest } from "./regions-of-interest";

const AUGMENTATIONS = [Augmentation.AUTO, Augmentation.NONE, Augmentation.LIGHTING, Augmentation.ROTATION_AND_LIGHTING];
const AUGMENTATION_HINTS: Partial<Record<Augmentation, string>> = {
  [Augmentation.AUTO]: "Mirrored and lit differently for up to 16 images, never turned.",
  [Augmentation.NONE]: "Only the images as they are. Takes at least two.",
  [Augmentation.LIGHTING]: "For light that varies, and parts that look the same mirrored.",
  [Augmentation.ROTATION_AND_LIGHTING]: "For parts that lie any way round. A part that lies the wrong way is then no anomaly.",
};

const BANKS = [Banks.AUTO, Banks.ONE, Banks.TWO];
const BANKS_HINTS: Partial<Record<Banks, string>> = {
  [Banks.AUTO]: "A second one where at least 20 images differ in size or light, and painted defects are told as well with it.",
  [Banks.ONE]: "Images as they are, at the size above.",
  [Banks.TWO]: "The second sees images at one scale and with equal exposure. Inspecting takes up to twice as long.",
};

const REGISTRATIONS = [Registration.NONE, Registration.TRANSLATION, Registration.RIGID];
const REGISTRATION_HINTS: Partial<Record<Registration, string>> = {
  [Registration.NONE]: "Images are looked at as they are.",
  [Registration.TRANSLATION]: "For parts that lie alike in every image, up to a shift of a fifth of a side. Regions of interest follow the part; what cannot be aligned is uninspectable.",
  [Registration.RIGID]: "For parts that lie alike, up to a shift and a turn of 20 degrees. Regions of interest follow the part; what cannot be aligned is uninspectable.",
};

interface Props {
  set: ReferenceSet;
  /** The version in use, whose settings are the start. */
  from: Version | undefined;
  target: number | undefined;
  /** A calibration is under way already. */
  disabled: boolean;
}

export function SettingsForm({ set, from, target, disabled }: Props) {
  const cache = useSetCache();
  const [form, setForm] = useState(() => formOf(from?.settings, target));
  const [request, setRequest] = useState(requestId);
  const change = (some: Partial<CalibrationForm>): void => {
    setForm((was) => ({ ...was, ...some }));
    // Another request than the one before.
    setRequest(requestId());
  };
  const models = useQuery(EmbedderService.method.listModels, {}).data?.models.filter((model) => model.patches || form.scorer === Scorer.IMAGE_KNN);
  const calibrate = useMutation(InspectionService.method.calibrateReferenceSet, {
    meta: { handled: true },
    onSuccess: (job) => {
      cache.putJob(job);
      cache.imagesChanged();
      setRequest(requestId());
    },
  });
  const problems = problemsOf(form);
  const wrong = Object.keys(problems).length > 0;
  const model = models?.find((each) => (form.model ? each.model === form.model : each.default));
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!wrong && !disabled && !calibrate.isPending) calibrate.mutate(requestOf(form, set.referenceSetId, request));
  };
  return (
    <form aria-label="Calibration" onSubmit={submit} className="flex flex-col gap-5">
      <TextField
        label="Target false-alarm rate, in percent"
        inputMode="decimal"
        value={form.target}
        error={problems.target}
        hint={targetHint(form, set.imageCount)}
        className="max-w-32 tabular-nums"
        onChange={(event) => change({ target: event.target.value })}
      />
      <Select
        label="Model"
        value={form.model}
        hint="Whose features are compared. Stronger models see more and take longer; only those that tell where are listed."
        options={modelOptions(form.model, models?.map((each) => ({ id: each.model, preset: each.default })) ?? [])}
        onChange={(value) => change({ model: value })}
      />
      <TextField
        label="Size of images, in pixels of the shorter side"
        inputMode="numeric"
        value={form.size}
        error={problems.size}
        placeholder={model ? `${model.patches?.size ?? model.imageSize}, the model’s own` : "The model’s own"}
        hint={`Larger finds smaller defects and is slower: twice the size is four times the work. A defect should be some pixels large after resizing.${limits(model?.patches)}`}
        className="max-w-60"
        onChange={(event) => change({ size: event.target.value })}
      />
      <Select
        label="Augmentation"
        value={String(form.augmentation)}
        hint={AUGMENTATION_HINTS[form.augmentation]}
        options={AUGMENTATIONS.map((each) => ({ value: String(each), label: augmentationName(each) }))}
        onChange={(value) => change({ augmentation: AUGMENTATIONS.find((each) => String(each) === value) ?? Augmentation.AUTO })}
      />
      <div className="flex flex-col gap-1">
        <Checkbox label="Leave out the background" checked={form.maskBackground} onChange={(event) => change({ maskBackground: event.target.checked })} />
        <p className="text-sm text-ink-faint">For a part on a belt or table: what looks like the images’ borders is not judged. Not for surfaces that fill the picture.</p>
      </div>
      {judgesPatches(form) && (
        <Select
          label="Registration"
          value={String(form.registration)}
          hint={REGISTRATION_HINTS[form.registration]}
          options={REGISTRATIONS.map((each) => ({ value: String(each), label: registrationName(each) }))}
          onChange={(value) => change({ registration: REGISTRATIONS.find((each) => String(each) === value) ?? Registration.NONE })}
        />
      )}
      {judgesPatches(form) && <RegionsOfInterest referenceSetId={set.referenceSetId} drawnOn={from?.referenceImageId ?? ""} value={form.regions} onChange={(regions) => change({ regions })} />}
      <Select
        label="Scorer"
        value={String(form.scorer)}
        hint={
          form.scorer === Scorer.IMAGE_KNN
            ? "Compares the image as a whole: for a wrong thing rather than a scratch. Says no where, and takes two images or more."
            : "Compares each patch of the image with normal patches, and says where it differs."
        }
        options={[
          { value: String(Scorer.PATCH_CORESET), label: "Patches: says where" },
          { value: String(Scorer.IMAGE_KNN), label: "Whole image: says which" },
        ]}
        onChange={(value) => change({ scorer: value === String(Scorer.IMAGE_KNN) ? Scorer.IMAGE_KNN : Scorer.PATCH_CORESET })}
      />
      {form.scorer === Scorer.PATCH_CORESET && (
        <Select
          label="Banks of normal patches"
          value={String(form.banks)}
          hint={BANKS_HINTS[form.banks]}
          options={BANKS.map((each) => ({ value: String(each), label: banksName(each) }))}
          onChange={(value) => change({ banks: BANKS.find((each) => String(each) === value) ?? Banks.AUTO })}
        />
      )}
      <details className="rounded-md">
        <summary className="text-sm font-medium text-ink-soft">More settings</summary>
        <div className="mt-3 flex flex-col gap-5">
          <TextField
            label="Most patches to keep"
            inputMode="numeric"
            value={form.coreset}
            error={problems.coreset}
            placeholder="Chosen by Argus"
            hint="Fewer is faster, more is finer."
            className="max-w-60"
            onChange={(event) => change({ coreset: event.target.value })}
          />
          {from && (
            <div className="flex flex-col gap-1">
              <Checkbox label="From scratch" checked={form.fromScratch} onChange={(event) => change({ fromScratch: event.target.checked })} />
              <p className="text-sm text-ink-faint">
                Otherwise, if images were only added, Argus looks at those alone. From scratch also paints defects into the images anew, to tell what it finds.
              </p>
            </div>
          )}
        </div>
      </details>
      <ErrorNote error={calibrate.error} />
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" variant="primary" size="md" busy={calibrate.isPending} disabled={wrong || disabled}>
          Calibrate
        </Button>
        {disabled && <span className="text-sm text-ink-soft">A calibration is under way; a set has one at a time.</span>}
      </div>
    </form>
  );
}

function limits(patches: PatchFeatures | undefined): string {
  return patches && patches.minSize < patches.maxSize ? ` This model takes ${patches.minSize} to ${patches.maxSize}.` : "";
}

function modelOptions(chosen: string, models: readonly { id: string; preset: boolean }[]): { value: string; label: string }[] {
  const preset = models.find((each) => each.preset);
  const listed = models.map(({ id }) => ({ value: id, label: id }));
  const gone = chosen !== "" && models.length > 0 && !models.some((each) => each.id === chosen);
  const unlisted = chosen !== "" && (gone || models.length === 0) ? [{ value: chosen, label: gone ? `${chosen} (not installed)` : chosen }] : [];
  return [{ value: "", label: preset ? `The default (${preset.id})` : "The default" }, ...listed, ...unlisted];
}
