import { describe, expect, it } from "vitest";

import { outlineOf } from "./outline";

const circle = (count: number, radius = 0.2) =>
  Array.from({ length: count }, (_, at) => ({ x: 0.5 + radius * Math.cos((at / count) * 2 * Math.PI), y: 0.5 + radius * Math.sin((at / count) * 2 * Math.PI) }));

describe("an outline drawn by hand", () => {
  it("has few corners, near those that were drawn, and a box around it", () => {
    const drawn = outlineOf(circle(900));
    expect(drawn?.outline?.length).toBeGreaterThan(8);
    expect(drawn?.outline?.length).toBeLessThanOrEqual(100);
    for (const { x, y } of drawn?.outline ?? []) expect(Math.hypot(x - 0.5, y - 0.5)).toBeCloseTo(0.2);
    expect(drawn?.box.left).toBeCloseTo(0.3);
    expect(drawn?.box.bottom).toBeCloseTo(0.7);
  });

  it("never has more corners than are taken, however wild it is", () => {
    const zigzag = Array.from({ length: 4000 }, (_, at) => ({ x: at / 4000, y: (at * 7919) % 1000 / 1000 }));
    expect(outlineOf(zigzag)?.outline?.length).toBeLessThanOrEqual(100);
  });

  it("stays within the image", () => {
    const drawn = outlineOf([{ x: 0.8, y: 0.2 }, { x: 1.7, y: 0.5 }, { x: 0.8, y: -0.4 }]);
    for (const { x, y } of drawn?.outline ?? []) expect([x >= 0 && x <= 1, y >= 0 && y <= 1]).toEqual([true, true]);
    expect(drawn?.box.right).toBe(1);
  });

  it("is none without an area", () => {
    expect(outlineOf([])).toBeUndefined();
    expect(outlineOf([{ x: 0.5, y: 0.5 }])).toBeUndefined();
    expect(outlineOf([{ x: 0.2, y: 0.5 }, { x: 0.4, y: 0.5 }, { x: 0.3, y: 0.5 }])).toBeUndefined();
  });
});
