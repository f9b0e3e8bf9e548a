/** A label, a state or a filter in one line. Tones carry meaning: use them for verdicts and states only. */
import type { ReactNode } from "react";

import { cx } from "./cx";
import { CloseIcon, type Icon } from "./icons";

export type Tone = "neutral" | "accent" | "normal" | "anomalous" | "warning";

const TONES: Record<Tone, string> = {
  neutral: "bg-sunken text-ink-soft",
  accent: "bg-accent-soft text-accent",
  normal: "bg-normal-soft text-normal",
  anomalous: "bg-anomalous-soft text-anomalous",
  warning: "bg-warning-soft text-warning",
};

export interface ChipProps {
  children: ReactNode;
  tone?: Tone;
  icon?: Icon;
  /** Makes it a button, for instance a filter. */
  onClick?: () => void;
  /** For a filter: whether it is on. */
  pressed?: boolean;
  /** Shows a cross; `removeLabel` says what it does. */
  onRemove?: () => void;
  removeLabel?: string;
}

export function Chip({ children, tone = "neutral", icon: Shape, onClick, pressed, onRemove, removeLabel = "Remove" }: ChipProps) {
  const inside = (
    <>
      {Shape && <Shape width={14} height={14} className="shrink-0" />}
      <span className="truncate">{children}</span>
    </>
  );
  return (
    <span className={cx("inline-flex h-6 max-w-60 items-center rounded-full text-xs font-medium", TONES[pressed ? "accent" : tone])}>
      {onClick ? (
        <button type="button" aria-pressed={pressed} onClick={onClick} className="inline-flex h-full min-w-0 items-center gap-1 rounded-full px-2.5 hover:underline">
          {inside}
        </button>
      ) : (
        <span className="inline-flex min-w-0 items-center gap-1 px-2.5">{inside}</span>
      )}
      {onRemove && (
        <button type="button" aria-label={removeLabel} onClick={onRemove} className="-ml-1.5 grid size-6 shrink-0 place-items-center rounded-full hover:text-ink">
          <CloseIcon width={12} height={12} />
        </button>
      )}
    </span>
  );
}
