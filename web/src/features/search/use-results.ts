/** Asks for what a search finds, page by page. */
import { createClient } from "@connectrpc/connect";
import { useTransport } from "@connectrpc/connect-query";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { type Match, SearchService } from "@/gen/argus/search/v1/search_pb.js";
import { SEARCH_KEY } from "@/lib/cache-keys";
import { orderOf } from "@/lib/selection";

import type { Picture } from "./pictures";
import { filterOf, type Query, type Search } from "./query";
import { findGapInPages } from "./score-gap";

const PAGE_SIZE = 60;

/** `picture` is the one that the query names; without it nothing is asked. */
export function useResults({ query, labels }: Search, picture: Picture | undefined) {
  const transport = useTransport();
  const filter = filterOf(labels);
  const answer = useInfiniteQuery({
    queryKey: [SEARCH_KEY, query, filter],
    queryFn: async ({ pageParam, signal }) => {
      const asked = await request(query, picture);
      return createClient(SearchService, transport).searchImages(
        { ...asked, filter, limit: PAGE_SIZE, pageToken: pageParam },
        { signal },
      );
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.nextPageToken || undefined,
    enabled: query.kind !== "none" && (query.kind !== "picture" || picture !== undefined),
    // The old results stay, dimmed, until the new ones are there.
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
  });

  const self = query.kind === "like" ? query.imageId : undefined;
  const pages = answer.data?.pages;
  const results = useMemo(() => {
    const seen = new Set(self === undefined ? [] : [self]);
    const paged = (pages ?? []).map((page) => page.matches.filter((match) => isNew(match, seen)));
    const matches = paged.flat();
    return {
      matches,
      order: orderOf(matches.map((match) => match.image?.imageId ?? "")),
      best: matches[0]?.score ?? 0,
      gap: findGapInPages(paged.map((page) => page.map((match) => match.score))),
      model: pages?.[0]?.model ?? "",
      textTruncated: pages?.some((page) => page.textTruncated) ?? false,
    };
  }, [pages, self]);
  return { answer, results };
}

export type Results = ReturnType<typeof useResults>["results"];

async function request(query: Query, picture: Picture | undefined) {
  if (query.kind === "text") return { text: query.text };
  if (query.kind === "like") return { imageId: query.imageId };
  return picture ? { image: new Uint8Array(await picture.file.arrayBuffer()) } : {};
}

function isNew({ image }: Match, seen: Set<string>): boolean {
  if (!image || seen.has(image.imageId)) return false;
  seen.add(image.imageId);
  return true;
}
