/** How many wait in the queue: counted at the beginning of a sitting, and again when it runs out. */
import { useQuery } from "@connectrpc/connect-query";

import { InspectionService } from "@/gen/argus/inspection/v1/inspection_pb.js";

const MOST = 100;

/** `37`, `more than 100`; undefined while it is not known. */
export function useQueueCount(referenceSetId: string): { count: number; more: boolean } | undefined {
  const queue = useQuery(InspectionService.method.listReviewQueue, { referenceSetId, pageSize: MOST }, { staleTime: Infinity, gcTime: 0 });
  return queue.data && { count: queue.data.items.length, more: queue.data.nextPageToken !== "" };
}

/** What is left after so many were judged: never fewer than are at hand. */
export function leftWords(counted: { count: number; more: boolean } | undefined, judged: number, atHand: number): string {
  if (!counted) return `${atHand} at hand`;
  if (counted.more) return `more than ${Math.max(atHand, counted.count - judged)} left`;
  return `${Math.max(atHand, counted.count - judged)} left`;
}
