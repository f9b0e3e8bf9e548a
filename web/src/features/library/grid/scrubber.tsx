/** The timeline at the edge of the grid: drag it, or use its keys, to go to another month. */
import { type KeyboardEvent, type PointerEvent, useMemo, useRef, useState } from "react";

import { cx } from "@/ui/cx";

import type { MonthSection } from "../images/months";
import { indexAt, markAt, marksOf } from "./scrubber-scale";

export interface ScrubberProps {
  sections: readonly MonthSection[];
  total: number;
  /** The first image on screen. */
  index: number;
  onJump: (index: number) => void;
}

export function Scrubber({ sections, total, index, onJump }: ScrubberProps) {
  const track = useRef<HTMLDivElement>(null);
  const [dragged, setDragged] = useState<number>();
  const marks = useMemo(() => marksOf(sections, total), [sections, total]);
  if (marks.length < 2) return null;

  const shown = dragged ?? index;
  const month = markAt(marks, shown);
  const jump = (to: number): void => {
    setDragged(to);
    onJump(to);
  };
  const follow = (event: PointerEvent): void => {
    const box = track.current?.getBoundingClientRect();
    if (box) jump(indexAt((event.clientY - box.top) / box.height, total));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = marks.findIndex((mark) => mark === month);
    const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 6, PageUp: at - 6, Home: 0, End: marks.length - 1 };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const target = marks[Math.min(marks.length - 1, Math.max(0, step))];
    if (target) onJump(target.start);
    setDragged(undefined);
  };

  return (
    <div
      ref={track}
      role="slider"
      tabIndex={0}
      aria-label="Timeline"
      aria-orientation="vertical"
      aria-valuemin={0}
      aria-valuemax={total - 1}
      aria-valuenow={shown}
      aria-valuetext={month?.label ?? ""}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        follow(event);
      }}
      onPointerMove={(event) => {
        if (dragged !== undefined) follow(event);
      }}
      onPointerUp={() => setDragged(undefined)}
      onPointerCancel={() => setDragged(undefined)}
      className="group relative my-3 w-12 shrink-0 cursor-ns-resize touch-none select-none"
    >
      {marks.map((mark) => (
        <span key={mark.key} aria-hidden="true" className="absolute right-2 flex -translate-y-1/2 items-center gap-1.5" style={{ top: `${mark.at * 100}%` }}>
          {mark.year !== undefined && <span className="text-xs text-ink-soft tabular-nums">{mark.year}</span>}
          <span className={cx("h-px bg-line-strong", mark.year === undefined ? "w-1.5" : "w-2.5")} />
        </span>
      ))}
      <span aria-hidden="true" className="pointer-events-none absolute right-2 flex -translate-y-1/2 items-center" style={{ top: `${(shown / total) * 100}%` }}>
        <span
          className={cx(
            "absolute right-5 rounded-md bg-raised px-2 py-1 text-xs font-medium whitespace-nowrap shadow-pop",
            dragged === undefined && "opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100",
          )}
        >
          {month?.label}
        </span>
        <span className="h-0.5 w-4 rounded-full bg-accent" />
      </span>
    </div>
  );
}
