/** Two panes in step: they show the same fraction, or two places that belong together. */
import type { FractionBox, Viewport } from "@/lib/viewport";

/** How the second pane's middle is moved against the first one's, in fractions. */
export interface Offset {
  readonly x: number;
  readonly y: number;
}

export const IN_STEP: Offset = { x: 0, y: 0 };

/** Lays the middle of `there` over the middle of `here`. */
export function offsetBetween(here: FractionBox | undefined, there: FractionBox | undefined): Offset {
  if (!here || !there) return IN_STEP;
  return {
    x: (there.left + there.right - here.left - here.right) / 2,
    y: (there.top + there.bottom - here.top - here.bottom) / 2,
  };
}

export const follow = (first: Viewport, by: Offset): Viewport => ({ x: first.x + by.x, y: first.y + by.y, zoom: first.zoom });

export const lead = (second: Viewport, by: Offset): Viewport => ({ x: second.x - by.x, y: second.y - by.y, zoom: second.zoom });
