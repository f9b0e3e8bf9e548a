import { describe, expect, it } from "vitest";

import { formatEstimate, formatInterval, formatOneIn, formatShare, shareOf } from "./shares";

const LOCALE = "en-GB";

describe("shareOf", () => {
  it("is Wilson's interval", () => {
    const share = shareOf(2, 40);
    expect(share?.value).toBe(0.05);
    expect(share?.low).toBeCloseTo(0.0138, 4);
    expect(share?.high).toBeCloseTo(0.165, 4);
  });
  it("ends at 0 and 1", () => {
    expect(shareOf(0, 10)?.low).toBe(0);
    expect(shareOf(10, 10)?.high).toBe(1);
  });
  it("is nothing of nothing", () => expect(shareOf(0, 0)).toBeUndefined());
});

it("shows as many digits as tell something", () => {
  expect([0, 0.0025, 0.034, 0.256, 1].map((each) => formatShare(each, LOCALE))).toEqual([
    "0%", "0.25%", "3.4%", "26%", "100%",
  ]);
});

it("says intervals with one unit", () => {
  expect(formatInterval({ low: 0.003, high: 0.028 }, LOCALE)).toBe("0.3 to 2.8%");
  expect(formatEstimate(undefined)).toBe("—");
  expect(formatEstimate({ value: 0.01, low: 0.001, high: 0.03 }, LOCALE)).toBe("1% (95%: 0.1 to 3%)");
});

it("says rates as one in so many", () => {
  expect([0, 0.002, 0.01, 0.25].map((each) => formatOneIn(each, LOCALE))).toEqual([
    "none", "2 in 1,000", "1 in 100", "25 in 100",
  ]);
});
