/**
 * What the library shows, as the address says it: `?label=line:3&state=failed&from=2026-03-01&name=a.jpg&order=oldest`.
 * The same filter goes to the server as AIP-160, and is decided here for what changes live.
 */
import { type Image, Image_State } from "@/gen/argus/storage/v1/image_pb.js";
import { type LabelCondition, labelTerm, quoted, readLabel, writeLabel } from "@/lib/label-filter";
import { toDate } from "@/lib/time";

export type Status = "indexed" | "indexing" | "failed";

export interface LibraryQuery {
  /** All must hold. */
  labels: readonly LabelCondition[];
  status: Status | undefined;
  /** Days of the viewer's zone, `2026-03-01`; both are included. */
  from: string | undefined;
  to: string | undefined;
  /** The whole file name; the server compares nothing less. */
  filename: string | undefined;
  order: "newest" | "oldest";
  /** What is deleted and can still be brought back. */
  trash: boolean;
}

export const EVERYTHING: LibraryQuery = {
  labels: [],
  status: undefined,
  from: undefined,
  to: undefined,
  filename: undefined,
  order: "newest",
  trash: false,
};

const STATES: Record<Status, keyof typeof Image_State> = { indexed: "INDEXED", indexing: "UPLOADED", failed: "FAILED" };
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Reads an address; what it does not understand it leaves out. */
export function readQuery(search: URLSearchParams, trash = false): LibraryQuery {
  const status = search.get("state");
  const day = (name: string): string | undefined => {
    const value = search.get(name);
    return value && DAY.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined;
  };
  return {
    labels: search.getAll("label").flatMap((text) => readLabel(text) ?? []),
    status: status === "indexed" || status === "indexing" || status === "failed" ? status : undefined,
    from: day("from"),
    to: day("to"),
    filename: search.get("name") || undefined,
    order: search.get("order") === "oldest" ? "oldest" : "newest",
    trash,
  };
}

/** The address of a query; the opposite of `readQuery`. */
export function writeQuery(query: LibraryQuery): URLSearchParams {
  const search = new URLSearchParams();
  for (const label of query.labels) search.append("label", writeLabel(label));
  if (query.status) search.set("state", query.status);
  if (query.from) search.set("from", query.from);
  if (query.to) search.set("to", query.to);
  if (query.filename) search.set("name", query.filename);
  if (query.order === "oldest") search.set("order", "oldest");
  return search;
}

/** A path of the page that shows a query. */
export function pathOf(query: LibraryQuery): string {
  const search = writeQuery(query).toString();
  return `${query.trash ? "/library/trash" : "/library"}${search && `?${search}`}`;
}

/** Tells queries apart. */
export const keyOf = (query: LibraryQuery): string => pathOf(query);

export function isFiltered(query: LibraryQuery): boolean {
  return query.labels.length > 0 || [query.status, query.from, query.to, query.filename].some((each) => each !== undefined);
}

/** The query as a filter for the server. Uploads that are under way are not images yet. */
export function toFilter(query: LibraryQuery): string {
  const terms: string[] = [];
  if (query.status) terms.push(`state = ${STATES[query.status]}`);
  else if (!query.trash) terms.push("NOT state = PENDING");
  terms.push(...query.labels.map(labelTerm));
  if (query.filename) terms.push(`filename = ${quoted(query.filename.normalize())}`);
  const { begin, end } = span(query);
  if (begin) terms.push(`create_time >= "${begin.toISOString()}"`);
  if (end) terms.push(`create_time < "${end.toISOString()}"`);
  return terms.join(" AND ");
}

/** Whether an image is among what a query shows. */
export function matches(query: LibraryQuery, image: Image): boolean {
  if (query.trash !== (image.deleteTime !== undefined)) return false;
  if (query.status ? Image_State[image.state] !== STATES[query.status] : image.state === Image_State.PENDING && !query.trash) {
    return false;
  }
  // Names are kept composed.
  if (query.filename && query.filename.normalize() !== image.filename) return false;
  for (const { key, value } of query.labels) {
    const has = image.labels[key];
    if (has === undefined || (value !== undefined && has !== value)) return false;
  }
  const { begin, end } = span(query);
  const at = toDate(image.createTime);
  if (!at) return !begin && !end;
  return (!begin || at >= begin) && (!end || at < end);
}

/** With a label's condition, or without it if it was there; another value of the key takes its place. */
export function toggleLabel(query: LibraryQuery, condition: LabelCondition): LibraryQuery {
  const same = (each: LabelCondition): boolean => each.key === condition.key && each.value === condition.value;
  const others = query.labels.filter((each) => each.key !== condition.key);
  return { ...query, labels: query.labels.some(same) ? others : [...others, condition] };
}

function span({ from, to }: LibraryQuery): { begin: Date | undefined; end: Date | undefined } {
  return { begin: from ? midnight(from, 0) : undefined, end: to ? midnight(to, 1) : undefined };
}

/** Midnight of the viewer's zone at the beginning of a day, or so many days later. */
function midnight(day: string, later: number): Date {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later);
}
