import { describe, expect, it } from "vitest";

import { PointIndex } from "./point-index";
import type { MapPoints } from "./points";
import { circle, contains, extendLine, pointsIn, rectangle } from "./region";
import { chooseThumbs, THUMB_SIDE } from "./thumb-places";
import { fitView, toScreen, zoomAt } from "./view";

/** Places that fill the square evenly (a Kronecker sequence), edges included. */
function spread(count: number): MapPoints {
  const x = Float32Array.from({ length: count }, (_, index) => (index === 0 ? 0 : index === 1 ? 1 : (index * 0.7548776662) % 1));
  const y = Float32Array.from({ length: count }, (_, index) => (index === 0 ? 0 : index === 1 ? 1 : (index * 0.5698402910) % 1));
  return { count, x, y, ids: new Uint8Array(count * 16) };
}

const byNumber = (indices: number[]): number[] => indices.sort((one, other) => one - other);

function bruteForce(points: MapPoints, fits: (x: number, y: number) => boolean): number[] {
  return Array.from({ length: points.count }, (_, index) => index).filter((index) => fits(points.x[index]!, points.y[index]!));
}

describe("the index of points", () => {
  it.each([0, 1, 5, 1000, 20_000])("finds what looking at all %i finds", (count) => {
    const points = spread(count);
    const index = new PointIndex(points);
    for (const box of [
      { left: 0, top: 0, right: 1, bottom: 1 },
      { left: -5, top: 0.2, right: 0.3, bottom: 0.25 },
      { left: 0.99, top: 0.9, right: 7, bottom: 7 },
      { left: 0.5, top: 0.5, right: 0.5, bottom: 0.5 },
    ]) {
      const found: number[] = [];
      index.eachIn(box, (each) => found.push(each));
      expect(byNumber(found)).toEqual(
        bruteForce(points, (x, y) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom),
      );
    }
  });

  it("finds the nearest, if it is near enough", () => {
    const points = spread(5000);
    const index = new PointIndex(points);
    for (const place of [{ x: 0.5, y: 0.5 }, { x: 0.001, y: 0.999 }, { x: 1.005, y: 1 }]) {
      const distance = (each: number): number => Math.hypot(points.x[each]! - place.x, points.y[each]! - place.y);
      const all = Array.from({ length: points.count }, (_, each) => each).sort((one, other) => distance(one) - distance(other));
      expect(index.nearest(place, 0.1)).toBe(all[0]);
      expect(index.near(place, 0.1).slice(0, 20)).toEqual(all.slice(0, 20).filter((each) => distance(each) <= 0.1));
    }
    expect(index.nearest({ x: 3, y: 3 }, 0.1)).toBe(-1);
    expect(new PointIndex(spread(0)).nearest({ x: 0.5, y: 0.5 }, 1)).toBe(-1);
  });
});

describe("a region", () => {
  const star = [
    { x: 0.1, y: 0.1 },
    { x: 0.9, y: 0.2 },
    { x: 0.3, y: 0.5 },
    { x: 0.8, y: 0.9 },
    { x: 0.2, y: 0.8 },
  ];

  it("has what a concave outline has, whichever way round it was drawn", () => {
    expect(contains(star, 0.2, 0.4)).toBe(true);
    expect(contains(star, 0.7, 0.5)).toBe(false);
    expect(contains([...star].reverse(), 0.2, 0.4)).toBe(true);
    expect(contains([...star].reverse(), 0.7, 0.5)).toBe(false);
  });

  it("finds what looking at all points finds", () => {
    const points = spread(3000);
    const index = new PointIndex(points);
    for (const region of [star, rectangle({ x: 0.6, y: 0.7 }, { x: 0.2, y: 0.3 }), circle({ x: 0.5, y: 0.5 }, 0.2)]) {
      const found = pointsIn(points, index, region);
      expect(found.length).toBeGreaterThan(0);
      expect(byNumber([...found])).toEqual(bruteForce(points, (x, y) => contains(region, x, y)));
    }
    expect(pointsIn(points, index, [])).toEqual([]);
    expect(pointsIn(points, index, star.slice(0, 2))).toEqual([]);
  });

  it("leaves steps out that nobody sees", () => {
    const line = extendLine([], { x: 0, y: 0 }, 0.1);
    expect(extendLine(line, { x: 0.05, y: 0 }, 0.1)).toBe(line);
    expect(extendLine(line, { x: 0.1, y: 0.1 }, 0.1)).toHaveLength(2);
  });
});

describe("pictures on the map", () => {
  const size = { width: 800, height: 600 };
  const points = spread(300);
  const index = new PointIndex(points);

  it("do not cover each other, and stay while the map moves", () => {
    const view = fitView(size);
    const chosen = chooseThumbs(points, index, view, size, []);
    expect(chosen.length).toBeGreaterThan(20);
    expect(chosen.length).toBeLessThanOrEqual(60);
    const places = chosen.map((each) => toScreen(view, size, { x: points.x[each]!, y: points.y[each]! }));
    for (const [at, one] of places.entries()) {
      for (const other of places.slice(at + 1)) {
        expect(Math.max(Math.abs(one.x - other.x), Math.abs(one.y - other.y))).toBeGreaterThanOrEqual(THUMB_SIDE);
      }
    }
    const nearer = chooseThumbs(points, index, zoomAt(view, size, { x: 400, y: 300 }, 1.05), size, chosen);
    expect(chosen.filter((each) => nearer.includes(each)).length).toBeGreaterThan(chosen.length * 0.9);
  });

  it("are none where there are too many points", () => {
    const many = spread(5000);
    expect(chooseThumbs(many, new PointIndex(many), fitView(size), size, [])).toEqual([]);
  });
});
