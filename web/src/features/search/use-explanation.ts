/** Asks what gave a match its score: its page once more, explained. */
import { createClient } from "@connectrpc/connect";
import { useTransport } from "@connectrpc/connect-query";
import { useQuery } from "@tanstack/react-query";

import { SearchService } from "@/gen/argus/search/v1/search_pb.js";
import { SEARCH_KEY } from "@/lib/cache-keys";

import { toRequest } from "./request";
import { type Asking, PAGE_SIZE } from "./use-results";

/** `pageToken` is that of the page that has the image. */
export function useExplanation({ search, pictureOf }: Asking, imageId: string, pageToken: string | undefined) {
  const transport = useTransport();
  return useQuery({
    queryKey: [SEARCH_KEY, "explained", search, pageToken],
    queryFn: async ({ signal }) => {
      const request = { ...(await toRequest(search, pictureOf)), limit: PAGE_SIZE, pageToken: pageToken ?? "", explain: true };
      const { matches } = await createClient(SearchService, transport).searchImages({ ...request, readMask: { paths: ["filename"] } }, { signal });
      return matches;
    },
    enabled: pageToken !== undefined,
    refetchOnWindowFocus: false,
    select: (matches) => matches.find(({ image }) => image?.imageId === imageId) ?? null,
  });
}
