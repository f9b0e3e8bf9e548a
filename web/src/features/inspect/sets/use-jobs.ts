/** A set's jobs, kept up to date: one by a stream, any others by asking now and then. */
import { createClient } from "@connectrpc/connect";
import { useQuery, useTransport } from "@connectrpc/connect-query";
import { useEffect, useRef } from "react";

import { InspectionService, type Job, Job_Kind, Job_State } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { toast } from "@/ui/toast";

import { JOBS_PAGE, useSetCache } from "./cache";
import { followJob } from "./follow-job";
import { announcementOf, hasEnded } from "./job-words";

export const ASK_AGAIN_MS = 4000;

/** @param expected whether one is under way, which another window or somebody else may have begun */
export function useJobs(referenceSetId: string, expected = false): readonly Job[] {
  const transport = useTransport();
  const cache = useSetCache();
  const query = useQuery(
    InspectionService.method.listJobs,
    { referenceSetId, pageSize: JOBS_PAGE },
    {
      refetchInterval: ({ state }) => {
        const open = state.data?.jobs.filter(isUnderWay).length ?? 0;
        // The stream follows one; a page has no more than one.
        return open > 1 || (expected && open === 0) ? ASK_AGAIN_MS : false;
      },
    },
  );
  const jobs = query.data?.jobs;
  const watched = watchedJob(jobs ?? [])?.jobId;

  useEffect(() => {
    if (watched === undefined) return undefined;
    const abort = new AbortController();
    const client = createClient(InspectionService, transport);
    followJob({
      open: (afterCursor) => client.watchJob({ referenceSetId, jobId: watched, afterCursor }, { signal: abort.signal }),
      onJob: (job) => cache.putJob(job),
      signal: abort.signal,
    }).catch(() => {
      // It is gone, with the set perhaps; what the page asks next says so.
    });
    return () => abort.abort();
  }, [referenceSetId, watched, transport, cache]);

  useAnnouncedEnds(jobs, () => cache.versionsChanged());
  return jobs ?? NONE;
}

const NONE: readonly Job[] = [];
const isUnderWay = (job: Job): boolean => !hasEnded(job);

/** A running one before those that wait; of these the oldest, which is next. */
export function watchedJob(jobs: readonly Job[]): Job | undefined {
  const open = jobs.filter(isUnderWay);
  return open.find((job) => job.state === Job_State.RUNNING) ?? open.at(-1);
}

/** Says what came of jobs that were seen under way. */
function useAnnouncedEnds(jobs: readonly Job[] | undefined, onEnd: () => void): void {
  const open = useRef(new Set<string>());
  const end = useRef(onEnd);
  useEffect(() => {
    end.current = onEnd;
  });
  useEffect(() => {
    for (const job of jobs ?? []) {
      if (!hasEnded(job)) open.current.add(job.jobId);
      else if (open.current.delete(job.jobId)) {
        if (job.kind !== Job_Kind.COMPARISON) end.current();
        if (job.state === Job_State.CANCELLED) continue;
        toast(announcementOf(job), {
          tone: job.state === Job_State.SUCCEEDED ? "success" : "error",
          key: job.jobId,
          durationMs: 8000,
        });
      }
    }
  }, [jobs]);
}
