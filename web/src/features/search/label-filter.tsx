/** Which labels images must have: those that are on as chips, all others in a panel. */
import { useQuery } from "@connectrpc/connect-query";

import { ImageService, type LabelKey } from "@/gen/argus/storage/v1/image_pb.js";
import { countOf, formatCount } from "@/lib/numbers";
import { Chip } from "@/ui/chip";
import { TagIcon } from "@/ui/icons";
import { ErrorNote, Skeleton } from "@/ui/states";

import { Popover } from "@/ui/popover";
import { type LabelFilter, toggleLabel, writeLabel } from "./query";

export interface LabelFilterBarProps {
  labels: readonly LabelFilter[];
  onChange: (labels: LabelFilter[]) => void;
}

export function LabelFilterBar({ labels, onChange }: LabelFilterBarProps) {
  return (
    <div role="group" aria-label="Filters" className="flex min-w-0 flex-wrap items-center gap-2">
      <Popover label="Filter by label" icon={TagIcon} panel={<LabelPanel labels={labels} onChange={onChange} />}>
        Labels
      </Popover>
      {labels.map((label) => (
        <Chip
          key={writeLabel(label)}
          tone="accent"
          onRemove={() => onChange(toggleLabel(labels, label))}
          removeLabel={`Remove the filter ${sayLabel(label)}`}
        >
          {sayLabel(label)}
        </Chip>
      ))}
    </div>
  );
}

function sayLabel({ key, value }: LabelFilter): string {
  if (value === undefined) return `has ${key}`;
  return `${key}: ${value === "" ? "(empty)" : value}`;
}

function LabelPanel({ labels, onChange }: LabelFilterBarProps) {
  const query = useQuery(ImageService.method.listLabels, { maxValues: 30 });
  if (query.isPending) return <Skeleton className="h-24" />;
  if (query.isError) return <ErrorNote error={query.error} />;
  if (query.data.keys.length === 0) {
    return <p className="text-sm text-pretty text-ink-soft">None of your images has a label yet. Select some in your library to label them.</p>;
  }
  return (
    <div className="flex flex-col gap-4">
      {query.data.keys.map((key) => (
        <KeySection key={key.key} labelKey={key} labels={labels} onChange={onChange} />
      ))}
    </div>
  );
}

function KeySection({ labelKey, labels, onChange }: LabelFilterBarProps & { labelKey: LabelKey }) {
  const isOn = (label: LabelFilter): boolean => labels.some((each) => writeLabel(each) === writeLabel(label));
  const any: LabelFilter = { key: labelKey.key };
  const more = Number(labelKey.valueCount) - labelKey.values.length;
  return (
    <section aria-label={labelKey.key} className="flex flex-col gap-2">
      <h2 className="flex items-baseline justify-between gap-2 text-sm font-semibold">
        <span className="truncate">{labelKey.key}</span>
        <span className="shrink-0 text-xs font-normal text-ink-faint">{countOf(labelKey.imageCount, "image")}</span>
      </h2>
      <div className="flex flex-wrap gap-1.5">
        <Chip pressed={isOn(any)} onClick={() => onChange(toggleLabel(labels, any))}>
          any value
        </Chip>
        {labelKey.values.map(({ value, imageCount }) => {
          const label = { key: labelKey.key, value };
          return (
            <Chip key={value} pressed={isOn(label)} onClick={() => onChange(toggleLabel(labels, label))}>
              {value === "" ? "(empty)" : value} <span className="pl-1 font-normal tabular-nums">{formatCount(imageCount)}</span>
            </Chip>
          );
        })}
      </div>
      {more > 0 && <p className="text-xs text-ink-faint">and {countOf(more, "rarer value")}</p>}
    </section>
  );
}
