/** Numbers and sizes, in the viewer's language. */

/** `12,345`. */
export function formatCount(value: number | bigint, locale?: string): string {
  return new Intl.NumberFormat(locale).format(value);
}

/** `1 image`, `2,500 images`. */
export function countOf(value: number | bigint, one: string, many = `${one}s`, locale?: string): string {
  return `${formatCount(value, locale)} ${Number(value) === 1 ? one : many}`;
}

/** `0.8734`: a score with as many digits as can be told apart. */
export function formatScore(value: number, digits = 3, locale?: string): string {
  return new Intl.NumberFormat(locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

/** `12.5 %` of a share between 0 and 1. */
export function formatPercent(share: number, digits = 1, locale?: string): string {
  return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: digits }).format(share);
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** `2.4 MB`; decimal units, as file managers count. */
export function formatBytes(bytes: number | bigint, locale?: string): string {
  let value = Number(bytes);
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: UNITS[unit] ?? "byte",
    unitDisplay: unit === 0 ? "long" : "short",
    maximumFractionDigits: unit === 0 || value >= 100 ? 0 : 1,
  }).format(value);
}
