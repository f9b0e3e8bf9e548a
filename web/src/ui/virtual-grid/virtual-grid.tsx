/**
 * A grid of any length of which only the visible rows exist. It knows places, focus and selection;
 * what a cell shows is the caller's.
 *
 * A press opens a cell, or toggles it while something is selected; ctrl toggles, shift selects a range.
 * Keys: arrows, Home, End, Page Up and Down (with shift: range), Space, Enter, Ctrl+A, Escape.
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type MouseEvent, type ReactNode, type RefObject, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";

import { KeyRegistry, onMac, type Shortcut } from "@/lib/keys";
import { clear, click, moveTo, type Order, selectAll, type Selection, toggle } from "@/lib/selection";

import { cx } from "../cx";
import { CheckIcon } from "../icons";
import { useShortcuts } from "../use-shortcuts";
import type { SelectionControl } from "../use-selection";
import { cellInRow, columnsFor, rowOfCell, rowsOf, type Section } from "./rows";
import { useScrollMemory } from "./scroll-memory";

const NO_SECTIONS: readonly Section[] = [];
const HEADING_HEIGHT = 48;

export interface CellState {
  selected: boolean;
  focused: boolean;
  /** Pixels. */
  width: number;
  height: number;
}

export interface VirtualGridProps {
  /** Read aloud: `Images`. */
  label: string;
  /** The cells; `idAt` is undefined where one is not loaded yet. */
  order: Order;
  /** What a cell shows; also called for cells that are not loaded yet. Fills the cell. */
  renderCell: (index: number, state: CellState) => ReactNode;
  /** How a cell is called for screen readers. */
  cellLabel: (index: number) => string;
  selection?: SelectionControl | undefined;
  onOpen?: ((index: number, id: string) => void) | undefined;
  /** The cells on screen, and a few around them; load these. */
  onVisible?: ((first: number, last: number) => void) | undefined;
  /**
   * Loads what a selection reaches over, both ends included; undefined if it is there. Without it, what is not loaded
   * is left out.
   */
  onReach?: ((first: number, last: number) => Promise<void> | undefined) | undefined;
  sections?: readonly Section[] | undefined;
  /** Pixels. */
  minCellWidth?: number;
  gap?: number;
  /** Height over width of the picture, and pixels below it, for instance for a caption. */
  ratio?: number;
  footer?: number;
  /** Above the first row, scrolling along. */
  header?: ReactNode;
  /** Tells grids of one page apart where scroll positions are remembered. */
  name?: string;
  /**
   * `page`: keys work wherever the focus is; one grid a page. `focus`: only while the focus is inside.
   */
  keyboard?: "page" | "focus";
  /** Gives the caller a way to scroll, for instance for a timeline. */
  ref?: (handle: GridHandle | null) => void;
  /** In place of the page's padding at the sides. */
  className?: string;
}

export interface GridHandle {
  scrollToCell(index: number): void;
}

