import { describe, expect, it } from "vitest";

import { boxOf, fitBox, fitView, panBy, reveal, toMap, toScreen, zoomAt } from "./view";

const SIZE = { width: 800, height: 600 };
const FIT = fitView(SIZE);

describe("a view", () => {
  it("shows all of the map at first", () => {
    const box = boxOf(FIT, SIZE);
    expect(Math.max(box.left, box.top)).toBeLessThan(0);
    expect(Math.min(box.right, box.bottom)).toBeGreaterThan(1);
  });

  it("turns places into pixels and back", () => {
    const view = zoomAt(FIT, SIZE, { x: 100, y: 500 }, 7);
    const place = { x: 0.3, y: 0.8 };
    const back = toMap(view, SIZE, toScreen(view, SIZE, place));
    expect(back.x).toBeCloseTo(0.3);
    expect(back.y).toBeCloseTo(0.8);
  });

  it("keeps what is under the pointer when it zooms", () => {
    const pointer = { x: 500, y: 200 };
    const before = toMap(FIT, SIZE, pointer);
    const after = toMap(zoomAt(FIT, SIZE, pointer, 3), SIZE, pointer);
    expect(after.x).toBeCloseTo(before.x);
    expect(after.y).toBeCloseTo(before.y);
  });

  it("moves with the pointer", () => {
    const view = zoomAt(FIT, SIZE, { x: 400, y: 300 }, 4);
    const place = toMap(view, SIZE, { x: 100, y: 100 });
    const moved = toScreen(panBy(view, SIZE, 30, -20), SIZE, place);
    expect(moved.x).toBeCloseTo(130);
    expect(moved.y).toBeCloseTo(80);
  });

  it("never loses the map", () => {
    const far = panBy(FIT, SIZE, 1e6, -1e6);
    expect([far.x, far.y]).toEqual([0, 1]);
    expect(zoomAt(FIT, SIZE, { x: 0, y: 0 }, 1e-9).scale).toBeGreaterThan(FIT.scale / 2);
    expect(zoomAt(FIT, SIZE, { x: 0, y: 0 }, 1e9).scale).toBeLessThan(FIT.scale * 1000);
  });

  it("fits a box, also one without size", () => {
    const view = fitBox(SIZE, { left: 0.2, right: 0.4, top: 0.2, bottom: 0.3 });
    const box = boxOf(view, SIZE);
    expect(box.left).toBeLessThan(0.2);
    expect(box.right).toBeGreaterThan(0.4);
    expect(fitBox(SIZE, { left: 0.2, right: 0.2, top: 0.2, bottom: 0.2 }).x).toBeCloseTo(0.2);
  });

  it("reveals a place, and stays if it is on screen", () => {
    const view = zoomAt(FIT, SIZE, { x: 400, y: 300 }, 4);
    expect(reveal(view, SIZE, { x: 0.5, y: 0.5 })).toEqual(view);
    const at = toScreen(reveal(view, SIZE, { x: 0.9, y: 0.1 }), SIZE, { x: 0.9, y: 0.1 });
    expect(at.x).toBeCloseTo(752);
    expect(at.y).toBeCloseTo(48);
  });
});
