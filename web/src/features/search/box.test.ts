import { describe, expect, it } from "vitest";

import { dragged, leastOf, moved, readBox, resized, sayBox, writeBox } from "./box";

const BOX = { left: 0.2, top: 0.2, right: 0.6, bottom: 0.4 };
const LEAST = { width: 0.05, height: 0.1 };

describe("a box on a picture", () => {
  it("is drawn from any corner, within the picture", () => {
    expect(dragged("draw", undefined, { x: 0.5, y: 0.5 }, { x: -0.2, y: 1.4 }, LEAST)).toEqual({ left: 0, top: 0.5, right: 0.5, bottom: 1 });
    expect(dragged("draw", BOX, { x: 0.1, y: 0.1 }, { x: 0.3, y: 0.3 }, LEAST)).toEqual({ left: 0.1, top: 0.1, right: 0.3, bottom: 0.3 });
  });

  it("is not drawn by a press, or too small for the contract", () => {
    expect(dragged("draw", BOX, { x: 0.1, y: 0.1 }, { x: 0.1, y: 0.1 }, LEAST)).toBeUndefined();
    expect(dragged("draw", BOX, { x: 0.1, y: 0.1 }, { x: 0.5, y: 0.15 }, LEAST)).toBeUndefined();
    const least = leastOf({ width: 100, height: 50 });
    expect(least.width * 100).toBeGreaterThanOrEqual(8);
    expect(least.height * 50).toBeGreaterThanOrEqual(8);
    expect(leastOf({ width: 4, height: 4 })).toEqual({ width: 1, height: 1 });
  });

  it("keeps its size when it is moved against an edge", () => {
    const far = moved(BOX, 5, -5);
    expect(far.left).toBeCloseTo(0.6);
    expect(far.right).toBeCloseTo(1);
    expect([far.top, far.bottom]).toEqual([0, expect.closeTo(0.2)]);
  });

  it("is never turned inside out by its handles", () => {
    expect(resized(BOX, "e", -5, 0, LEAST)).toEqual({ ...BOX, right: expect.closeTo(0.25) as number });
    expect(resized(BOX, "nw", 5, 5, LEAST)).toEqual({ ...BOX, left: expect.closeTo(0.55) as number, top: expect.closeTo(0.3) as number });
    expect(resized(BOX, "s", 0, 5, LEAST)).toEqual({ ...BOX, bottom: 1 });
    expect(dragged("n", BOX, { x: 0.4, y: 0.2 }, { x: 0.9, y: 0.1 }, LEAST)).toEqual({ ...BOX, top: expect.closeTo(0.1) as number });
  });
});

describe("a box in an address", () => {
  it("comes back", () => {
    expect(readBox(writeBox({ left: 0, top: 0.12345, right: 0.5, bottom: 1 }))).toEqual({ left: 0, top: 0.1235, right: 0.5, bottom: 1 });
  });
  it.each(["", "1,2", "0,0,0,1", "0.5,0,0.4,1", "0,0,1,", "0,0,1,1.1", "a,b,c,d", "0,0,1,1,1"])("is none: %s", (text) => {
    expect(readBox(text)).toBeUndefined();
  });
  it("is read aloud", () => {
    expect(sayBox({ left: 0.1, top: 0, right: 0.654, bottom: 0.5 })).toBe("from 10 % to 65 % across, from 0 % to 50 % down");
  });
});