export function VirtualGrid({
  label,
  order,
  renderCell,
  cellLabel,
  selection,
  onOpen,
  onVisible,
  onReach,
  sections = NO_SECTIONS,
  minCellWidth = 168,
  gap = 8,
  ratio = 1,
  footer = 0,
  header,
  name = label,
  keyboard = "page",
  ref,
  className = "px-4 sm:px-6",
}: VirtualGridProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const top = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const { width, above } = useSize(body, top);
  const columns = columnsFor(width, minCellWidth, gap);
  const cellHeight = Math.round(columns.cellWidth * ratio) + footer;
  const rows = useMemo(() => rowsOf(order.length, columns.count, sections), [order.length, columns.count, sections]);

  const virtualizer = useVirtualizer({
    count: width === 0 ? 0 : rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (rows[index]?.kind === "heading" ? HEADING_HEIGHT : cellHeight + gap),
    overscan: 3,
    scrollMargin: above,
  });
  // Sizes are computed, never measured: a new width is a new layout.
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rows, cellHeight, gap]);
  useScrollMemory(scroller, name, virtualizer.getTotalSize() + above);

  const items = virtualizer.getVirtualItems();
  const firstRow = rows[items[0]?.index ?? -1];
  const lastRow = rows[items.at(-1)?.index ?? -1];
  const first = firstRow && (firstRow.kind === "cells" ? firstRow.start : firstRow.section.start);
  const last = lastRow && (lastRow.kind === "cells" ? lastRow.end - 1 : lastRow.section.start);
  const report = useRef(onVisible);
  useEffect(() => {
    report.current = onVisible;
  });
  useEffect(() => {
    if (first !== undefined && last !== undefined) report.current?.(first, last);
  }, [first, last]);

  const [ownFocus, setOwnFocus] = useState<string | null>(null);
  const focusId = selection ? selection.selection.focus : ownFocus;
  const focusIndex = focusId === null ? -1 : order.indexOf(focusId);
  const focusRow = focusIndex < 0 ? -1 : rowOfCell(rows, focusIndex);
  const focusShown = items.some((item) => item.index === focusRow);
  const wanted = useRef(false);
  useEffect(() => {
    if (!wanted.current || focusId === null) return;
    const cell = body.current?.querySelector<HTMLElement>(`[data-cell="${CSS.escape(focusId)}"]`);
    if (cell) {
      wanted.current = false;
      cell.focus({ preventScroll: true });
    }
  });
  useEffect(() => {
    ref?.({
      scrollToCell: (index) => {
        const row = rowOfCell(rows, index);
        if (row >= 0) virtualizer.scrollToIndex(row, { align: "start" });
      },
    });
    return () => ref?.(null);
  }, [ref, rows, virtualizer]);

  const latestOrder = useRef(order);
  useEffect(() => {
    latestOrder.current = order;
  });
  /** Selects over a range, and once more when what was not loaded is there, unless the selection is another by then. */
  const reach = (first: number, last: number, update: (now: Selection, order: Order) => Selection, all = order): void => {
    if (!selection) return;
    let made: Selection | undefined;
    selection.change((now) => (made = update(now, all)));
    const loading = first < 0 || last < 0 ? undefined : onReach?.(Math.min(first, last), Math.max(first, last));
    void loading?.then(
      () => selection.change((now) => (now === made ? update(now, latestOrder.current) : now)),
      // Who loads it tells of a failure.
      () => undefined,
    );
  };
  const anchorIndex = (): number => {
    const { anchor, focus } = selection?.selection ?? {};
    const begin = [anchor, focus].find((each) => typeof each === "string" && order.indexOf(each) >= 0);
    return begin ? order.indexOf(begin) : -1;
  };

  const goTo = (index: number, extend: boolean, all = order): void => {
    const target = Math.max(0, Math.min(order.length - 1, index));
    const row = rowOfCell(rows, target);
    if (row >= 0) virtualizer.scrollToIndex(row, { align: "auto" });
    const id = all.idAt(target);
    if (id === undefined) {
      // It is known in a moment, unless that was it already.
      if (all === order) void onReach?.(target, target)?.then(() => goTo(target, extend, latestOrder.current), () => undefined);
      return;
    }
    wanted.current = true;
    if (selection && extend) reach(anchorIndex(), target, (now, loaded) => moveTo(now, loaded, loaded.indexOf(id), true), all);
    else if (selection) selection.change((now) => moveTo(now, all, target));
    else setOwnFocus(id);
  };
  /** Where the arrows begin: what has the focus, or the first cell on screen. */
  const from = (): number => (focusIndex >= 0 ? focusIndex : Math.max(0, visibleCell(rows, items, virtualizer.scrollOffset ?? 0)));
  const go = (target: (at: number) => number, extend = false): void =>
    goTo(focusIndex < 0 ? from() : target(from()), extend);
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / (cellHeight + gap)));
  const jump = (at: number, by: -1 | 1, count: number): number => {
    let cell = at;
    for (let step = 0; step < count; step += 1) cell = cellInRow(rows, cell, by);
    return cell;
  };

  const moves: readonly [string, string, (at: number) => number][] = [
    ["ArrowLeft", "Previous", (at) => at - 1],
    ["ArrowRight", "Next", (at) => at + 1],
    ["ArrowUp", "Row above", (at) => cellInRow(rows, at, -1)],
    ["ArrowDown", "Row below", (at) => cellInRow(rows, at, 1)],
    ["PageUp", "Page up", (at) => jump(at, -1, page)],
    ["PageDown", "Page down", (at) => jump(at, 1, page)],
    ["Home", "First", () => 0],
    ["End", "Last", () => order.length - 1],
  ];
  const shortcuts: Shortcut[] = [
    ...moves.map(([keys, description, target]) => ({ keys, description, repeats: true, run: () => go(target) })),
    ...(onOpen
      ? [{ keys: "Enter", description: "Open", run: () => focusId !== null && focusIndex >= 0 && onOpen(focusIndex, focusId) }]
      : []),
    ...(selection
      ? [
          ...moves.map(([keys, description, target]) => ({
            keys: `Shift+${keys}`,
            description: `Extend to: ${description.toLowerCase()}`,
            repeats: true,
            run: () => go(target, true),
          })),
          { keys: "Space", description: "Select or deselect", run: () => focusId !== null && selection.change((now) => toggle(now, focusId)) },
          { keys: "Mod+a", description: "Select all", run: () => reach(0, order.length - 1, selectAll) },
          ...(selection.selection.ids.size > 0
            ? [{ keys: "Escape", description: "Select nothing", run: () => selection.change(clear) }]
            : []),
        ]
      : []),
  ];
  useShortcuts({ title: label, enabled: keyboard === "page" && order.length > 0 }, shortcuts);

  const press = (event: MouseEvent, index: number, id: string): void => {
    const how = { toggle: event.ctrlKey || event.metaKey, range: event.shiftKey };
    if (selection && how.range) reach(anchorIndex(), index, (now, all) => click(now, all, id, how));
    else if (selection && how.toggle) selection.change((now) => click(now, order, id, how));
    else if (selection && (selection.selection.ids.size > 0 || !onOpen)) {
      selection.change((now) => (onOpen ? toggle(now, id) : click(now, order, id)));
    } else {
      if (selection) selection.change((now) => ({ ...now, focus: id }));
      else setOwnFocus(id);
      onOpen?.(index, id);
    }
  };
  const choosing = (selection?.selection.ids.size ?? 0) > 0;

  return (
    <div ref={scroller} className={cx("relative h-full min-h-0 overflow-y-auto [overflow-anchor:none]", className)}>
      <div ref={top} className="pt-1">{header}</div>
      <div
        ref={body}
        role="grid"
        aria-label={label}
        aria-rowcount={rows.length}
        aria-colcount={columns.count}
        aria-multiselectable={selection ? true : undefined}
        tabIndex={focusShown ? -1 : 0}
        onFocus={(event) => {
          if (event.target === event.currentTarget && event.target.matches(":focus-visible")) go((at) => at);
        }}
        onKeyDown={(event) => {
          if (keyboard !== "focus") return;
          const local = new KeyRegistry(onMac);
          local.open({ title: label }, shortcuts);
          local.handle(event.nativeEvent);
        }}
        className="relative w-full outline-none"
        style={{ height: virtualizer.getTotalSize() }}
      >
        {items.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          const style = { transform: `translateY(${item.start - above}px)`, height: item.size };
          if (row.kind === "heading") {
            return (
              <div key={item.key} role="row" aria-rowindex={item.index + 1} className="absolute inset-x-0 top-0" style={style}>
                <div role="rowheader" aria-colspan={columns.count} className="flex h-full items-end pb-2 text-sm font-semibold">
                  {row.section.label}
                </div>
              </div>
            );
          }
          return (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 1}
              className="absolute top-0 left-0 flex"
              style={{ ...style, gap }}
            >
              {Array.from({ length: row.end - row.start }, (_, column) => {
                const index = row.start + column;
                const id = order.idAt(index);
                const selected = id !== undefined && (selection?.selection.ids.has(id) ?? false);
                const focused = id !== undefined && id === focusId;
                return (
                  // Keys are handled for the whole grid.
                  // eslint-disable-next-line jsx-a11y/click-events-have-key-events
                  <div
                    key={id ?? `#${index}`}
                    role="gridcell"
                    aria-colindex={column + 1}
                    aria-label={cellLabel(index)}
                    aria-selected={selection ? selected : undefined}
                    tabIndex={focused ? 0 : -1}
                    data-cell={id}
                    onMouseDown={(event) => {
                      // Shift would select text.
                      if (event.shiftKey) event.preventDefault();
                    }}
                    onClick={(event) => {
                      if (id !== undefined) press(event, index, id);
                    }}
                    className={cx("group/cell relative cursor-pointer rounded-sm", selected && "ring-2 ring-accent ring-offset-2 ring-offset-canvas")}
                    style={{ width: columns.cellWidth, height: cellHeight }}
                  >
                    {renderCell(index, { selected, focused, width: columns.cellWidth, height: cellHeight })}
                    {selection && id !== undefined && (
                      // The cell itself says whether it is selected, and Space does this.
                       
                      <span
                        aria-hidden="true"
                        data-select={id}
                        onClick={(event) => {
                          event.stopPropagation();
                          if (event.shiftKey) reach(anchorIndex(), index, (now, all) => click(now, all, id, { range: true }));
                          else selection.change((now) => toggle(now, id));
                        }}
                        className={cx(
                          "absolute top-2 left-2 grid size-6 place-items-center rounded-full border-2 transition-opacity",
                          selected
                            ? "border-accent bg-accent text-on-accent"
                            : "border-line-strong bg-surface/80 text-transparent hover:text-ink-soft",
                          !selected && !choosing && "opacity-0 group-hover/cell:opacity-100 group-focus/cell:opacity-100",
                        )}
                      >
                        <CheckIcon width={14} height={14} strokeWidth={2.5} />
                      </span>
                    )}
                  </div>
                );
              })}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function visibleCell(rows: ReturnType<typeof rowsOf>, items: readonly { index: number; end: number }[], offset: number): number {
  for (const item of items) {
    const row = rows[item.index];
    if (item.end > offset && row?.kind === "cells") return row.start;
  }
  return 0;
}

function useSize(body: RefObject<HTMLElement | null>, top: RefObject<HTMLElement | null>) {
  const [size, setSize] = useState({ width: 0, above: 0 });
  useLayoutEffect(() => {
    const measure = (): void => {
      const width = body.current?.clientWidth ?? 0;
      const above = top.current?.offsetHeight ?? 0;
      setSize((was) => (was.width === width && was.above === above ? was : { width, above }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    if (body.current) observer.observe(body.current);
    if (top.current) observer.observe(top.current);
    return () => observer.disconnect();
  }, [body, top]);
  return size;
}
