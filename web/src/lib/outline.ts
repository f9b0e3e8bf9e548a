/** Marks that a person draws on an image: a box, or an outline by hand. */
import { boxBetween, type FractionBox, type Point } from "./viewport";

export type Shape = "box" | "outline";

/** What was drawn; an outline is a polygon's corners, in fractions. */
export interface Drawn {
  readonly box: FractionBox;
  readonly outline?: readonly Point[];
}

/** So many corners at most; the contract takes 200. */
const MOST_CORNERS = 100;
/** How far from the line that was drawn the outline may be, in fractions; more if it has many corners. */
const TOLERANCE = 0.002;
/** Of either side of the box around it, what is a slip of the finger. */
const LEAST_SIDE = 0.004;

/** The outline along a path of the pointer, within the image; undefined if it has no area. */
export function outlineOf(path: readonly Point[]): Drawn | undefined {
  const within = path.map(({ x, y }) => ({ x: clamped(x), y: clamped(y) }));
  const xs = within.map(({ x }) => x);
  const ys = within.map(({ y }) => y);
  const box = boxBetween({ x: Math.min(...xs), y: Math.min(...ys) }, { x: Math.max(...xs), y: Math.max(...ys) });
  if (!box || box.right - box.left < LEAST_SIDE || box.bottom - box.top < LEAST_SIDE) return undefined;
  let outline = within;
  for (let tolerance = TOLERANCE; tolerance === TOLERANCE || outline.length > MOST_CORNERS; tolerance *= 2) outline = simplified(within, tolerance);
  return outline.length >= 3 ? { box, outline } : undefined;
}

/** Without corners that the line between their neighbours comes close to (Douglas and Peucker 1973). */
function simplified(path: readonly Point[], tolerance: number): Point[] {
  const first = path[0];
  const last = path.at(-1);
  if (!first || !last || path.length < 3) return [...path];
  let farthest = 0;
  let at = 0;
  path.forEach((point, index) => {
    const distance = distanceTo(point, first, last);
    if (distance > farthest) [farthest, at] = [distance, index];
  });
  if (farthest <= tolerance) return [first, last];
  return [...simplified(path.slice(0, at + 1), tolerance).slice(0, -1), ...simplified(path.slice(at), tolerance)];
}

/** From a point to the line between two, or to the first where these are one. */
function distanceTo(point: Point, from: Point, to: Point): number {
  const [x, y] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(x, y);
  if (length === 0) return Math.hypot(point.x - from.x, point.y - from.y);
  return Math.abs(x * (point.y - from.y) - y * (point.x - from.x)) / length;
}

const clamped = (value: number): number => Math.min(1, Math.max(0, value));
