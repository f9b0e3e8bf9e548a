/** Draws points into pixels; pure over typed arrays, since 100,000 canvas calls a frame are too slow. */
import type { MapPoints } from "./points";
import type { Size, View } from "./view";

/** How a point is drawn, least first: later ones are on top. */
export const Emphasis = { faint: 0, plain: 1, strong: 2 } as const;

export interface Paint {
  /** Pixels as `ImageData` has them; see `packed`. */
  ground: number;
  /** By category: the first is for points without one. */
  colours: readonly number[];
  strong: number;
}

export interface Scene {
  points: MapPoints;
  view: View;
  /** CSS pixels. */
  size: Size;
  /** Device pixels per CSS pixel. */
  ratio: number;
  /** Radius in CSS pixels. */
  radius: number;
  /** Index into `colours` of each point; all 0 if undefined. */
  categories: Uint8Array | undefined;
  /** One of `Emphasis` of each point; all plain if undefined. */
  emphasis: Uint8Array | undefined;
}

/** A colour as a little-endian `ImageData` has it: alpha, blue, green, red. */
export function packed(red: number, green: number, blue: number): number {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Points get smaller the more there are, and larger as one comes near; CSS pixels. */
export function radiusFor(count: number, scale: number): number {
  return Math.min(5, Math.max(1.25, (0.16 * scale) / Math.sqrt(Math.max(1, count))));
}

/**
 * Fills the picture with the ground and draws all points on screen, the faint ones first.
 *
 * @param pixels [height, width] of the device, rows from the top
 */
export function paint(pixels: Uint32Array, width: number, height: number, scene: Scene, { ground, colours, strong }: Paint): void {
  pixels.fill(ground);
  const { points, view, size, ratio, categories, emphasis } = scene;
  const scale = view.scale * ratio;
  const left = (size.width / 2) * ratio - view.x * scale;
  const top = (size.height / 2) * ratio - view.y * scale;
  const stamp = stampOf(scene.radius * ratio);
  const large = stampOf((scene.radius + 1.5) * ratio);
  const reach = large.reach + 1;
  const faded = colours.map((colour) => mix(ground, colour, 70));
  for (const level of emphasis ? [Emphasis.faint, Emphasis.plain, Emphasis.strong] : [Emphasis.plain]) {
    for (let index = 0; index < points.count; index += 1) {
      if (emphasis && emphasis[index] !== level) continue;
      const x = (points.x[index] ?? 0) * scale + left;
      const y = (points.y[index] ?? 0) * scale + top;
      if (x < -reach || y < -reach || x > width + reach || y > height + reach) continue;
      const category = categories?.[index] ?? 0;
      const colour = level === Emphasis.strong ? strong : ((level === Emphasis.faint ? faded : colours)[category] ?? 0);
      draw(pixels, width, height, Math.round(x), Math.round(y), level === Emphasis.strong ? large : stamp, colour);
    }
  }
}

/** A disc: for each pixel within reach how much of it is covered, 0 to 255. */
interface Stamp {
  reach: number;
  coverage: Uint8Array;
}

const stamps = new Map<number, Stamp>();

function stampOf(radius: number): Stamp {
  const key = Math.round(radius * 8);
  let stamp = stamps.get(key);
  if (!stamp) {
    const reach = Math.ceil(radius);
    const side = 2 * reach + 1;
    const coverage = new Uint8Array(side * side);
    for (let row = 0; row < side; row += 1) {
      for (let column = 0; column < side; column += 1) {
        const distance = Math.hypot(row - reach, column - reach);
        coverage[row * side + column] = Math.round(255 * Math.min(1, Math.max(0, radius + 0.5 - distance)));
      }
    }
    stamps.set(key, (stamp = { reach, coverage }));
  }
  return stamp;
}

function draw(pixels: Uint32Array, width: number, height: number, x: number, y: number, { reach, coverage }: Stamp, colour: number): void {
  const side = 2 * reach + 1;
  const fromRow = Math.max(0, reach - y);
  const toRow = Math.min(side, height - y + reach);
  const fromColumn = Math.max(0, reach - x);
  const toColumn = Math.min(side, width - x + reach);
  for (let row = fromRow; row < toRow; row += 1) {
    const line = (y - reach + row) * width + x - reach;
    for (let column = fromColumn; column < toColumn; column += 1) {
      const covered = coverage[row * side + column] ?? 0;
      if (covered === 0) continue;
      const at = line + column;
      pixels[at] = covered === 255 ? colour : mix(pixels[at] ?? 0, colour, covered);
    }
  }
}

/** So much (of 255) of `over` on `under`. */
function mix(under: number, over: number, share: number): number {
  const rest = 255 - share;
  const red = (((over & 255) * share + (under & 255) * rest) / 255) | 0;
  const green = ((((over >> 8) & 255) * share + ((under >> 8) & 255) * rest) / 255) | 0;
  const blue = ((((over >> 16) & 255) * share + ((under >> 16) & 255) * rest) / 255) | 0;
  return packed(red, green, blue);
}
