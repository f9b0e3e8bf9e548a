/** Follows a job to its end over streams that may break: each is resumed where the last one ended. */
import type { Job, WatchJobResponse } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { explain } from "@/lib/errors";
import { isAborted, pause } from "argus-client/pause";

import { hasEnded } from "./job-words";

export interface Follow {
  /** Opens a watch that begins after a cursor; from how it is now if the cursor is empty. */
  open: (afterCursor: string) => AsyncIterable<WatchJobResponse>;
  /** Called with the job each time it changed. */
  onJob: (job: Job) => void;
  signal: AbortSignal;
  /** Waits before the next attempt. */
  wait?: (ms: number) => Promise<void>;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/**
 * Returns when the job has ended or the signal was aborted.
 *
 * @throws what the stream failed with if asking again cannot help, such as a job that does not exist
 */
export async function followJob({ open, onJob, signal, wait = (ms) => pause(ms, signal) }: Follow): Promise<void> {
  let cursor = "";
  let waitMs = FIRST_WAIT_MS;
  while (!signal.aborted) {
    try {
      for await (const { job, cursor: next, heartbeat } of open(cursor)) {
        if (isAborted(signal)) return;
        cursor = next;
        waitMs = FIRST_WAIT_MS;
        if (job && !heartbeat) onJob(job);
        if (job && hasEnded(job)) return;
      }
    } catch (error) {
      if (isAborted(signal)) return;
      const { retryable, reason } = explain(error);
      if (reason === "INVALID_CURSOR" && cursor !== "") cursor = "";
      // A stream ends with the token that opened it, and the next has a new one.
      else if (!retryable && reason !== "TOKEN_EXPIRED") throw error;
    }
    if (isAborted(signal)) return;
    await wait(waitMs);
    waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
  }
}
