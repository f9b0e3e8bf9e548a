/** What this installation takes and can do. */
import { Feature, type Installation } from "@/gen/argus/installation/v1/installation_pb.js";
import { countOf, formatBytes, formatCount } from "@/lib/numbers";
import { Chip } from "@/ui/chip";
import { CheckIcon, MinusIcon } from "@/ui/icons";

import { durationMs, formatSpan } from "./durations";

const FEATURES: readonly [Feature, string][] = [
  [Feature.TEXT_SEARCH, "Search by words"],
  [Feature.MAP, "Map"],
  [Feature.WATCH_IMAGES, "Changes as they happen"],
  [Feature.LOCALIZATION, "Locating defects"],
  [Feature.ZERO_SHOT, "Inspection by words"],
];

export function Features({ installation }: { installation: Installation }) {
  return (
    <ul aria-label="Features" className="flex flex-wrap gap-2">
      {FEATURES.map(([feature, label]) => {
        const has = installation.features.includes(feature);
        return (
          <li key={feature}>
            <Chip tone={has ? "normal" : "neutral"} icon={has ? CheckIcon : MinusIcon}>
              {label}
              {!has && ": no"}
            </Chip>
          </li>
        );
      })}
    </ul>
  );
}

export function Limits({ installation: { limits } }: { installation: Installation }) {
  const { images, search, inspection } = limits ?? {};
  const rows: readonly [string, string][] = [
    ...(images
      ? ([
          ["Image files", images.contentTypes.map((type) => type.replace(/^image\//, "").toUpperCase()).join(", ")],
          ["Size of an image", `${formatBytes(images.maxBytes)}, ${countOf(images.maxPixels, "pixel")}, sides of ${formatCount(images.minSide)} at least`],
          ["Labels of an image", `${formatCount(images.maxLabels)}; keys of ${formatCount(images.maxLabelKeyLength)} and values of ${formatCount(images.maxLabelValueLength)} characters`],
          ["Deleted images come back within", formatSpan(durationMs(images.undeleteGrace) ?? 0)],
          ["An upload may take", formatSpan(durationMs(images.uploadTime) ?? 0)],
        ] as const)
      : []),
    ...(search
      ? ([
          ["A picture to search with", formatBytes(search.maxImageBytes)],
          ["Results of a search", formatCount(search.maxMatches)],
          ["Images on the map", formatCount(search.maxMapImages)],
        ] as const)
      : []),
    ...(inspection
      ? ([
          ["An image to inspect", formatBytes(inspection.maxImageBytes)],
          ["Images of a reference set", formatCount(inspection.maxSetImages)],
          ["Inspections are remembered", formatSpan(durationMs(inspection.keep) ?? 0)],
        ] as const)
      : []),
  ].map(([name, value]) => [name, value]);
  return (
    <dl className="overflow-hidden rounded-lg bg-surface ring-1 ring-line">
      {rows.map(([name, value]) => (
        <div key={name} className="grid gap-x-6 border-b border-line px-4 py-2.5 text-sm last:border-0 sm:grid-cols-[16rem_1fr]">
          <dt className="text-ink-soft">{name}</dt>
          <dd className="tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
