import { describe, expect, it } from "vitest";

import { findGap, findGapInPages, shareOfBest } from "./score-gap";

/** The same numbers in every run (mulberry32). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Scores of images that have nothing in common with the query but their kind: normally distributed. */
function unrelated(count: number, mean: number, deviation: number, seed: number): number[] {
  const next = uniform(seed);
  return Array.from({ length: count }, () => {
    const angle = 2 * Math.PI * next();
    return mean + deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(angle);
  });
}

const sorted = (scores: number[]): number[] => scores.sort((one, other) => other - one);

describe("the gap in scores", () => {
  it("is after the few that are clearly more alike", () => {
    expect(findGap([0.31, 0.3, 0.295, 0.2, 0.198, 0.195, 0.19, 0.188, 0.185, 0.18])).toBe(3);
  });

  it.each([1, 2, 3, 4, 5])("is found among images of all kinds, with words and with pictures (%i)", (seed) => {
    const byWords = sorted([0.3, 0.29, 0.285, 0.281, ...unrelated(56, 0.17, 0.015, seed)]);
    expect(findGap(byWords)).toBe(4);
    const byPicture = sorted([0.93, 0.9, 0.88, ...unrelated(57, 0.5, 0.04, seed)]);
    expect(findGap(byPicture)).toBe(3);
  });

  it("is rarely seen where there is none: in a whole collection, and in the top of a large one", () => {
    let found = 0;
    for (let seed = 0; seed < 200; seed += 1) {
      if (findGap(sorted(unrelated(60, 0.2, 0.02, seed))) !== undefined) found += 1;
      if (findGap(sorted(unrelated(5000, 0.2, 0.02, seed + 1000)).slice(0, 60)) !== undefined) found += 1;
    }
    expect(found / 400).toBeLessThan(0.05);
  });

  it("is none among even, equal, few or no scores", () => {
    expect(findGap(Array.from({ length: 40 }, (_, index) => 0.9 - index * 0.01))).toBeUndefined();
    expect(findGap(Array.from({ length: 40 }, () => 0.5))).toBeUndefined();
    expect(findGap([0.9, 0.1, 0.1])).toBeUndefined();
    expect(findGap([])).toBeUndefined();
  });

  it("is none if it is too small to be seen, however even the others are", () => {
    expect(findGap([0.3, 0.3, 0.3, 0.295, 0.295, 0.295, 0.295, 0.295])).toBeUndefined();
    expect(findGap([0.3, 0.3, 0.3, 0.2, 0.2, 0.2, 0.2, 0.2])).toBe(3);
  });

  it("stays where the first pages showed it", () => {
    const first = [0.9, 0.89, 0.88, 0.5, 0.49, 0.48, 0.47, 0.465];
    const second = [0.1, 0.09, 0.08, 0.07, 0.06, 0.05, 0.04, 0.03];
    expect(findGapInPages([first])).toBe(3);
    expect(findGapInPages([first, second])).toBe(3);
    expect(findGapInPages([[0.9, 0.89], [0.5, 0.49, 0.48, 0.475, 0.47]])).toBe(2);
    expect(findGapInPages([])).toBeUndefined();
  });
});

it("looks for the gap after copies of the picture", () => {
  const others = [0.6, 0.59, 0.58, 0.3, 0.29, 0.285, 0.28, 0.275];
  expect(findGapInPages([[1, 0.9995, ...others]])).toBe(5);
  expect(findGapInPages([[1, 0.36, 0.34, 0.32, 0.3, 0.285, 0.275, 0.27]])).toBeUndefined();
  expect(findGapInPages([[1, 1, 1]])).toBeUndefined();
});

it("measures bars against the best", () => {
  expect(shareOfBest(0.15, 0.3)).toBeCloseTo(0.5);
  expect(shareOfBest(-0.1, 0.3)).toBe(0);
  expect(shareOfBest(-0.2, -0.1)).toBe(0);
});
