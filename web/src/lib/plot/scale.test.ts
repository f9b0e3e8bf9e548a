import { describe, expect, it } from "vitest";

import { digitsFor, linearScale, niceStep, ticksOf } from "./scale";

describe("linearScale", () => {
  it("maps there and back", () => {
    const scale = linearScale([10, 20], [0, 100]);
    expect(scale(15)).toBe(50);
    expect(scale.invert(25)).toBe(12.5);
  });
  it("goes down as well", () => expect(linearScale([0, 1], [100, 0])(0.25)).toBe(75));
  it("puts a domain without extent in the middle", () => expect(linearScale([3, 3], [0, 10])(3)).toBe(5));
});

describe("ticksOf", () => {
  it("are round and within", () => {
    expect(ticksOf(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticksOf(3, 47, 5)).toEqual([10, 20, 30, 40]);
    expect(ticksOf(0.1, 0.35, 5)).toEqual([0.1, 0.15, 0.2, 0.25, 0.3, 0.35]);
  });
  it("are none where there is no extent", () => {
    expect(ticksOf(1, 1, 5)).toEqual([]);
    expect(ticksOf(Number.NaN, 1, 5)).toEqual([]);
  });
});

it("steps are 1, 2 or 5", () => {
  expect([0.9, 1.1, 3, 7, 0.03].map(niceStep)).toEqual([1, 2, 5, 10, 0.05]);
});

it("digits tell ticks apart", () => {
  expect([10, 1, 0.5, 0.1, 0.02].map(digitsFor)).toEqual([0, 0, 1, 1, 2]);
});
