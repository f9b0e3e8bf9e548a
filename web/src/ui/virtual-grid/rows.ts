/** How cells fall into rows; pure. */

/** A heading before the cell at `start`. Sections are in order of their start. */
export interface Section {
  start: number;
  /** Stable, for instance `2026-03`. */
  key: string;
  label: string;
}

export type Row =
  | { kind: "heading"; section: Section }
  | { kind: "cells"; /** First cell. */ start: number; /** After the last cell. */ end: number };

export interface Columns {
  count: number;
  /** Pixels. */
  cellWidth: number;
}

/** As many columns of at least `minCellWidth` as fit, at least one. */
export function columnsFor(width: number, minCellWidth: number, gap: number): Columns {
  const count = Math.max(1, Math.floor((width + gap) / (minCellWidth + gap)));
  return { count, cellWidth: Math.max(0, (width - gap * (count - 1)) / count) };
}

/** Rows of a grid of so many cells; each section begins a row of its own under its heading. */
export function rowsOf(length: number, columns: number, sections: readonly Section[] = []): Row[] {
  const rows: Row[] = [];
  const fill = (from: number, to: number): void => {
    for (let start = from; start < to; start += columns) {
      rows.push({ kind: "cells", start, end: Math.min(to, start + columns) });
    }
  };
  fill(0, Math.min(length, sections[0]?.start ?? length));
  sections.forEach((section, index) => {
    const end = Math.min(length, sections[index + 1]?.start ?? length);
    if (section.start >= end) return;
    rows.push({ kind: "heading", section });
    fill(section.start, end);
  });
  return rows;
}

/** The row that has a cell; binary search. -1 if there is none. */
export function rowOfCell(rows: readonly Row[], cell: number): number {
  let low = 0;
  let high = rows.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (!row) return -1;
    const start = row.kind === "cells" ? row.start : row.section.start;
    const end = row.kind === "cells" ? row.end : row.section.start;
    if (row.kind === "cells" && cell >= start && cell < end) return middle;
    // A heading stands before its first cell.
    if (cell < start) high = middle - 1;
    else low = middle + 1;
  }
  return -1;
}

/** The cell one row up (-1) or down (1), in the same column or the last one of a shorter row. */
export function cellInRow(rows: readonly Row[], cell: number, by: -1 | 1): number {
  const at = rowOfCell(rows, cell);
  const from = rows[at];
  if (from?.kind !== "cells") return cell;
  for (let index = at + by; index >= 0 && index < rows.length; index += by) {
    const row = rows[index];
    if (row?.kind === "cells") return Math.min(row.start + (cell - from.start), row.end - 1);
  }
  return cell;
}
