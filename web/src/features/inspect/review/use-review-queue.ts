/** The review queue of a set, or of all sets, for as long as one looks at it. */
import { useTransport } from "@connectrpc/connect-query";
import { useEffect, useMemo, useSyncExternalStore } from "react";

import type { PastInspection } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { explainBriefly } from "@/lib/errors";
import { toast } from "@/ui/toast";

import { useUnloadGuard } from "../result/use-judging";

import { queuePorts } from "./queue-ports";
import { type QueueView, ReviewQueue } from "./review-queue";

const RENEW_MS = 30_000;

export function useReviewQueue(referenceSetId: string): { queue: ReviewQueue<PastInspection>; view: QueueView<PastInspection> } {
  const transport = useTransport();
  const queue = useMemo(
    () =>
      new ReviewQueue(
        queuePorts(transport, referenceSetId, (deed, error, phase) => {
          const what = deed.text.toLowerCase();
          toast(`${phase === "send" ? `Not kept: ${what}; it comes back next.` : `Not undone: ${what}.`} ${explainBriefly(error)}`, { tone: "error", key: "judged" });
        }),
      ),
    [transport, referenceSetId],
  );
  const view = useSyncExternalStore(queue.subscribe, queue.getView);
  useEffect(() => {
    queue.start();
    const timer = setInterval(() => void queue.renew(), RENEW_MS);
    const leave = (): void => queue.stop();
    const back = (event: PageTransitionEvent): void => {
      if (event.persisted) queue.start();
    };
    addEventListener("pagehide", leave);
    addEventListener("pageshow", back);
    return () => {
      clearInterval(timer);
      removeEventListener("pagehide", leave);
      removeEventListener("pageshow", back);
      queue.stop();
    };
  }, [queue]);
  useUnloadGuard(view.busy);
  return { queue, view };
}
