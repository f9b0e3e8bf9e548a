/** One image of a run, and how runs are arranged. */
import type { InspectResponse } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { isAlarm, isUninspectable, ratioOf } from "../result/words";

export interface RunItem {
  readonly key: string;
  readonly name: string;
  readonly source: "file" | "frame" | "stored";
  /** Grows with time. */
  readonly place: number;
  readonly state: "waiting" | "working" | "done" | "failed";
  /** The bytes of a file or a frame. */
  readonly blob?: Blob;
  /** The picture, and a smaller one. */
  readonly src?: string | undefined;
  readonly thumb?: string | undefined;
  readonly thumbhash?: Uint8Array;
  /** Of a stored one; empty otherwise. */
  readonly imageId: string;
  /** Whether it is put in the library first. */
  readonly keep: boolean;
  readonly inspection?: InspectResponse;
  readonly error?: unknown;
}

export type Sort = "worst" | "time";
export type Show = "all" | "anomalous" | "uninspectable" | "normal" | "failed";

/** How bad an image is, for sorting: what cannot be inspected before all others. */
export function badness({ inspection }: RunItem): number {
  if (!inspection) return -1;
  return (isUninspectable(inspection) ? 1e9 : 0) + ratioOf(inspection);
}

export function shows(item: RunItem, show: Show): boolean {
  if (show === "all") return true;
  if (show === "failed") return item.state === "failed";
  if (item.inspection === undefined) return false;
  if (isUninspectable(item.inspection)) return show === "uninspectable";
  return show === (isAlarm(item.inspection) ? "anomalous" : "normal");
}

/** Worst first, or newest first. What is not inspected yet comes last, in its order. */
export function arranged(items: readonly RunItem[], sort: Sort, show: Show): RunItem[] {
  const shown = items.filter((item) => shows(item, show));
  if (sort === "time") return shown.sort((a, b) => b.place - a.place);
  return shown.sort((a, b) => badness(b) - badness(a) || a.place - b.place);
}

export interface Counts {
  readonly all: number;
  readonly done: number;
  readonly anomalous: number;
  readonly uninspectable: number;
  readonly failed: number;
}

export function countsOf(items: readonly RunItem[]): Counts {
  const counts = { all: items.length, done: 0, anomalous: 0, uninspectable: 0, failed: 0 };
  for (const item of items) {
    if (item.state === "done") counts.done += 1;
    if (item.state === "failed") counts.failed += 1;
    if (item.inspection && isAlarm(item.inspection)) counts[isUninspectable(item.inspection) ? "uninspectable" : "anomalous"] += 1;
  }
  return counts;
}
