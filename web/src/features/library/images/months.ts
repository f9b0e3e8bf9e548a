/** The months of a list with how many images each has; pure. */
import type { ImageMonth } from "@/gen/argus/storage/v1/image_pb.js";
import { formatMonth, toDate } from "@/lib/time";
import type { Section } from "@/ui/virtual-grid";

export interface Month {
  /** `2026-03`. */
  key: string;
  year: number;
  /** 1 to 12. */
  month: number;
  count: number;
  /** Microseconds since the epoch: its begin, and that of the next. */
  begin: number;
  end: number;
}

export interface MonthSection extends Section {
  year: number;
  count: number;
}

/** Of the server's answer, newest first. */
export function monthsOf(months: readonly ImageMonth[]): Month[] {
  return months.map(({ year, month, imageCount, startTime, endTime }) => ({
    ...calendarMonth(year, month),
    count: Number(imageCount),
    ...(startTime && { begin: (toDate(startTime)?.getTime() ?? 0) * 1000 }),
    ...(endTime && { end: (toDate(endTime)?.getTime() ?? 0) * 1000 }),
  }));
}

/** The months after so many images more or less at a time; months without images are left out. */
export function counted(months: readonly Month[], at: number, by: number): Month[] {
  const index = months.findIndex((each) => at >= each.begin && at < each.end);
  const found = months[index];
  if (found) {
    const next = { ...found, count: Math.max(0, found.count + by) };
    return months.map((each, place) => (place === index ? next : each)).filter(({ count }) => count > 0);
  }
  if (by <= 0) return [...months];
  const date = new Date(at / 1000);
  const made = { ...calendarMonth(date.getFullYear(), date.getMonth() + 1), count: by };
  return [...months, made].sort((one, other) => other.begin - one.begin);
}

/** Where each month begins in a list. */
export function sectionsOf(months: readonly Month[], order: "newest" | "oldest"): MonthSection[] {
  const sections: MonthSection[] = [];
  let start = 0;
  for (const each of order === "newest" ? months : [...months].reverse()) {
    const label = formatMonth(new Date(each.year, each.month - 1, 1));
    sections.push({ start, key: each.key, label, year: each.year, count: each.count });
    start += each.count;
  }
  return sections;
}

function calendarMonth(year: number, month: number): Month {
  return {
    key: `${year}-${String(month).padStart(2, "0")}`,
    year,
    month,
    count: 0,
    begin: new Date(year, month - 1, 1).getTime() * 1000,
    end: new Date(year, month, 1).getTime() * 1000,
  };
}
