/** Which images are shown as pictures on the map: as many as fit without covering each other; pure. */
import type { PointIndex } from "./point-index";
import type { MapPoints } from "./points";
import { boxOf, type Size, toScreen, type View } from "./view";

export const THUMB_SIDE = 56;
const MOST_THUMBS = 60;
/** With more images than this on screen, pictures of a few would say little. */
const MOST_ON_SCREEN = 400;

/**
 * Indices of the images to show. Those that are shown already come first, so that nothing flickers
 * while the map moves.
 */
export function chooseThumbs(points: MapPoints, index: PointIndex, view: View, size: Size, shown: readonly number[]): number[] {
  const visible: number[] = [];
  index.eachIn(boxOf(view, size, THUMB_SIDE / 2), (point) => visible.push(point) <= MOST_ON_SCREEN);
  if (visible.length > MOST_ON_SCREEN) return [];
  const here = new Set(visible);
  const candidates = [...shown.filter((point) => here.has(point)), ...visible.sort((one, other) => one - other)];
  const chosen: number[] = [];
  const places: { x: number; y: number }[] = [];
  for (const point of candidates) {
    if (chosen.length >= MOST_THUMBS) break;
    const place = toScreen(view, size, { x: points.x[point] ?? 0, y: points.y[point] ?? 0 });
    const free = places.every((other) => Math.max(Math.abs(other.x - place.x), Math.abs(other.y - place.y)) >= THUMB_SIDE + 4);
    if (!free || chosen.includes(point)) continue;
    chosen.push(point);
    places.push(place);
  }
  return chosen;
}
