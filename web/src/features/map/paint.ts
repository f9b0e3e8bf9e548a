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
  const { count, x: xs, y: ys } = points;
  const scale = view.scale * ratio;
  const left = (size.width / 2) * ratio - view.x * scale;
  const top = (size.height / 2) * ratio - view.y * scale;
  const solid = count > MOST_SMOOTH;
  const stamp = stampOf(scene.radius * ratio, width, solid);
  const large = stampOf((scene.radius + 1.5) * ratio, width, solid);
  const faded = colours.map((colour) => mix(ground, colour, 70));
  for (const level of emphasis ? [Emphasis.faint, Emphasis.plain, Emphasis.strong] : [Emphasis.plain]) {
    const disc = level === Emphasis.strong ? large : stamp;
    const palette = level === Emphasis.faint ? faded : colours;
    const { reach } = disc;
    for (let index = 0; index < count; index += 1) {
      if (emphasis && emphasis[index] !== level) continue;
      const x = Math.round((xs[index] ?? 0) * scale + left);
      const y = Math.round((ys[index] ?? 0) * scale + top);
      if (x < -reach || y < -reach || x >= width + reach || y >= height + reach) continue;
      const colour = level === Emphasis.strong ? strong : (palette[categories ? (categories[index] ?? 0) : 0] ?? strong);
      if (x >= reach && y >= reach && x < width - reach && y < height - reach) draw(pixels, y * width + x, disc, colour);
      else drawCut(pixels, width, height, x, y, disc, colour);
    }
  }
}

/** Of more points than this the edges are not smoothed: it takes most of the time, and nobody sees it. */
const MOST_SMOOTH = 20_000;

/** A disc: the pixels that it covers, as offsets from the middle one, and how much of each, 0 to 256. */
interface Stamp {
  /** Whether it covers all its pixels wholly. */
  solid: boolean;
  reach: number;
  columns: Int32Array;
  rows: Int32Array;
  /** `rows` times the picture's width and `columns`. */
  offsets: Int32Array;
  coverage: Uint16Array;
}

const WHOLE = 256;
const stamps = new Map<string, Stamp>();
const MOST_STAMPS = 64;

function stampOf(radius: number, width: number, solid: boolean): Stamp {
  const rounded = Math.round(radius * 8) / 8;
  const key = `${rounded} ${width} ${String(solid)}`;
  let stamp = stamps.get(key);
  if (!stamp) {
    if (stamps.size >= MOST_STAMPS) stamps.clear();
    stamps.set(key, (stamp = makeStamp(rounded, width, solid)));
  }
  return stamp;
}

function makeStamp(radius: number, width: number, solid: boolean): Stamp {
  const reach = Math.ceil(radius);
  const covered: (readonly [number, number, number])[] = [];
  for (let row = -reach; row <= reach; row += 1) {
    for (let column = -reach; column <= reach; column += 1) {
      const share = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(row, column)));
      if (share > (solid ? 0.5 : 0.02)) covered.push([row, column, solid ? WHOLE : Math.round(WHOLE * share)]);
    }
  }
  return {
    solid,
    reach,
    rows: Int32Array.from(covered, ([row]) => row),
    columns: Int32Array.from(covered, ([, column]) => column),
    offsets: Int32Array.from(covered, ([row, column]) => row * width + column),
    coverage: Uint16Array.from(covered, ([, , share]) => share),
  };
}

/** A disc that is within the picture; no bounds to look at. */
function draw(pixels: Uint32Array, middle: number, { solid, offsets, coverage }: Stamp, colour: number): void {
  if (solid) {
    const covered = offsets.length;
    for (let index = 0; index < covered; index += 1) pixels[middle + (offsets[index] ?? 0)] = colour;
    return;
  }
  for (let index = 0; index < offsets.length; index += 1) {
    blend(pixels, middle + (offsets[index] ?? 0), colour, coverage[index] ?? 0);
  }
}

function drawCut(pixels: Uint32Array, width: number, height: number, x: number, y: number, stamp: Stamp, colour: number): void {
  for (let index = 0; index < stamp.offsets.length; index += 1) {
    const column = x + (stamp.columns[index] ?? 0);
    const row = y + (stamp.rows[index] ?? 0);
    if (column >= 0 && row >= 0 && column < width && row < height) {
      blend(pixels, row * width + column, colour, stamp.coverage[index] ?? 0);
    }
  }
}

function blend(pixels: Uint32Array, at: number, colour: number, share: number): void {
  if (share === WHOLE) {
    pixels[at] = colour;
    return;
  }
  const under = pixels[at] ?? 0;
  // Where points are many, most of them fall on their like.
  if (under !== colour) pixels[at] = mix(under, colour, share);
}

/** So much (of 256) of `over` on `under`; red and blue at once, with room for their products between them. */
function mix(under: number, over: number, share: number): number {
  const rest = WHOLE - share;
  const redBlue = ((Math.imul(over & 0xff00ff, share) + Math.imul(under & 0xff00ff, rest)) >>> 8) & 0xff00ff;
  const green = ((((over >>> 8) & 0xff) * share + ((under >>> 8) & 0xff) * rest) >>> 8) & 0xff;
  return (0xff000000 | redBlue | (green << 8)) >>> 0;
}
