/** Which categories the points of a map have, and how many have each; pure. */
import type { LabelKey } from "@/gen/argus/storage/v1/image_pb.js";
import { labelTerm, quoted } from "@/lib/label-filter";

import { MOST_CATEGORIES } from "./palette";
import { eachCommon, type MapPoints } from "./points";

/** A category and the filter that finds its images. */
export interface Asked {
  label: string;
  filter: string;
}
export type Choice = readonly Asked[];

export interface Category {
  label: string;
  count: number;
}

/** What to ask for; undefined while it is not known. Of more values than colours the last are one. */
export function choiceFor(by: string | undefined, key: LabelKey | undefined, contentTypes: readonly string[] | undefined): Choice | undefined {
  if (by === "type") {
    return contentTypes?.map((type) => ({ label: type.replace(/^image\//, "").toUpperCase(), filter: `content_type = ${quoted(type)}` }));
  }
  if (!by || by !== `label:${key?.key ?? ""}` || !key) return undefined;
  const all = Number(key.valueCount) <= MOST_CATEGORIES;
  const values = key.values.slice(0, all ? MOST_CATEGORIES : MOST_CATEGORIES - 1);
  return [
    ...values.map(({ value }) => ({ label: value || "(empty)", filter: labelTerm({ key: key.key, value }) })),
    ...(all ? [] : [{ label: "Other", filter: labelTerm({ key: key.key }) }]),
  ];
}

/**
 * Numbers the points' categories: 0 for none, otherwise by the number of images, the most first.
 *
 * @param members packed ids of each choice's images, ascending; where two have an image, the first counts
 */
export function categoriesOf(points: MapPoints, choice: Choice, members: readonly Uint8Array[]): { categories: Uint8Array; legend: Category[] } {
  const chosen = new Uint8Array(points.count);
  const counts = choice.map((_, index) => {
    let count = 0;
    eachCommon(points, members[index] ?? new Uint8Array(), (point) => {
      if (chosen[point] !== 0) return;
      chosen[point] = index + 1;
      count += 1;
    });
    return count;
  });
  const order = choice
    .map(({ label }, index) => ({ label, index, count: counts[index] ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((one, other) => Number(one.label === "Other") - Number(other.label === "Other") || other.count - one.count)
    .slice(0, MOST_CATEGORIES);
  const numbers = new Uint8Array(choice.length + 1);
  order.forEach(({ index }, place) => (numbers[index + 1] = place + 1));
  const categories = chosen.map((each) => numbers[each] ?? 0);
  const without = points.count - order.reduce((sum, { count }) => sum + count, 0);
  return { categories, legend: [{ label: "Without", count: without }, ...order.map(({ label, count }) => ({ label, count }))] };
}
