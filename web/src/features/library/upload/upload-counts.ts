/** How many uploads are where, and how much of their bytes has gone; pure. */
import { isOver, type UploadItem } from "./upload-item";

export interface UploadCounts {
  total: number;
  /** Neither done nor given up. */
  open: number;
  done: number;
  existing: number;
  /** Refused or failed. */
  wrong: number;
  /** Of those, what may be tried again. */
  failed: number;
  /** Of what is neither refused, failed nor cancelled. */
  totalBytes: number;
  sentBytes: number;
}

export function countsOf(items: readonly UploadItem[]): UploadCounts {
  const counts = { total: items.length, open: 0, done: 0, existing: 0, wrong: 0, failed: 0, totalBytes: 0, sentBytes: 0 };
  for (const item of items) {
    if (!isOver(item)) counts.open += 1;
    if (item.state === "done") counts.done += 1;
    if (item.state === "existing") counts.existing += 1;
    if (item.state === "failed" || item.state === "refused") counts.wrong += 1;
    if (item.state === "failed") counts.failed += 1;
    if (item.state === "cancelled" || item.state === "refused" || item.state === "failed") continue;
    counts.totalBytes += item.size;
    counts.sentBytes += isOver(item) ? item.size : item.sentBytes;
  }
  return counts;
}
