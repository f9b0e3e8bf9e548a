/**
 * Among which images is searched: as the address says it, and as the contract's filter (AIP-160); pure.
 */
import { type LabelCondition, labelTerm, quoted, readLabel, writeLabel } from "@/lib/label-filter";

export interface Filter {
  /** Values of one key are alternatives, keys all have to fit. */
  labels: readonly LabelCondition[];
  /** Months in UTC, `2026-03`, as facets count them; alternatives. */
  months: readonly string[];
  /** Days of the viewer's zone, `2026-03-01`; both are included. */
  from?: string | undefined;
  to?: string | undefined;
  /** Words that the file name has in a row. */
  name?: string | undefined;
  /** Media types, `image/png`; alternatives. */
  types: readonly string[];
  /** Bytes. */
  leastBytes?: number | undefined;
  mostBytes?: number | undefined;
  /** Pixels. */
  leastWidth?: number | undefined;
  leastHeight?: number | undefined;
}

export const NO_FILTER: Filter = { labels: [], months: [], types: [] };

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MONTH = /^\d{4}-(?:0[1-9]|1[0-2])$/;
const TYPE = /^image\/[a-z0-9.+-]{1,60}$/;
const NUMBERS = { bytes: "leastBytes", "most-bytes": "mostBytes", wide: "leastWidth", high: "leastHeight" } as const;

/** Reads `?label=…&month=…&from=…&to=…&name=…&type=…&bytes=…&most-bytes=…&wide=…&high=…`; what makes no sense is left out. */
export function readFilter(params: URLSearchParams): Filter {
  const day = (name: string): string | undefined => {
    const value = params.get(name) ?? "";
    return DAY.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined;
  };
  const filter: Filter = {
    labels: params.getAll("label").map(readLabel).filter((each) => each !== undefined),
    months: params.getAll("month").filter((each) => MONTH.test(each)),
    types: params.getAll("type").filter((each) => TYPE.test(each)),
  };
  const from = day("from");
  const to = day("to");
  const name = params.get("name")?.trim();
  if (from) filter.from = from;
  if (to) filter.to = to;
  if (name) filter.name = name;
  for (const [param, field] of Object.entries(NUMBERS)) {
    const value = Number(params.get(param) ?? "");
    if (Number.isSafeInteger(value) && value > 0) filter[field] = value;
  }
  return filter;
}

/** Adds a filter to an address; the opposite of `readFilter`. */
export function writeFilter(filter: Filter, params: URLSearchParams): void {
  for (const label of filter.labels) params.append("label", writeLabel(label));
  for (const month of filter.months) params.append("month", month);
  if (filter.from) params.set("from", filter.from);
  if (filter.to) params.set("to", filter.to);
  if (filter.name) params.set("name", filter.name);
  for (const type of filter.types) params.append("type", type);
  for (const [param, field] of Object.entries(NUMBERS)) {
    const value = filter[field];
    if (value !== undefined) params.set(param, String(value));
  }
}

/** How many conditions there are. */
export function countConditions(filter: Filter): number {
  const { labels, months, types, ...rest } = filter;
  return labels.length + months.length + types.length + Object.values(rest).filter((each) => each !== undefined).length;
}

/** Takes a label in, or out if it is in. */
export function toggleLabel(labels: readonly LabelCondition[], label: LabelCondition): LabelCondition[] {
  const written = writeLabel(label);
  const others = labels.filter((each) => writeLabel(each) !== written);
  return others.length === labels.length ? [...labels, label] : others;
}

/** Takes a word in, or out if it is in. */
export function toggle(all: readonly string[], one: string): string[] {
  return all.includes(one) ? all.filter((each) => each !== one) : [...all, one];
}

/** The contract's filter; empty if there are no conditions. */
export function filterOf(filter: Filter): string {
  const keys = new Map<string, string[]>();
  for (const label of filter.labels) keys.set(label.key, [...(keys.get(label.key) ?? []), labelTerm(label)]);
  const terms = [...keys.values()].map(anyOf);
  if (filter.months.length > 0) terms.push(anyOf(filter.months.map(monthTerm)));
  if (filter.from) terms.push(`create_time >= "${midnight(filter.from, 0).toISOString()}"`);
  if (filter.to) terms.push(`create_time < "${midnight(filter.to, 1).toISOString()}"`);
  if (filter.name) terms.push(`filename:${quoted(filter.name.normalize())}`);
  if (filter.types.length > 0) terms.push(anyOf(filter.types.map((type) => `content_type = ${quoted(type)}`)));
  if (filter.leastBytes !== undefined) terms.push(`size_bytes >= ${filter.leastBytes}`);
  if (filter.mostBytes !== undefined) terms.push(`size_bytes <= ${filter.mostBytes}`);
  if (filter.leastWidth !== undefined) terms.push(`width >= ${filter.leastWidth}`);
  if (filter.leastHeight !== undefined) terms.push(`height >= ${filter.leastHeight}`);
  return terms.join(" AND ");
}

function anyOf(conditions: readonly string[]): string {
  return conditions.length === 1 ? (conditions[0] ?? "") : `(${conditions.join(" OR ")})`;
}

function monthTerm(month: string): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  const begin = new Date(Date.UTC(year, number - 1));
  const end = new Date(Date.UTC(year, number));
  return `(create_time >= "${begin.toISOString()}" AND create_time < "${end.toISOString()}")`;
}

/** Midnight of the viewer's zone at the beginning of a day, or so many days later. */
function midnight(day: string, later: number): Date {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later);
}
