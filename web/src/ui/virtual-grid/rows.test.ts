import { expect, test } from "vitest";

import { cellInRow, columnsFor, rowOfCell, rowsOf } from "./rows";

test("as many columns as fit, at least one", () => {
  expect(columnsFor(1000, 150, 10)).toEqual({ count: 6, cellWidth: (1000 - 50) / 6 });
  expect(columnsFor(100, 150, 10)).toEqual({ count: 1, cellWidth: 100 });
  expect(columnsFor(0, 150, 10)).toEqual({ count: 1, cellWidth: 0 });
});

const SECTIONS = [
  { start: 0, key: "a", label: "A" },
  { start: 4, key: "b", label: "B" },
  { start: 5, key: "c", label: "C" },
];
const spelled = (rows: ReturnType<typeof rowsOf>) =>
  rows.map((row) => (row.kind === "heading" ? row.section.label : `${row.start}-${row.end}`)).join(" ");

test("sections begin rows of their own", () => {
  expect(spelled(rowsOf(7, 3))).toBe("0-3 3-6 6-7");
  expect(spelled(rowsOf(8, 3, SECTIONS))).toBe("A 0-3 3-4 B 4-5 C 5-8");
  expect(spelled(rowsOf(6, 3, [{ start: 2, key: "x", label: "X" }]))).toBe("0-2 X 2-5 5-6");
  expect(rowsOf(0, 3, SECTIONS)).toEqual([]);
});

test("each cell is found in its row", () => {
  const rows = rowsOf(8, 3, SECTIONS);
  expect([0, 2, 3, 4, 5, 7].map((cell) => rowOfCell(rows, cell))).toEqual([1, 1, 2, 4, 6, 6]);
  expect([rowOfCell(rows, 8), rowOfCell(rows, -1), rowOfCell([], 0)]).toEqual([-1, -1, -1]);
});

test("up and down keep the column, over headings and shorter rows", () => {
  const rows = rowsOf(8, 3, SECTIONS);
  expect([cellInRow(rows, 2, 1), cellInRow(rows, 3, 1), cellInRow(rows, 4, 1)]).toEqual([3, 4, 5]);
  expect([cellInRow(rows, 7, -1), cellInRow(rows, 0, -1), cellInRow(rows, 7, 1)]).toEqual([4, 0, 7]);
});
