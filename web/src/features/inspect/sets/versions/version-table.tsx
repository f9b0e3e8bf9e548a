/** Versions side by side: what each learnt, where it draws the line, what that costs and what it sees. */
import type { ReactNode } from "react";

import { CalibrationSettings_Scorer as Scorer, type Version } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { formatBytes, formatCount } from "@/lib/numbers";
import { formatConfidence, formatShare, UNKNOWN } from "@/lib/shares";
import { formatDateTime, formatRelative, toDate } from "@/lib/time";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { CheckIcon, TrashIcon, WarningIcon } from "@/ui/icons";
import { cx } from "@/ui/cx";
import { Wide } from "@/ui/wide";

import { IntervalBar } from "../interval-bar";
import { PartFigures } from "../parts/part-figures";
import { figuresOf, ofParts, partRuleWords } from "../part-words";
import { matrixByContrast } from "../sensitivity-words";
import { augmentationName, bankCount, modelName, registrationName, scorerName, sizeName } from "../settings-words";
import { expectedRate, formatThreshold, originOf } from "../threshold-words";
import { ExportVersion } from "./export-version";
import { SensitivityMatrix } from "./sensitivity-matrix";

export interface VersionTableProps {
  versions: readonly Version[];
  current: number;
  owned: boolean;
  busy: boolean;
  onUse: (version: Version) => void;
  onDelete: (version: Version) => void;
  /** Shows by kind what a version finds. */
  onDetails: (version: Version) => void;
}

interface Line {
  name: string;
  hint?: string;
  of: (version: Version) => ReactNode;
}

