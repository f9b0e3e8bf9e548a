import { describe, expect, it } from "vitest";

import { countLikely } from "./likely";

describe("countLikely", () => {
  it("counts what is at the cut-off or above", () => {
    expect(countLikely([0.9, 0.5, 0.4], 0.5)).toBe(2);
    expect(countLikely([0.9, 0.5], 0.1)).toBe(2);
    expect(countLikely([0.3], 0.5)).toBe(0);
    expect(countLikely([], 0.5)).toBe(0);
  });

  it("takes a score for the cut-off that only rounding keeps below it", () => {
    expect(countLikely([Math.fround(0.514446), 0.3], 0.514446)).toBe(1);
  });

  it("knows nothing without a cut-off", () => {
    expect(countLikely([0.9], undefined)).toBeUndefined();
  });
});
