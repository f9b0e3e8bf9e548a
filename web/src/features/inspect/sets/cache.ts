/** Cached answers about sets: which ones a change makes old. */
import { create, type DescMethod } from "@bufbuild/protobuf";
import { createConnectQueryKey, useTransport } from "@connectrpc/connect-query";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";

import {
  InspectionService,
  type Job,
  ListJobsResponseSchema,
  type ReferenceSet,
} from "@/gen/argus/inspection/v1/inspection_pb.js";

const { method } = InspectionService;

export const JOBS_PAGE = 20;

export interface SetCache {
  /** Takes in a set that a call answered with. */
  put(set: ReferenceSet): void;
  /** Takes in how a job is now. */
  putJob(job: Job): void;
  /** The set's images, or what is proposed for it, have changed. */
  imagesChanged(): void;
  /** There are other versions, or another is in use: all figures with them. */
  versionsChanged(): void;
  /** There are other sets. */
  setsChanged(): void;
  /** A set has other views. */
  viewsChanged(): void;
}

export function useSetCache(): SetCache {
  const client = useQueryClient();
  const transport = useTransport();
  return useMemo(() => {
    const old = (...methods: MethodOf[]): void => {
      for (const each of methods) void client.invalidateQueries({ queryKey: keyOf(each) });
    };
    return {
      put: (set) => {
        client.setQueryData(
          createConnectQueryKey({
            schema: method.getReferenceSet,
            transport,
            input: { referenceSetId: set.referenceSetId },
            cardinality: "finite",
          }),
          set,
        );
        old(method.listReferenceSets);
      },
      putJob: (job) => putJob(client, transport, job),
      imagesChanged: () => old(method.listReferenceImages, method.listProposedImages, method.getReferenceSet, method.listReferenceSets),
      versionsChanged: () =>
        old(
          method.getReferenceSet,
          method.listReferenceSets,
          method.listVersions,
          method.getScoreHistogram,
          method.previewThreshold,
          method.getStats,
        ),
      setsChanged: () => old(method.listReferenceSets),
      viewsChanged: () => old(method.getReferenceSet, method.listReferenceSets),
    };
  }, [client, transport]);
}

type MethodOf = Extract<(typeof method)[keyof typeof method], { methodKind: "unary" }>;

/** Of all answers of a method, whatever it was asked. */
function keyOf(schema: DescMethod): readonly unknown[] {
  return createConnectQueryKey({ schema: schema as typeof method.getReferenceSet, cardinality: undefined });
}

function putJob(client: QueryClient, transport: ReturnType<typeof useTransport>, job: Job): void {
  const key = createConnectQueryKey({
    schema: method.listJobs,
    transport,
    input: { referenceSetId: job.referenceSetId, pageSize: JOBS_PAGE },
    cardinality: "finite",
  });
  client.setQueryData(key, (was) => 
    create(ListJobsResponseSchema, { jobs: withJob(was?.jobs ?? [], job), nextPageToken: was?.nextPageToken ?? "" }),
  );
}

/** A list, newest first, with a job in its new state. */
export function withJob(jobs: readonly Job[], job: Job): Job[] {
  return jobs.some((each) => each.jobId === job.jobId)
    ? jobs.map((each) => (each.jobId === job.jobId ? job : each))
    : [job, ...jobs];
}
