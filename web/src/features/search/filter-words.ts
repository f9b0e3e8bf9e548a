/** Filters as people read and write them; pure. */
import { sayLabel, writeLabel } from "@/lib/label-filter";
import { formatBytes, formatCount } from "@/lib/numbers";
import { formatDate } from "@/lib/time";

import { type Filter, toggle, toggleLabel } from "./filter";

const MEGABYTE = 1_000_000;

/** Bytes as megabytes in a field: `1.5`. */
export function megabytesOf(bytes: number | undefined): string {
  return bytes === undefined ? "" : String(bytes / MEGABYTE);
}

/** Undefined for what is no amount. */
export function bytesOfMegabytes(text: string): number | undefined {
  const bytes = Math.round(Number(text) * MEGABYTE);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
}

/** Undefined for what is no number of pixels. */
export function pixelsOf(text: string): number | undefined {
  const pixels = Number(text);
  return Number.isSafeInteger(pixels) && pixels > 0 ? pixels : undefined;
}

/** `JPEG` of `image/jpeg`. */
export function sayType(type: string): string {
  const name = type.replace(/^image\/(?:x-)?/, "");
  return name === "webp" ? "WebP" : name.toUpperCase();
}

/** A condition that can be taken away. */
export interface Condition {
  key: string;
  words: string;
  /** The filter without it. */
  without: Filter;
}

/** All conditions of a filter, in words. */
export function conditionsOf(filter: Filter, sayMonth: (month: string) => string): Condition[] {
  const less = (field: keyof Filter): Filter => {
    const rest = { ...filter };
    Reflect.deleteProperty(rest, field);
    return rest;
  };
  const day = (text: string): string => formatDate(new Date(`${text}T00:00`));
  const one = (field: keyof Filter, words: string): Condition => ({ key: field, words, without: less(field) });
  const all: (Condition | false)[] = [
    ...filter.labels.map((label) => ({ key: `label ${writeLabel(label)}`, words: sayLabel(label), without: { ...filter, labels: toggleLabel(filter.labels, label) } })),
    ...filter.months.map((month) => ({ key: `month ${month}`, words: sayMonth(month), without: { ...filter, months: toggle(filter.months, month) } })),
    filter.from !== undefined && one("from", `from ${day(filter.from)}`),
    filter.to !== undefined && one("to", `until ${day(filter.to)}`),
    filter.name !== undefined && one("name", `name has “${filter.name}”`),
    ...filter.types.map((type) => ({ key: `type ${type}`, words: sayType(type), without: { ...filter, types: toggle(filter.types, type) } })),
    filter.leastBytes !== undefined && one("leastBytes", `at least ${formatBytes(filter.leastBytes)}`),
    filter.mostBytes !== undefined && one("mostBytes", `at most ${formatBytes(filter.mostBytes)}`),
    filter.leastWidth !== undefined && one("leastWidth", `${formatCount(filter.leastWidth)} pixels wide or more`),
    filter.leastHeight !== undefined && one("leastHeight", `${formatCount(filter.leastHeight)} pixels high or more`),
  ];
  return all.filter((each) => each !== false);
}
