/**
 * Anomaly as colour. The scale is the threshold's and never the image's: nothing shows below half the
 * threshold, it comes up around the threshold, and is full at twice the threshold. So a clean part stays
 * clean, and the same colour means the same on every image. Overlays that the server draws look alike.
 */
import type { GreyImage } from "./grey-png";

/** In thresholds: where the heat begins to show, and where it is as strong as it gets. */
export const FAINTEST = 0.5;
export const FULL = 2;

/** In place of a threshold of 0, as identical references give. */
const LEAST_THRESHOLD = 1e-9;

/**
 * "plasma" (van der Walt and Smith 2015, CC0) without its ends: equal steps look equal, and worse is
 * lighter, so that it can be read without telling colours apart, on dark and on light images.
 */
const STOPS: readonly (readonly [number, number, number])[] = [
  [70, 3, 159],
  [114, 1, 168],
  [156, 23, 158],
  [189, 55, 134],
  [216, 87, 107],
  [237, 121, 83],
  [251, 159, 58],
  [253, 202, 38],
];

export interface Rgba {
  readonly r: number;
  readonly g: number;
  readonly b: number;
  /** 0 to 255. */
  readonly a: number;
}

/** The colour of an anomaly in thresholds (1: at the threshold), at full opacity of the map. */
export function heatColour(inThresholds: number): Rgba {
  const share = Math.min(1, Math.max(0, (inThresholds - FAINTEST) / (FULL - FAINTEST)));
  const at = share * (STOPS.length - 1);
  const low = STOPS[Math.floor(at)] ?? [0, 0, 0];
  const high = STOPS[Math.ceil(at)] ?? low;
  const part = at - Math.floor(at);
  const mix = (index: 0 | 1 | 2): number => Math.round(low[index] + (high[index] - low[index]) * part);
  // It is half there at the threshold already: what is above must be seen at first sight.
  return { r: mix(0), g: mix(1), b: mix(2), a: Math.round(255 * Math.sqrt(share)) };
}

/** As a CSS colour without transparency, for legends and outlines. */
export function heatCss(inThresholds: number): string {
  const { r, g, b } = heatColour(inThresholds);
  return `rgb(${r} ${g} ${b})`;
}

/** Grey levels of one threshold in a heat map. */
export function levelsPerThreshold(scale: number, threshold: number): number {
  return scale > 0 ? Math.max(threshold, LEAST_THRESHOLD) / scale : Infinity;
}

const STEPS = 1024;

/** The heat map's pixels, RGBA of 8 bits, for a canvas. */
export function heatPixels(map: GreyImage, scale: number, threshold: number): Uint8ClampedArray<ArrayBuffer> {
  const perThreshold = levelsPerThreshold(scale, threshold);
  const table = new Uint32Array(STEPS);
  const bytes = new Uint8Array(table.buffer);
  for (let step = 0; step < STEPS; step += 1) {
    const { r, g, b, a } = heatColour((step * (65536 / STEPS)) / perThreshold);
    bytes.set([r, g, b, a], step * 4);
  }
  const pixels = new Uint32Array(map.levels.length);
  for (let index = 0; index < pixels.length; index += 1) pixels[index] = table[(map.levels[index] ?? 0) >> 6] ?? 0;
  return new Uint8ClampedArray(pixels.buffer);
}
