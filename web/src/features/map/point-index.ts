/** Finds points near a place or in a box without looking at all of them: a grid of buckets. */
import type { MapPoints } from "./points";
import type { Box, Place } from "./view";

const POINTS_A_BUCKET = 4;
const MOST_SIDE = 256;

export class PointIndex {
  /** Buckets a row and a column; bucket b has `order[starts[b]]` to before `order[starts[b + 1]]`. */
  private readonly side: number;
  private readonly starts: Uint32Array;
  private readonly order: Uint32Array;

  constructor(private readonly points: MapPoints) {
    const { count, x, y } = points;
    this.side = Math.max(1, Math.min(MOST_SIDE, Math.ceil(Math.sqrt(count / POINTS_A_BUCKET))));
    this.starts = new Uint32Array(this.side * this.side + 1);
    this.order = new Uint32Array(count);
    // A counting sort by bucket.
    const bucketOf = new Uint32Array(count);
    for (let index = 0; index < count; index += 1) {
      const bucket = this.cell(y[index] ?? 0) * this.side + this.cell(x[index] ?? 0);
      bucketOf[index] = bucket;
      this.starts[bucket + 1] = (this.starts[bucket + 1] ?? 0) + 1;
    }
    for (let bucket = 0; bucket < this.side * this.side; bucket += 1) {
      this.starts[bucket + 1] = (this.starts[bucket + 1] ?? 0) + (this.starts[bucket] ?? 0);
    }
    const next = this.starts.slice();
    for (let index = 0; index < count; index += 1) {
      const bucket = bucketOf[index] ?? 0;
      const place = next[bucket] ?? 0;
      this.order[place] = index;
      next[bucket] = place + 1;
    }
  }

  /** Calls with each point in the box, edges included, until it answers false. */
  eachIn(box: Box, found: (index: number) => unknown): void {
    const { x, y } = this.points;
    const [fromColumn, toColumn] = [this.cell(box.left), this.cell(box.right)];
    for (let row = this.cell(box.top); row <= this.cell(box.bottom); row += 1) {
      const from = this.starts[row * this.side + fromColumn] ?? 0;
      const to = this.starts[row * this.side + toColumn + 1] ?? 0;
      for (let at = from; at < to; at += 1) {
        const index = this.order[at] ?? 0;
        const px = x[index] ?? 0;
        const py = y[index] ?? 0;
        if (px >= box.left && px <= box.right && py >= box.top && py <= box.bottom && found(index) === false) return;
      }
    }
  }

  /** The point nearest to a place, at most `within` away; -1 if there is none. */
  nearest(place: Place, within: number): number {
    let best = -1;
    let least = within * within;
    this.eachIn(around(place, within), (index) => {
      const distance = this.distance2(index, place);
      if (distance < least || (distance === least && best < 0)) {
        least = distance;
        best = index;
      }
    });
    return best;
  }

  /** All points at most `within` away, the nearest first. */
  near(place: Place, within: number): number[] {
    const found: number[] = [];
    this.eachIn(around(place, within), (index) => {
      if (this.distance2(index, place) <= within * within) found.push(index);
    });
    return this.byDistance(found, place);
  }

  /** Sorts points, the nearest to a place first. */
  byDistance(indices: number[], place: Place): number[] {
    return indices.sort((one, other) => this.distance2(one, place) - this.distance2(other, place) || one - other);
  }

  private distance2(index: number, place: Place): number {
    const dx = (this.points.x[index] ?? 0) - place.x;
    const dy = (this.points.y[index] ?? 0) - place.y;
    return dx * dx + dy * dy;
  }

  private cell(value: number): number {
    return Math.max(0, Math.min(this.side - 1, Math.floor(value * this.side)));
  }
}

function around({ x, y }: Place, by: number): Box {
  return { left: x - by, top: y - by, right: x + by, bottom: y + by };
}