export function VersionTable({ versions, current, owned, busy, onUse, onDelete, onDetails }: VersionTableProps) {
  // One scale for all, so that the bars compare.
  const most = Math.max(0.05, ...versions.map((each) => (each.threshold ? expectedRate(each.threshold).high : 0)));
  const lines: Line[] = [
    { name: "Made", of: (version) => <Made version={version} /> },
    { name: "Images", of: (version) => formatCount(version.imageCount) },
    { name: "Based on", of: (version) => (version.baseVersion > 0 ? `Version ${version.baseVersion}` : "From scratch") },
    {
      name: "Threshold",
      hint: "score",
      of: ({ threshold }) =>
        threshold ? (
          <>
            <span className="block text-base font-medium text-ink">{formatThreshold(threshold.value)}</span>
            {originOf(threshold)}
            {threshold.extrapolated && (
              <span className="mt-1 flex items-start gap-1 text-warning">
                <WarningIcon width={14} height={14} className="mt-0.5 shrink-0" />
                Extrapolated from {threshold.heldOutCount} images
              </span>
            )}
          </>
        ) : (
          UNKNOWN
        ),
    },
    {
      name: "False alarms",
      hint: "expected share of good parts",
      of: ({ threshold }) => {
        if (!threshold) return UNKNOWN;
        const rate = expectedRate(threshold);
        return (
          <>
            <span className="block text-base font-medium text-ink">{formatShare(rate.value)}</span>
            <IntervalBar share={rate} max={most} />
            {formatConfidence(rate)}, of {formatCount(threshold.heldOutCount)} held out{ofParts(threshold)}
          </>
        );
      },
    },
    {
      name: "Painted defects found",
      hint: "share, by size",
      of: (version) =>
        version.sensitivity.length > 0 ? (
          <>
            <SensitivityMatrix matrix={matrixByContrast(version.sensitivity)} caption={`Painted defects that version ${version.version} finds`} />
            <Button variant="quiet" className="mt-1 -ml-3" aria-label={`What version ${version.version} finds, by kind`} onClick={() => onDetails(version)}>
              By kind
            </Button>
          </>
        ) : (
          <>
            {UNKNOWN}
            <span className="block">Not known of {version.hasHead ? "a version with a head" : "this version"}</span>
          </>
        ),
    },
    ...(versions.some((version) => figuresOf(version).length > 0)
      ? [
          {
            name: "By part",
            hint: "new ones and known ones: good parts rejected, painted defects found",
            of: (version: Version) => (figuresOf(version).length > 0 ? <PartFigures version={version} /> : UNKNOWN),
          },
        ]
      : []),
    { name: "Head", hint: "learnt from feedback", of: (version) => (version.hasHead ? "Yes" : "No") },
    { name: "Model", of: (version) => <span className="[overflow-wrap:anywhere]">{modelName(version.settings)}</span> },
    { name: "Scorer", of: (version) => scorerName(version.settings?.scorer) },
    { name: "Size", of: (version) => sizeName(version.settings) },
    { name: "Augmentation", of: (version) => augmentationName(version.settings?.augmentation) },
    { name: "Background", of: (version) => (version.settings?.maskBackground ? "Left out" : "Judged as well") },
    { name: "Registration", hint: "to a reference", of: (version) => registrationName(version.settings?.registration) },
    { name: "Regions of interest", of: (version) => version.settings?.regionsOfInterest.length || "The whole image" },
    { name: "Same part", of: (version) => <span className="[overflow-wrap:anywhere]">{partRuleWords(version.settings?.partRule)}</span> },
    {
      name: "Banks",
      hint: "of normal patches",
      of: ({ banks, settings }) =>
        settings?.scorer === Scorer.IMAGE_KNN ? (
          UNKNOWN
        ) : (
          <>
            <span className="block">{bankCount(banks)}</span>
            {banks && <span className="block text-xs text-ink-faint">{banks.explanation}</span>}
          </>
        ),
    },
    { name: "Patches kept", of: (version) => (version.coresetSize > 0 ? formatCount(version.coresetSize) : UNKNOWN) },
    { name: "Size on disk", of: (version) => formatBytes(version.artifactBytes) },
    { name: "As a file", hint: "inspects without a mesh", of: (version) => <ExportVersion version={version} /> },
  ];
  return (
    // Many versions scroll sideways under the names of the lines.
    <Wide label="Versions" className="w-fit max-w-full rounded-lg border border-line bg-surface">
      <table className="border-separate border-spacing-0 text-sm tabular-nums">
        <thead>
          <tr>
            <th scope="col" className={cx(NAME, "align-bottom")}>
              <span className="sr-only">What</span>
            </th>
            {versions.map((version) => (
              <th key={version.version} scope="col" className={cx(CELL, "pt-4 text-left align-top font-normal", version.version === current && "bg-sunken")}>
                <div className="flex flex-wrap items-center gap-2">
                  <span className="text-lg font-semibold text-ink">Version {version.version}</span>
                  {version.version === current && (
                    <Chip tone="normal" icon={CheckIcon}>
                      In use
                    </Chip>
                  )}
                </div>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.name}>
              <th scope="row" className={cx(NAME, "border-t border-line align-top font-medium text-ink")}>
                {line.name}
                {line.hint && <span className="hidden text-xs font-normal text-ink-faint sm:block">{line.hint}</span>}
              </th>
              {versions.map((version) => (
                <td key={version.version} className={cx(CELL, "border-t border-line align-top text-ink-soft", version.version === current && "bg-sunken")}>
                  {line.of(version)}
                </td>
              ))}
            </tr>
          ))}
          {owned && (
            <tr>
              <th scope="row" className={cx(NAME, "border-t border-line")}>
                <span className="sr-only">Actions</span>
              </th>
              {versions.map((version) => (
                <td key={version.version} className={cx(CELL, "border-t border-line pb-4", version.version === current && "bg-sunken")}>
                  {version.version === current ? (
                    <span className="text-ink-faint">The one in use stays.</span>
                  ) : (
                    <span className="flex gap-2">
                      <Button disabled={busy} aria-label={`Use version ${version.version}`} onClick={() => onUse(version)}>
                        Use
                      </Button>
                      <Button variant="quiet" icon={TrashIcon} disabled={busy} aria-label={`Delete version ${version.version}`} onClick={() => onDelete(version)}>
                        Delete
                      </Button>
                    </span>
                  )}
                </td>
              ))}
            </tr>
          )}
        </tbody>
      </table>
    </Wide>
  );
}

const NAME = "sticky left-0 z-10 w-28 min-w-28 bg-surface px-3 py-2 text-left sm:w-44 sm:min-w-44 sm:px-4";
const CELL = "w-64 min-w-64 max-w-64 px-4 py-2";

function Made({ version }: { version: Version }) {
  const at = toDate(version.createTime);
  if (!at) return UNKNOWN;
  return (
    <time dateTime={at.toISOString()} title={formatDateTime(at)}>
      {formatRelative(at)}
    </time>
  );
}
