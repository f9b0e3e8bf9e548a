/** How what is searched spreads over labels and months. Asked only while somebody looks. */
import { createClient } from "@connectrpc/connect";
import { useQuery as useRpc, useTransport } from "@connectrpc/connect-query";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { type Facet, SearchService } from "@/gen/argus/search/v1/search_pb.js";
import { ImageService } from "@/gen/argus/storage/v1/image_pb.js";
import { SEARCH_KEY } from "@/lib/cache-keys";

import { toRequest } from "./request";
import type { Asking } from "./use-results";

/** As many as the contract counts at once; those that most images have. */
const MOST_KEYS = 10;

export interface Facets {
  status: "pending" | "error" | "ready";
  error?: unknown;
  facets: readonly Facet[];
}

export function useFacets({ search, pictureOf, enabled }: Asking): Facets {
  const transport = useTransport();
  const labels = useRpc(ImageService.method.listLabels, { maxValues: 1 }, { staleTime: 60_000 });
  const keys = labels.data?.keys
    .toSorted((a, b) => Number(b.imageCount - a.imageCount))
    .slice(0, MOST_KEYS)
    .map(({ key }) => key);
  const answer = useQuery({
    queryKey: [SEARCH_KEY, "facets", search, keys],
    queryFn: async ({ signal }) => {
      const request = await toRequest(search, pictureOf);
      const wanted = { limit: 1, readMask: { paths: ["filename"] }, facetLabels: keys ?? [], facetMonths: true };
      // Neither the order nor what is folded changes a count.
      return createClient(SearchService, transport).searchImages({ ...request, ...wanted, diversity: 0, foldDuplicates: false, exact: false }, { signal });
    },
    enabled: enabled && keys !== undefined,
    // What one has just pressed stays under the finger, and keeps the focus.
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
  });
  const failed = [labels, answer].find((each) => each.isError);
  if (failed) return { status: "error", error: failed.error, facets: [] };
  return answer.data ? { status: "ready", facets: answer.data.facets } : { status: "pending", facets: [] };
}
