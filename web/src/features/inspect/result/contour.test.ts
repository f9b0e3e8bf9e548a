import { describe, expect, it } from "vitest";

import { contour, pathOf } from "./contour";

function map(width: number, height: number, level: (x: number, y: number) => number) {
  const levels = new Uint16Array(width * height);
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) levels[y * width + x] = level(x, y);
  return { width, height, levels };
}

/** Pairs of a line. */
const pairs = (line: readonly number[]) => Array.from({ length: line.length / 2 }, (_, at) => [line[2 * at]!, line[2 * at + 1]!] as const);

describe("contours", () => {
  it("go round a spot once, closed, at its radius", () => {
    const spot = map(100, 100, (x, y) => Math.max(0, 40_000 - 1000 * Math.hypot(x - 49.5, y - 49.5)));
    const lines = contour(spot, 20_000);
    expect(lines).toHaveLength(1);
    const points = pairs(lines[0]!);
    expect(points[0]).toEqual(points.at(-1));
    for (const [x, y] of points) expect(Math.hypot(x - 0.5, y - 0.5)).toBeCloseTo(0.2, 2);
  });

  it("end at the border of the image", () => {
    const half = map(10, 6, (x) => x * 1000);
    const lines = contour(half, 4500);
    expect(lines).toHaveLength(1);
    const points = pairs(lines[0]!);
    expect(points).toHaveLength(6);
    for (const [x] of points) expect(x).toBeCloseTo(0.5);
  });

  it("are none where nothing is above, or everything", () => {
    expect(contour(map(8, 8, () => 5), 10)).toEqual([]);
    expect(contour(map(8, 8, () => 50), 10)).toEqual([]);
    expect(contour(map(1, 1, () => 50), 10)).toEqual([]);
  });

  it("keep two spots apart, and tell touching corners by what is between", () => {
    const two = map(40, 20, (x, y) => (Math.hypot(x - 10, y - 10) < 4 || Math.hypot(x - 30, y - 10) < 4 ? 100 : 0));
    expect(contour(two, 50)).toHaveLength(2);
    const corners = map(4, 4, (x, y) => ((x === 1 && y === 1) || (x === 2 && y === 2) ? 100 : 0));
    expect(contour(corners, 60)).toHaveLength(2);
    expect(contour(corners, 40)).toHaveLength(1);
  });

  it("look at a large map with as many samples as asked for", () => {
    const large = map(512, 256, (x, y) => Math.max(0, 40_000 - 400 * Math.hypot(x - 256, y - 128)));
    const lines = contour(large, 20_000, 128);
    expect(lines).toHaveLength(1);
    for (const [x, y] of pairs(lines[0]!)) expect(Math.hypot((x - 0.5) * 512, (y - 0.5) * 256)).toBeCloseTo(50, -1);
  });

  it("become a path in thousandths", () => {
    expect(pathOf([[0, 0.5, 0.25, 1], [0.1, 0.1]])).toBe("M0 500L250 1000");
  });
});
