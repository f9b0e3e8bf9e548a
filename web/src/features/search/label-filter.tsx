/** Which labels images must have: those that are on as chips, all others in a panel. */
import { useQuery } from "@connectrpc/connect-query";

import { ImageService } from "@/gen/argus/storage/v1/image_pb.js";
import { type LabelCondition, sayLabel, writeLabel } from "@/lib/label-filter";
import { Chip } from "@/ui/chip";
import { TagIcon } from "@/ui/icons";
import { LabelChoices } from "@/ui/label-choices";
import { ErrorNote, Skeleton } from "@/ui/states";

import { Popover } from "@/ui/popover";
import { toggleLabel } from "./query";

export interface LabelFilterBarProps {
  labels: readonly LabelCondition[];
  onChange: (labels: LabelCondition[]) => void;
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

function LabelPanel({ labels, onChange }: LabelFilterBarProps) {
  const query = useQuery(ImageService.method.listLabels, { maxValues: 30 });
  if (query.isPending) return <Skeleton className="h-24" />;
  if (query.isError) return <ErrorNote error={query.error} />;
  if (query.data.keys.length === 0) {
    return <p className="text-sm text-pretty text-ink-soft">None of your images has a label yet. Select some in your library to label them.</p>;
  }
  const on = new Set(labels.map(writeLabel));
  return (
    <div className="flex flex-col gap-4">
      {query.data.keys.map((key) => (
        <LabelChoices
          key={key.key}
          label={key}
          more={Number(key.valueCount) - key.values.length}
          isOn={(label) => on.has(writeLabel(label))}
          onToggle={(label) => onChange(toggleLabel(labels, label))}
        />
      ))}
    </div>
  );
}
