/** Asks for what a search finds, page by page. */
import { createClient } from "@connectrpc/connect";
import { useTransport } from "@connectrpc/connect-query";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { type Match, SearchImagesRequest_Matching as Matching, SearchService } from "@/gen/argus/search/v1/search_pb.js";
import { SEARCH_KEY } from "@/lib/cache-keys";
import { orderOf } from "@/lib/selection";

import { countLikely } from "./likely";
import type { Picture } from "./pictures";
import { isRankedByScore, type Search } from "./query";
import { toRequest } from "./request";
import { findGapInPages } from "./score-gap";

export const PAGE_SIZE = 60;

export interface Asking {
  search: Search;
  /** The pictures in memory. */
  pictureOf: (id: string) => Picture | undefined;
  /** Whether it can be asked at all. */
  enabled: boolean;
}

/** Folded, what is less likely is left out where it is known what that is. */
export function useResults({ search, pictureOf, enabled }: Asking, folded: boolean) {
  const transport = useTransport();
  const answer = useInfiniteQuery({
    queryKey: [SEARCH_KEY, search],
    queryFn: async ({ pageParam, signal }) =>
      createClient(SearchService, transport).searchImages(
        { ...(await toRequest(search, pictureOf)), limit: PAGE_SIZE, pageToken: pageParam },
        { signal },
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextPageToken || undefined,
    enabled,
    // The old results stay, dimmed, until the new ones are there.
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
  });

  const byScore = isRankedByScore(search);
  const pages = answer.data?.pages;
  const results = useMemo(() => {
    const seen = new Set<string>();
    const paged = (pages ?? []).map((page) => page.matches.filter((match) => isNew(match, seen)));
    const all = paged.flat();
    // The first page's: what is learnt anew while pages come moves nothing.
    const cutoff = pages?.[0]?.cutoff;
    // Where words have a say, scores do not give the order, and no place in it parts them.
    const matchedBy = pages?.[0]?.matchedBy ?? Matching.MEANING;
    const byMeaning = matchedBy === Matching.MEANING || matchedBy === Matching.MATCHING_UNSPECIFIED;
    const ranked = byMeaning && byScore;
    const scores = all.map((match) => match.score);
    const likely = ranked
      ? countLikely(scores, cutoff?.score)
      : // Arranged to differ, the best is still first: if that is none, none is.
        byMeaning && countLikely(scores.slice(0, 1), cutoff?.score) === 0
        ? 0
        : undefined;
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
  }, [pages, folded, byScore]);
  /** The token of the page that has an image; undefined if none has. */
  const pageOf = (imageId: string): string | undefined => {
    const at = (pages ?? []).findIndex((page) => page.matches.some(({ image }) => image?.imageId === imageId));
    const token = at < 0 ? undefined : answer.data?.pageParams[at];
    return typeof token === "string" ? token : undefined;
  };
  return { answer, results, pageOf };
}

export type Results = ReturnType<typeof useResults>["results"];

function isNew({ image }: Match, seen: Set<string>): boolean {
  if (!image || seen.has(image.imageId)) return false;
  seen.add(image.imageId);
  return true;
}
