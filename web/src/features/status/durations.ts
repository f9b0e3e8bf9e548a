import type { Duration } from "@bufbuild/protobuf/wkt";

/** Milliseconds of the contract's duration; undefined stays undefined. */
export function durationMs(duration: Duration | undefined): number | undefined {
  return duration && Number(duration.seconds) * 1000 + duration.nanos / 1e6;
}

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** `1 day`, `15 minutes`: for spans that somebody configured. */
export function formatSpan(ms: number, locale?: string): string {
  const [unit, size] = UNITS.find(([, length]) => ms >= length) ?? ["second", 1000];
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 1 }).format(ms / size);
}
