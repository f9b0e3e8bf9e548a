/** Asks for what a search finds, page by page. */
import { createClient } from "@connectrpc/connect";
import { useTransport } from "@connectrpc/connect-query";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { type Match, SearchImagesRequest_Matching as Matching, SearchService } from "@/gen/argus/search/v1/search_pb.js";
import { SEARCH_KEY } from "@/lib/cache-keys";
import { orderOf } from "@/lib/selection";

import type { Picture } from "./pictures";
import { countLikely } from "./likely";
import { filterOf, type Query, type Search } from "./query";
import { findGapInPages } from "./score-gap";

const PAGE_SIZE = 60;

/**
 * `picture` is the one that the query names; without it nothing is asked. Folded, what is less likely is left out where
 * it is known what that is.
 */
export function useResults({ query, labels }: Search, picture: Picture | undefined, folded: boolean) {
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
    const all = paged.flat();
    // The first page's: what is learnt anew while pages come moves nothing.
    const cutoff = pages?.[0]?.cutoff;
    // Where words have a say, scores do not give the order, and no place in it parts them.
    const matchedBy = pages?.[0]?.matchedBy ?? Matching.MEANING;
    const ranked = matchedBy === Matching.MEANING || matchedBy === Matching.MATCHING_UNSPECIFIED;
    const scores = all.map((match) => match.score);
    const likely = ranked ? countLikely(scores, cutoff?.score) : undefined;
    const matches = folded && likely !== undefined ? all.slice(0, likely) : all;
    return {
      matches,
      /** Where it is known: how many are more than chance. */
      likely,
      cutoff,
      /** How many are loaded, folded or not. */
      loaded: all.length,
      order: orderOf(matches.map((match) => match.image?.imageId ?? "")),
      best: scores.reduce((best, score) => Math.max(best, score), 0),
      matchedBy,
      unreadWords: pages?.[0]?.unreadWords ?? [],
      gap: ranked && likely === undefined ? findGapInPages(paged.map((page) => page.map((match) => match.score))) : undefined,
      model: pages?.[0]?.model ?? "",
      textTruncated: pages?.some((page) => page.textTruncated) ?? false,
    };
  }, [pages, self, folded]);
  return { answer, results };
}

export type Results = ReturnType<typeof useResults>["results"];

/** What is looked for, as the contract has it. */
export async function request(query: Query, picture: Picture | undefined) {
  if (query.kind === "text") return { text: query.text };
  if (query.kind === "like") return { imageId: query.imageId };
  return picture ? { image: new Uint8Array(await picture.file.arrayBuffer()) } : {};
}

function isNew({ image }: Match, seen: Set<string>): boolean {
  if (!image || seen.has(image.imageId)) return false;
  seen.add(image.imageId);
  return true;
}
