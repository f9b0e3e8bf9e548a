/** What fingers and the mouse do on an image pane, as a state machine without a browser. */
import { pannedBy, type Pane, pinched, type Point, type Viewport, zoomedAt } from "./viewport";

export interface Down {
  readonly id: number;
  readonly at: Point;
  readonly touch: boolean;
}

export type Ended = { readonly kind: "tap" | "double-tap"; readonly at: Point } | { readonly kind: "swipe"; readonly by: -1 | 1 } | undefined;

const TAP_PX = 6;
const SWIPE_PX = 60;
const DOUBLE_MS = 300;

export class Gestures {
  private readonly pointers = new Map<number, Point>();
  private begun: Point = { x: 0, y: 0 };
  private moved = false;
  private several = false;
  private touch = false;
  private lastTap = { time: -Infinity, at: { x: 0, y: 0 } };

  down({ id, at, touch }: Down): void {
    if (this.pointers.size === 0) {
      this.begun = at;
      this.moved = false;
      this.several = false;
      this.touch = touch;
    }
    this.pointers.set(id, at);
    if (this.pointers.size > 1) this.several = true;
  }

  /** The next viewport; undefined if the pointer is not down or nothing changes. */
  move(id: number, to: Point, viewport: Viewport, pane: Pane): Viewport | undefined {
    const from = this.pointers.get(id);
    if (!from) return undefined;
    this.pointers.set(id, to);
    if (Math.hypot(to.x - this.begun.x, to.y - this.begun.y) > TAP_PX) this.moved = true;
    const other = [...this.pointers].find(([each]) => each !== id)?.[1];
    if (other) return pinched(viewport, pane, [from, other], [to, other]);
    return this.moved && viewport.zoom > 1 ? pannedBy(viewport, pane, to.x - from.x, to.y - from.y) : undefined;
  }

  /** What it was, when the last pointer is lifted. */
  up(id: number, at: Point, zoomed: boolean, now: number): Ended {
    if (!this.pointers.delete(id) || this.pointers.size > 0 || this.several) return undefined;
    const [dx, dy] = [at.x - this.begun.x, at.y - this.begun.y];
    if (!this.moved) {
      const double = now - this.lastTap.time < DOUBLE_MS && Math.hypot(at.x - this.lastTap.at.x, at.y - this.lastTap.at.y) < 30;
      this.lastTap = double ? { time: -Infinity, at } : { time: now, at };
      return { kind: double ? "double-tap" : "tap", at };
    }
    // With a mouse, dragging a whole image sideways means nothing.
    if (this.touch && !zoomed && Math.abs(dx) > SWIPE_PX && Math.abs(dx) > 2 * Math.abs(dy)) return { kind: "swipe", by: dx < 0 ? 1 : -1 };
    return undefined;
  }

  cancel(id: number): void {
    this.pointers.delete(id);
    this.several = true;
  }
}

/** A double tap: closer, or back to the whole. */
export function stepped(viewport: Viewport, pane: Pane, at: Point): Viewport {
  return viewport.zoom > 1.01 ? zoomedAt(viewport, pane, at, 1 / viewport.zoom) : zoomedAt(viewport, pane, at, 3);
}
