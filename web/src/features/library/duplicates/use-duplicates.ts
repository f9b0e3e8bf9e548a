/** Duplicates, some clusters at a time; one stream while the page is there. */
import { createClient } from "@connectrpc/connect";
import { useTransport } from "@connectrpc/connect-query";
import { useCallback, useEffect, useRef, useState } from "react";

import { type DuplicateCluster_Kind as Kind, type DuplicatesProgress, type DuplicatesSummary } from "@/gen/argus/search/v1/duplicates_pb.js";
import { SearchService } from "@/gen/argus/search/v1/search_pb.js";

import { type Cluster, withMessage } from "./clusters";

/** Clusters that one stream brings; what was found is kept by the service for the next. */
const AT_ONCE = 40;

export interface Duplicates {
  /** `looking` until the summary, `loading` while further clusters come. */
  status: "looking" | "loading" | "ready" | "error";
  error: unknown;
  progress: DuplicatesProgress | undefined;
  summary: DuplicatesSummary | undefined;
  clusters: readonly Cluster[];
  /** Whether there are more clusters than these. */
  more: boolean;
}

const BEGINNING: Duplicates = { status: "looking", error: undefined, progress: undefined, summary: undefined, clusters: [], more: false };

export interface DuplicatesView extends Duplicates {
  loadMore: () => void;
  /** Compares anew after an error, or goes on behind what is there. */
  retry: () => void;
}

export function useDuplicates(kinds: readonly Kind[]): DuplicatesView {
  const transport = useTransport();
  const wanted = kinds.join(" ");
  const [view, setView] = useState(BEGINNING);
  const stream = useRef<AbortController>(undefined);
  const cursor = useRef("");

  const read = useCallback(async (): Promise<void> => {
    const abort = new AbortController();
    stream.current = abort;
    const { signal } = abort;
    const change = (how: (now: Duplicates) => Duplicates): void => {
      if (!signal.aborted) setView(how);
    };
    try {
      const request = { kinds: wanted.split(" ").map(Number), afterCursor: cursor.current, limit: AT_ONCE };
      let begun = 0;
      for await (const { event, cursor: behind } of createClient(SearchService, transport).findDuplicates(request, { signal })) {
        if (signal.aborted) return;
        if (event.case === "progress") change((now) => ({ ...now, progress: event.value }));
        else if (event.case === "summary") change((now) => ({ ...now, status: "loading", summary: event.value }));
        else if (event.case === "cluster") {
          cursor.current = behind;
          if (event.value.first === 0) begun += 1;
          change((now) => ({ ...now, clusters: withMessage(now.clusters, event.value) }));
        }
      }
      change((now) => ({ ...now, status: "ready", more: begun >= AT_ONCE }));
    } catch (error) {
      change((now) => ({ ...now, status: "error", error }));
    }
  }, [transport, wanted]);

  const start = useCallback((): void => {
    stream.current?.abort();
    void read();
  }, [read]);
  useEffect(() => {
    cursor.current = "";
    setView(BEGINNING);
    start();
    return () => stream.current?.abort();
  }, [start]);

  const again = (status: Duplicates["status"]): void => {
    setView((now) => ({ ...now, status, error: undefined }));
    start();
  };
  return {
    ...view,
    loadMore: () => {
      if (view.status === "ready" && view.more) again("loading");
    },
    retry: () => again(view.summary ? "loading" : "looking"),
  };
}
