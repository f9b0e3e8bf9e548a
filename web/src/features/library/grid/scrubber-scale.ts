/** Where months are on the timeline beside a grid; pure. */
import type { MonthSection } from "../images/months";

export interface Mark {
  key: string;
  label: string;
  /** First image of the month. */
  start: number;
  /** 0 at the top to 1 at the bottom. */
  at: number;
  /** A year begins here, and there is room to say so. */
  year: number | undefined;
}

/** Least distance of two years' names, as a share of the height. */
const ROOM = 0.05;

/** A mark for each month, placed by how many images come before it. */
export function marksOf(sections: readonly MonthSection[], total: number): Mark[] {
  const marks: Mark[] = [];
  let named = -1;
  let year: number | undefined;
  for (const section of sections) {
    const at = total === 0 ? 0 : section.start / total;
    const turns = section.year !== year;
    const fits = named < 0 || at - named >= ROOM;
    marks.push({ key: section.key, label: section.label, start: section.start, at, year: turns && fits ? section.year : undefined });
    if (turns && fits) named = at;
    if (turns) year = section.year;
  }
  return marks;
}

/** The month that a place of the list is in; undefined if there are none. */
export function markAt(marks: readonly Mark[], index: number): Mark | undefined {
  let found = marks[0];
  for (const mark of marks) {
    if (mark.start > index) break;
    found = mark;
  }
  return found;
}

/** The place that a share of the height stands for. */
export function indexAt(share: number, total: number): number {
  return Math.min(Math.max(0, total - 1), Math.max(0, Math.floor(share * total)));
}
