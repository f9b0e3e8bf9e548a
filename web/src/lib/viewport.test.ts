import { describe, expect, it } from "vitest";

import {
  actualZoom,
  boxBetween,
  clamped,
  fitted,
  mostZoom,
  type Pane,
  pannedBy,
  pinched,
  placement,
  showing,
  shownBox,
  toFraction,
  toPane,
  WHOLE,
  wheelFactor,
  zoomedAt,
  zoomedTo,
} from "./viewport";

const WIDE: Pane = { pane: { width: 400, height: 400 }, image: { width: 2000, height: 1000 } };
const SMALL: Pane = { pane: { width: 100, height: 200 }, image: { width: 200, height: 100 } };

describe("placing", () => {
  it("fits the whole image, in the middle", () => {
    expect(fitted(WIDE)).toEqual({ width: 400, height: 200 });
    expect(placement(WHOLE, WIDE)).toEqual({ left: 0, top: 100, width: 400, height: 200 });
  });

  it("answers for an image without a size, instead of dividing by it", () => {
    const none = { pane: WIDE.pane, image: { width: 0, height: 0 } };
    expect(placement(WHOLE, none)).toEqual({ left: 200, top: 200, width: 0, height: 0 });
    expect(zoomedAt(WHOLE, none, { x: 3, y: 3 }, 2)).toEqual(WHOLE);
  });

  it("goes to the pane and back", () => {
    const viewport = { x: 0.4, y: 0.6, zoom: 3 };
    const there = toPane(viewport, WIDE, { x: 0.25, y: 0.75 });
    const back = toFraction(viewport, WIDE, there);
    expect(back.x).toBeCloseTo(0.25);
    expect(back.y).toBeCloseTo(0.75);
  });

  it("says what part is shown, never more than there is", () => {
    expect(shownBox(WHOLE, WIDE)).toEqual({ left: 0, top: 0, right: 1, bottom: 1 });
    expect(shownBox({ x: 0.5, y: 0.5, zoom: 4 }, WIDE)).toEqual({ left: 0.375, top: 0.25, right: 0.625, bottom: 0.75 });
  });
});

describe("zooming", () => {
  it("keeps the place under the pointer", () => {
    const pointer = { x: 130, y: 180 };
    const before = toFraction(WHOLE, WIDE, pointer);
    // Once the image is taller than the pane, nothing is centred any more.
    const near = zoomedAt(zoomedAt(WHOLE, WIDE, pointer, 4), WIDE, pointer, 2);
    const after = toFraction(near, WIDE, pointer);
    expect(near.zoom).toBe(8);
    expect(after.x).toBeCloseTo(before.x);
  });

  it("ends at the whole image and at large pixels", () => {
    expect(zoomedAt(WHOLE, WIDE, { x: 0, y: 0 }, 0.1)).toEqual(WHOLE);
    expect(zoomedTo(WHOLE, WIDE, 1e9).zoom).toBe(mostZoom(WIDE));
    expect(mostZoom(WIDE)).toBe(80);
  });

  it("lets even a tiny image be zoomed", () => {
    expect(mostZoom({ pane: WIDE.pane, image: { width: 4, height: 4 } })).toBe(4);
  });

  it("knows where a pixel is a pixel", () => expect(actualZoom(WIDE)).toBe(5));

  it("turns the wheel evenly in both directions", () => {
    const inwards = wheelFactor({ deltaY: -100, deltaMode: 0, ctrlKey: false });
    const outwards = wheelFactor({ deltaY: 100, deltaMode: 0, ctrlKey: false });
    expect(inwards).toBeGreaterThan(1);
    expect(inwards * outwards).toBeCloseTo(1);
    expect(wheelFactor({ deltaY: -1e6, deltaMode: 2, ctrlKey: false })).toBeLessThan(2);
  });
});

describe("panning", () => {
  it("follows the drag and stops at the edge", () => {
    const near = { x: 0.5, y: 0.5, zoom: 4 };
    expect(pannedBy(near, WIDE, 160, 0).x).toBeCloseTo(0.4);
    expect(pannedBy(near, WIDE, 1e6, -1e6)).toEqual({ x: 0.125, y: 0.75, zoom: 4 });
  });

  it("does not move what fits", () => expect(pannedBy(WHOLE, WIDE, 50, 50)).toEqual(WHOLE));
});

describe("pinching", () => {
  it("zooms by how far the fingers part, and moves with them", () => {
    const near = { x: 0.5, y: 0.5, zoom: 4 };
    const next = pinched(near, WIDE, [{ x: 150, y: 200 }, { x: 250, y: 200 }], [{ x: 100, y: 200 }, { x: 300, y: 200 }]);
    expect(next).toEqual({ x: 0.5, y: 0.5, zoom: 8 });
    const moved = pinched(near, WIDE, [{ x: 150, y: 200 }, { x: 250, y: 200 }], [{ x: 160, y: 200 }, { x: 260, y: 200 }]);
    expect(moved.zoom).toBe(4);
    expect(moved.x).toBeLessThan(0.5);
  });

  it("is nothing if both fingers are in one place", () => {
    const one = { x: 1, y: 1 };
    expect(pinched(WHOLE, WIDE, [one, one], [one, { x: 9, y: 9 }])).toBe(WHOLE);
  });
});

describe("in step", () => {
  it("puts the same fraction in the middle of panes of other sizes", () => {
    const shared = clamped({ x: 0.3, y: 0.4, zoom: 6 }, WIDE);
    for (const at of [WIDE, SMALL]) {
      const centre = toFraction(shared, at, { x: at.pane.width / 2, y: at.pane.height / 2 });
      expect(centre.x).toBeCloseTo(0.3);
      expect(centre.y).toBeCloseTo(0.4);
    }
  });
});

describe("boxes", () => {
  it("shows a part in the middle with room around it", () => {
    const box = { left: 0.4, top: 0.4, right: 0.5, bottom: 0.5 };
    const viewport = showing(box, WIDE, 0.5);
    const corner = toPane(viewport, WIDE, { x: box.left, y: box.top });
    const other = toPane(viewport, WIDE, { x: box.right, y: box.bottom });
    expect(other.x - corner.x).toBeCloseTo(200);
    expect((other.x + corner.x) / 2).toBeCloseTo(200);
  });

  it("shows a part at the edge without going over it", () => {
    const { left, top } = placement(showing({ left: 0, top: 0, right: 0.1, bottom: 0.1 }, WIDE), WIDE);
    expect(left).toBeCloseTo(0);
    expect(top).toBeCloseTo(0);
  });

  it("is what lies between two corners, whichever comes first, within the image", () => {
    expect(boxBetween({ x: 0.8, y: 1.4 }, { x: 0.2, y: 0.5 })).toEqual({ left: 0.2, top: 0.5, right: 0.8, bottom: 1 });
    expect(boxBetween({ x: 0.5, y: 0.1 }, { x: 0.5, y: 0.9 })).toBeUndefined();
    expect(boxBetween({ x: 1.2, y: 1.2 }, { x: 1.5, y: 1.5 })).toBeUndefined();
  });
});
