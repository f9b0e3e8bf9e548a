/** Saved searches, their matches, and a stream that says when there are new ones. */
import { createClient } from "@connectrpc/connect";
import { createConnectQueryKey, useQuery, useTransport } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";

import { SavedSearchService } from "@/gen/argus/search/v1/saved_pb.js";

const AGAIN_AFTER_MS = 5_000;
/** Answers are asked for again at most so often, however many matches come. */
const AT_MOST_EVERY_MS = 500;

export function useSavedSearches() {
  return useQuery(SavedSearchService.method.listSavedSearches, {});
}

/** Has everything about saved searches asked for again. */
export function useRefreshSaved(): () => void {
  const client = useQueryClient();
  return useCallback(() => {
    const { listSavedSearches, getSavedSearch, listNewMatches } = SavedSearchService.method;
    void client.invalidateQueries({ queryKey: createConnectQueryKey({ schema: listSavedSearches, cardinality: "finite" }) });
    void client.invalidateQueries({ queryKey: createConnectQueryKey({ schema: getSavedSearch, cardinality: "finite" }) });
    void client.invalidateQueries({ queryKey: createConnectQueryKey({ schema: listNewMatches, cardinality: "infinite" }) });
  }, [client]);
}

/** Asks again whenever there are new matches, for as long as the page is there. */
export function useLiveMatches(): void {
  const transport = useTransport();
  const refresh = useRefreshSaved();
  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        refresh();
      }, AT_MOST_EVERY_MS);
    };
    void (async () => {
      let afterCursor = "";
      while (!signal.aborted) {
        try {
          for await (const told of createClient(SavedSearchService, transport).watchMatches({ afterCursor }, { signal })) {
            // What came before the first checkpoint is asked for, too.
            if (afterCursor === "" || told.told.case === "match") soon();
            afterCursor = told.cursor;
          }
        } catch {
          // A stream ends with its token, or while parts restart; a cursor that is too old is forgotten.
          afterCursor = "";
        }
        await pause(AGAIN_AFTER_MS, signal);
      }
    })();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [transport, refresh]);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
