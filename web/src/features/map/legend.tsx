/** What the colours mean. Pressing one fades all others, so that colour is not needed to tell them apart. */
import { formatCount } from "@/lib/numbers";
import { cx } from "@/ui/cx";

import type { Category } from "./categories";
import { CATEGORY_COLOURS } from "./palette";

export interface LegendProps {
  legend: readonly Category[];
  dark: boolean;
  /** The category that is shown alone. */
  alone: number | null;
  onAlone: (category: number | null) => void;
}

export function Legend({ legend, dark, alone, onAlone }: LegendProps) {
  const colours = CATEGORY_COLOURS[dark ? "dark" : "light"];
  return (
    <ul aria-label="Colours" className="absolute top-3 left-3 flex max-w-[calc(100%-1.5rem)] gap-1 overflow-x-auto rounded-md bg-surface/90 p-1 ring-1 ring-line sm:flex-col">
      {legend.map(({ label, count }, category) =>
        count === 0 ? null : (
          <li key={category} className={cx("shrink-0", category === 0 && "order-last")}>
            <button
              type="button"
              aria-pressed={alone === category}
              title="Show alone"
              onClick={() => onAlone(alone === category ? null : category)}
              className={cx(
                "flex h-7 w-full items-center gap-2 rounded-sm px-2 text-xs text-ink hover:bg-sunken aria-pressed:bg-accent-soft",
                alone !== null && alone !== category && "text-ink-faint",
              )}
            >
              <span
                className={cx("size-2.5 shrink-0 rounded-full", category === 0 && "bg-line-strong")}
                style={category === 0 ? undefined : { background: colours[category - 1] }}
              />
              <span className="max-w-40 truncate">{label}</span>
              <span className="ml-auto pl-2 text-ink-faint tabular-nums">{formatCount(count)}</span>
            </button>
          </li>
        ),
      )}
    </ul>
  );
}
