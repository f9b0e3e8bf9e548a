/** A box on a picture that is drawn, moved and resized, as arithmetic in fractions of the picture; pure. */
import type { FractionBox, Point } from "@/lib/viewport";

/** What a pointer has hold of: an edge or a corner, the box itself, or the picture, on which it draws a new one. */
export type Hold = "draw" | "move" | "n" | "ne" | "e" | "se" | "s" | "sw" | "w" | "nw";

export const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"] as const;

/** The least width and height, in fractions. */
export interface Least {
  width: number;
  height: number;
}

/** What the contract takes as a region: pixels. */
const LEAST_PX = 8;

/** The least box of a picture of this size; of one whose size is not known, a fiftieth. */
export function leastOf(size: { width: number; height: number } | undefined): Least {
  const of = (pixels: number): number => (pixels > 0 ? Math.min(1, (LEAST_PX + 1) / pixels) : 0.02);
  return { width: of(size?.width ?? 0), height: of(size?.height ?? 0) };
}

const clamp = (value: number, least = 0, most = 1): number => Math.min(most, Math.max(least, value));

/**
 * The box after a drag from one place to another.
 *
 * @param box what was there when the drag began; `draw` and nothing there begin anew
 * @returns undefined if it would be smaller than `least`: then it was a press, not a drag
 */
export function dragged(hold: Hold, box: FractionBox | undefined, from: Point, to: Point, least: Least): FractionBox | undefined {
  if (hold === "draw" || !box) {
    const drawn = {
      left: clamp(Math.min(from.x, to.x)),
      top: clamp(Math.min(from.y, to.y)),
      right: clamp(Math.max(from.x, to.x)),
      bottom: clamp(Math.max(from.y, to.y)),
    };
    return drawn.right - drawn.left >= least.width && drawn.bottom - drawn.top >= least.height ? drawn : undefined;
  }
  if (hold === "move") return moved(box, to.x - from.x, to.y - from.y);
  return resized(box, hold, to.x - from.x, to.y - from.y, least);
}

/** Within the picture, of the same size. */
export function moved({ left, top, right, bottom }: FractionBox, dx: number, dy: number): FractionBox {
  const x = clamp(dx, -left, 1 - right);
  const y = clamp(dy, -top, 1 - bottom);
  return { left: left + x, top: top + y, right: right + x, bottom: bottom + y };
}

/** With one edge, or two that meet, moved; never turned inside out. */
export function resized(box: FractionBox, hold: Exclude<Hold, "draw" | "move">, dx: number, dy: number, least: Least): FractionBox {
  let { left, top, right, bottom } = box;
  if (hold.includes("w")) left = clamp(left + dx, 0, Math.max(0, right - least.width));
  if (hold.includes("e")) right = clamp(right + dx, Math.min(1, left + least.width), 1);
  if (hold.includes("n")) top = clamp(top + dy, 0, Math.max(0, bottom - least.height));
  if (hold.includes("s")) bottom = clamp(bottom + dy, Math.min(1, top + least.height), 1);
  return { left, top, right, bottom };
}

/** What keys begin with: the middle half. */
export const MIDDLE: FractionBox = { left: 0.25, top: 0.25, right: 0.75, bottom: 0.75 };

/** `0.1,0,0.65,0.5`: left, top, right and bottom. */
export function writeBox(box: FractionBox): string {
  return [box.left, box.top, box.right, box.bottom].map((each) => Number(each.toFixed(4))).join(",");
}

/** The opposite of `writeBox`; undefined if that is no box. */
export function readBox(text: string): FractionBox | undefined {
  const parts = text.split(",");
  const [left = NaN, top = NaN, right = NaN, bottom = NaN] = parts.map((each) => (each.trim() === "" ? NaN : Number(each)));
  const inside = [left, top, right, bottom].every((each) => each >= 0 && each <= 1);
  return parts.length === 4 && inside && left < right && top < bottom ? { left, top, right, bottom } : undefined;
}

/** `from 10 % to 65 % across, from 0 % to 50 % down`, as it is read aloud. */
export function sayBox({ left, top, right, bottom }: FractionBox): string {
  const percent = (value: number): string => `${Math.round(value * 100)} %`;
  return `from ${percent(left)} to ${percent(right)} across, from ${percent(top)} to ${percent(bottom)} down`;
}
