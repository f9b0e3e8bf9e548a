/** How many items of each set wait for a person, of one page of the queue. Pure. */
import type { ListReviewQueueResponse } from "@/gen/argus/inspection/v1/inspection_pb.js";

export interface ReviewCount {
  count: number;
  /** Whether there may be more than were counted. */
  atLeast: boolean;
}

export function reviewCounts(
  queue: Pick<ListReviewQueueResponse, "items" | "nextPageToken"> | undefined,
): (referenceSetId: string) => ReviewCount | undefined {
  const counts = new Map<string, number>();
  for (const item of queue?.items ?? []) counts.set(item.referenceSetId, (counts.get(item.referenceSetId) ?? 0) + 1);
  return (id) => queue && { count: counts.get(id) ?? 0, atLeast: queue.nextPageToken !== "" };
}
