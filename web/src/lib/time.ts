/** Times, in the viewer's zone and language. */
import type { Timestamp } from "@bufbuild/protobuf/wkt";

/** The contract's timestamp as a Date; undefined stays undefined. */
export function toDate(timestamp: Timestamp | undefined): Date | undefined {
  return timestamp && new Date(Number(timestamp.seconds) * 1000 + Math.floor(timestamp.nanos / 1e6));
}

/** Languages and zone; tests fix them. */
export interface Where {
  locale?: string;
  timeZone?: string;
}

/** `12 Mar 2026, 14:05`; for tables, and titles of shorter forms. */
export function formatDateTime(date: Date, where: Where = {}): string {
  return format(date, { dateStyle: "medium", timeStyle: "short" }, where);
}

/** `12 Mar 2026`. */
export function formatDate(date: Date, where: Where = {}): string {
  return format(date, { dateStyle: "medium" }, where);
}

/** `March 2026`; headings of a timeline. */
export function formatMonth(date: Date, where: Where = {}): string {
  return format(date, { month: "long", year: "numeric" }, where);
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 7],
];

/** `3 minutes ago` within a week of now, otherwise the date. */
export function formatRelative(date: Date, now: Date = new Date(), where: Where = {}): string {
  let value = (date.getTime() - now.getTime()) / 1000;
  const words = new Intl.RelativeTimeFormat(where.locale, { numeric: "auto" });
  for (const [unit, size] of STEPS) {
    // Clocks differ: what is a moment ahead happened now.
    if (Math.abs(Math.round(value)) < size) return words.format(Math.round(value) || 0, unit);
    value /= size;
  }
  return formatDate(date, where);
}

/** `350 ms`, `2.4 s`, `3 min 5 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const rest = seconds % 60;
  return rest === 0 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 60)} min ${rest} s`;
}

function format(date: Date, style: Intl.DateTimeFormatOptions, { locale, timeZone }: Where): string {
  return new Intl.DateTimeFormat(locale, { ...style, ...(timeZone && { timeZone }) }).format(date);
}
