import { describe, expect, it } from "vitest";

import { indexAt, markAt, marksOf } from "./scrubber-scale";

const section = (year: number, month: number, start: number, count: number) => ({
  key: `${year}-${month}`,
  label: `${year}-${month}`,
  year,
  start,
  count,
});

describe("the timeline", () => {
  const sections = [section(2026, 3, 0, 50), section(2026, 1, 50, 25), section(2025, 12, 75, 25)];
  const marks = marksOf(sections, 100);

  it("places months by the images before them", () => {
    expect(marks.map(({ at }) => at)).toEqual([0, 0.5, 0.75]);
  });

  it("names each year once, where it begins", () => {
    expect(marks.map(({ year }) => year)).toEqual([2026, undefined, 2025]);
  });

  it("leaves out names that would lie on each other", () => {
    const close = marksOf([section(2026, 1, 0, 1), section(2025, 1, 1, 1), section(2024, 1, 2, 98)], 100);
    expect(close.map(({ year }) => year)).toEqual([2026, undefined, undefined]);
  });

  it("finds the month of a place, and the place of a height", () => {
    expect(markAt(marks, 0)?.key).toBe("2026-3");
    expect(markAt(marks, 74)?.key).toBe("2026-1");
    expect(markAt(marks, 99)?.key).toBe("2025-12");
    expect(markAt([], 3)).toBeUndefined();
    expect(indexAt(0.5, 100)).toBe(50);
    expect(indexAt(1, 100)).toBe(99);
    expect(indexAt(-1, 100)).toBe(0);
    expect(indexAt(0.3, 0)).toBe(0);
  });
});
