/** Figures with their names: a few in a row, wrapping. */
import type { ReactNode } from "react";

import { cx } from "@/ui/cx";

export function Figures({ children, className }: { children: ReactNode; className?: string }) {
  return <dl className={cx("grid grid-cols-2 gap-x-6 gap-y-3", className)}>{children}</dl>;
}

export function Figure({ name, note, children }: { name: string; /** Below the figure: its interval, its unit. */ note?: ReactNode; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-ink-faint">{name}</dt>
      <dd className="text-base font-medium text-ink tabular-nums">
        {children}
        {note && <span className="block text-xs font-normal text-ink-soft">{note}</span>}
      </dd>
    </div>
  );
}
