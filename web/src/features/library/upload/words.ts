/** What the panel says; pure. */
import { countOf, formatBytes, formatCount } from "@/lib/numbers";
import { formatDuration } from "@/lib/time";

import type { UploadItem } from "./upload-item";
import type { UploadSummary } from "./upload-queue";

/** What all of it comes to, in a few words. */
export function headline(summary: UploadSummary): string {
  const { open, total, paused, waiting, done, existing, wrong } = summary;
  const over = total - open;
  if (open > 0 && paused) return `Paused, ${over} of ${countOf(total, "image")} done`;
  if (open > 0 && waiting) return "Waiting for the server";
  if (open > 0) return `Adding ${countOf(total, "image")}, ${over} done`;
  const parts = [
    done > 0 && `${formatCount(done)} added`,
    existing > 0 && `${existing} already here`,
    wrong > 0 && `${wrong} not added`,
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(", ") : "Nothing was added";
}

/** Rate and time left; what is sent while neither is known. */
export function pace({ paused, rate, totalBytes, sentBytes }: UploadSummary): string {
  if (paused || rate <= 0) return `${formatBytes(sentBytes)} of ${formatBytes(totalBytes)}`;
  const left = (totalBytes - sentBytes) / rate;
  // Seconds jump about; nobody needs them exactly.
  const rounded = left > 90 ? Math.ceil(left / 60) * 60 : Math.max(5, Math.ceil(left / 5) * 5);
  return `${formatBytes(rate)}/s, ${left > 90 ? formatDuration(rounded * 1000) : `${rounded} s`} left`;
}

export function stateOf(item: UploadItem): string {
  switch (item.state) {
    case "waiting":
    case "read":
      return "Waiting";
    case "sending":
      return item.size > 0 ? `${Math.round((100 * item.sentBytes) / item.size)} %` : "Sending";
    case "checking":
      return "Checking";
    case "done":
      return "Added";
    case "existing":
      return item.twin ? `Same as ${item.twin.name}` : "Already here";
    case "refused":
    case "failed":
      return item.reason;
    case "cancelled":
      return "Cancelled";
  }
}

/** What needs a person first, then what is under way, then what waits, then the rest. */
export function sorted(items: readonly UploadItem[]): UploadItem[] {
  const ranks: Record<UploadItem["state"], number> = {
    failed: 0, refused: 0, sending: 1, checking: 1, read: 2, waiting: 2, existing: 3, done: 4, cancelled: 5,
  };
  const buckets: UploadItem[][] = [[], [], [], [], [], []];
  for (const item of items) buckets[ranks[item.state]]?.push(item);
  return buckets.flat();
}
