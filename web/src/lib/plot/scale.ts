/** From data to pixels and back, and where an axis has its marks. Pure. */

export interface LinearScale {
  (value: number): number;
  invert(pixel: number): number;
  readonly domain: readonly [number, number];
  readonly range: readonly [number, number];
}

/** A straight line from `domain` to `range`; a domain without extent maps to the middle. */
export function linearScale(domain: readonly [number, number], range: readonly [number, number]): LinearScale {
  const [low, high] = domain;
  const [from, to] = range;
  const extent = high - low;
  const at = (value: number): number =>
    extent === 0 ? (from + to) / 2 : from + ((value - low) / extent) * (to - from);
  const invert = (pixel: number): number => (to === from ? low : low + ((pixel - from) / (to - from)) * extent);
  return Object.assign(at, { invert, domain, range });
}

/** Round numbers from `low` to `high`, about `count` of them, ascending: 1, 2 or 5 times a power of ten apart. */
export function ticksOf(low: number, high: number, count: number): number[] {
  if (!(high > low) || count < 1) return [];
  const step = niceStep((high - low) / count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Dividing keeps 0.3 from being 0.30000000000000004.
  const inverse = 1 / step;
  return Array.from({ length: last - first + 1 }, (_, index) =>
    step < 1 ? (first + index) / Math.round(inverse) : (first + index) * step,
  );
}

/** The smallest of 1, 2, 5 times a power of ten that is not below. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const share = least / power;
  return (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10) * power;
}

/** Decimal places that tell ticks so far apart from each other. */
export function digitsFor(step: number): number {
  if (!(step > 0)) return 0;
  return Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)));
}
