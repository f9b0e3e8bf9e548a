/** The values of a label's key, of which one or more can be chosen. */
import type { LabelCondition } from "@/lib/label-filter";
import { countOf, formatCount } from "@/lib/numbers";

import { Chip } from "./chip";

export interface LabelChoicesProps {
  /** As `ListLabels` answers it; the values are those that are offered. */
  label: { key: string; imageCount: bigint; values: readonly { value: string; imageCount: bigint }[] };
  /** Values that are not offered. */
  more: number;
  isOn: (condition: LabelCondition) => boolean;
  onToggle: (condition: LabelCondition) => void;
}

export function LabelChoices({ label: { key, imageCount, values }, more, isOn, onToggle }: LabelChoicesProps) {
  return (
    <section aria-label={key} className="flex flex-col gap-2">
      <h2 className="flex items-baseline justify-between gap-2 text-sm font-semibold">
        <span className="truncate">{key}</span>
        <span className="shrink-0 text-xs font-normal text-ink-faint">{countOf(imageCount, "image")}</span>
      </h2>
      <div className="flex flex-wrap gap-1.5">
        <Chip pressed={isOn({ key })} onClick={() => onToggle({ key })}>
          any value
        </Chip>
        {values.map(({ value, imageCount: count }) => (
          <Chip key={value} pressed={isOn({ key, value })} onClick={() => onToggle({ key, value })}>
            {value === "" ? "(empty)" : value} <span className="pl-1 font-normal tabular-nums">{formatCount(count)}</span>
          </Chip>
        ))}
      </div>
      {more > 0 && <p className="text-xs text-ink-faint">and {countOf(more, "rarer value")}</p>}
    </section>
  );
}
