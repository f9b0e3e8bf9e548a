/** A region of the map that somebody drew, and which images are in it; pure. */
import type { PointIndex } from "./point-index";
import type { MapPoints } from "./points";
import type { Box, Place } from "./view";

/** A polygon, closed by itself. */
export type Region = readonly Place[];

export function rectangle(one: Place, other: Place): Region {
  return [one, { x: other.x, y: one.y }, other, { x: one.x, y: other.y }];
}

export function circle(middle: Place, radius: number): Region {
  return Array.from({ length: 32 }, (_, step) => {
    const angle = (step / 32) * 2 * Math.PI;
    return { x: middle.x + radius * Math.cos(angle), y: middle.y + radius * Math.sin(angle) };
  });
}

export function boundsOf(region: Region): Box {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const { x, y } of region) {
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x);
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y);
  }
  return box;
}

/** Whether a place is inside, by how often a ray from it crosses the edge (even-odd). */
export function contains(region: Region, x: number, y: number): boolean {
  let inside = false;
  let before = region.at(-1);
  for (const corner of region) {
    if (before && corner.y > y !== before.y > y) {
      const crossing = corner.x + ((y - corner.y) / (before.y - corner.y)) * (before.x - corner.x);
      if (x < crossing) inside = !inside;
    }
    before = corner;
  }
  return inside;
}

/** The points inside, those near the middle first. */
export function pointsIn(points: MapPoints, index: PointIndex, region: Region): number[] {
  if (region.length < 3) return [];
  const found: number[] = [];
  const bounds = boundsOf(region);
  index.eachIn(bounds, (point) => {
    if (contains(region, points.x[point] ?? 0, points.y[point] ?? 0)) found.push(point);
  });
  return index.byDistance(found, { x: (bounds.left + bounds.right) / 2, y: (bounds.top + bounds.bottom) / 2 });
}

/** Adds to a line that is being drawn, unless the step is shorter than `least`. */
export function extendLine(line: readonly Place[], place: Place, least: number): readonly Place[] {
  const last = line.at(-1);
  if (last && Math.hypot(place.x - last.x, place.y - last.y) < least) return line;
  return [...line, place];
}
