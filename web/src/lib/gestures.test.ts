import { describe, expect, it } from "vitest";

import { Gestures, stepped } from "./gestures";
import { WHOLE } from "./viewport";

const PANE = { pane: { width: 400, height: 400 }, image: { width: 1000, height: 1000 } };
const NEAR = { x: 0.5, y: 0.5, zoom: 4 };

describe("gestures", () => {
  it("drag an image that is zoomed in, and no other", () => {
    const gestures = new Gestures();
    gestures.down({ id: 1, at: { x: 100, y: 100 }, touch: false });
    expect(gestures.move(1, { x: 103, y: 100 }, NEAR, PANE)).toBeUndefined();
    expect(gestures.move(1, { x: 183, y: 100 }, NEAR, PANE)!.x).toBeCloseTo(0.45);
    expect(gestures.move(1, { x: 190, y: 100 }, WHOLE, PANE)).toBeUndefined();
    expect(gestures.move(2, { x: 0, y: 0 }, NEAR, PANE)).toBeUndefined();
  });

  it("zoom with two fingers, which is no tap", () => {
    const gestures = new Gestures();
    gestures.down({ id: 1, at: { x: 150, y: 200 }, touch: true });
    gestures.down({ id: 2, at: { x: 250, y: 200 }, touch: true });
    expect(gestures.move(2, { x: 350, y: 200 }, NEAR, PANE)!.zoom).toBe(8);
    expect(gestures.up(2, { x: 350, y: 200 }, true, 0)).toBeUndefined();
    expect(gestures.up(1, { x: 150, y: 200 }, true, 0)).toBeUndefined();
  });

  it("tell a tap, a double tap and a swipe apart", () => {
    const gestures = new Gestures();
    const stroke = (from: number, to: number, time: number, touch = true, zoomed = false) => {
      gestures.down({ id: 1, at: { x: from, y: 50 }, touch });
      gestures.move(1, { x: to, y: 50 }, WHOLE, PANE);
      return gestures.up(1, { x: to, y: 50 }, zoomed, time)?.kind;
    };
    expect(stroke(50, 50, 1000)).toBe("tap");
    expect(stroke(52, 52, 1200)).toBe("double-tap");
    expect(stroke(52, 52, 1300)).toBe("tap");
    expect(stroke(200, 60, 2000)).toBe("swipe");
    expect(stroke(200, 60, 2000, false)).toBeUndefined();
    expect(stroke(200, 60, 2000, true, true)).toBeUndefined();
    expect(stroke(200, 170, 2000)).toBeUndefined();
  });

  it("go closer and back by double tap", () => {
    const near = stepped(WHOLE, PANE, { x: 100, y: 100 });
    expect(near.zoom).toBe(3);
    expect(stepped(near, PANE, { x: 100, y: 100 })).toEqual(WHOLE);
  });
});
