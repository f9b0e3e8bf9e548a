/** Statistics day by day, empty days among them. Pure. */
import type { StatsRow } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { dayOf, groupedBy, type Tally, tallyOf } from "../agreement";

export interface Day {
  /** `2026-03-12`, in UTC. */
  day: string;
  tally: Tally;
}

const DAY_MS = 86_400_000;
/** The most that a plot shows; the table has no more either. */
export const MOST_DAYS = 60;

/** From the first to the last day with inspections, oldest first; of many, the last ones. */
export function daysOf(rows: readonly StatsRow[], most = MOST_DAYS): Day[] {
  const groups = new Map(groupedBy(rows, dayOf));
  const known = [...groups.keys()].sort();
  const first = known[0];
  const last = known.at(-1);
  if (first === undefined || last === undefined) return [];
  const end = Date.parse(last);
  const begin = Math.max(Date.parse(first), end - (most - 1) * DAY_MS);
  return Array.from({ length: Math.round((end - begin) / DAY_MS) + 1 }, (_, index) => {
    const day = new Date(begin + index * DAY_MS).toISOString().slice(0, 10);
    return { day, tally: tallyOf(groups.get(day) ?? []) };
  });
}

/** `12 Mar`, in the viewer's language; the day is UTC's, wherever one is. */
export function dayLabel(day: string, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(day));
}

/** Which of so many bars get a label, so that labels do not touch. */
export function labelled(count: number, room: number): (index: number) => boolean {
  const every = Math.max(1, Math.ceil(count / Math.max(1, room)));
  // The last day always has one.
  return (index) => (count - 1 - index) % every === 0;
}
