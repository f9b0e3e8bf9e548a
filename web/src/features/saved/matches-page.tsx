/** What a saved search has found since it was saved, newest first; live. */
import { useInfiniteQuery, useMutation, useQuery } from "@connectrpc/connect-query";
import { useEffect, useRef, useState } from "react";
import { useParams } from "react-router";

import { type NewMatch, SavedSearchService } from "@/gen/argus/search/v1/saved_pb.js";
import { countOf, formatScore } from "@/lib/numbers";
import { orderOf } from "@/lib/selection";
import { storePath } from "@/lib/store-url";
import { useOpenImage } from "@/lib/use-open-image";
import { Button, ButtonLink } from "@/ui/button";
import { ArrowLeftIcon, SearchIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { Thumb } from "@/ui/thumb";

import { useLiveMatches, useRefreshSaved } from "./use-saved";
import { lineOf, looksFor } from "./words";

const PAGE_SIZE = 60;

export function Component() {
  const savedSearchId = useParams()["savedSearchId"] ?? "";
  const search = useQuery(SavedSearchService.method.getSavedSearch, { savedSearchId });
  const answer = useInfiniteQuery(
    SavedSearchService.method.listNewMatches,
    { savedSearchId, pageSize: PAGE_SIZE, pageToken: "" },
    { pageParamKey: "pageToken", getNextPageParam: (last) => last.nextPageToken || undefined },
  );
  useLiveMatches();
  const matches = (answer.data?.pages ?? []).flatMap((page) => page.matches);
  const openImage = useOpenImage();
  const order = orderOf(matches.flatMap((match) => (match.image ? [match.image.imageId] : [])));
  useSeen(matches);
  const title = search.data?.displayName ?? "Saved search";
  return (
    <Page
      title={title}
      actions={
        <ButtonLink to="/search/saved" variant="quiet" icon={ArrowLeftIcon}>
          Saved searches
        </ButtonLink>
      }
      toolbar={
        <p role="status" className="text-sm text-ink-soft">
          {looksFor(search.data?.query)}, {lineOf(search.data?.query)}
          {search.data && `: ${countOf(search.data.matchCount, "image")}`}
        </p>
      }
    >
      {search.isError && <ErrorState error={search.error} onRetry={() => void search.refetch()} />}
      {!search.isError && answer.isError && <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />}
      {answer.isPending && <Skeleton className="h-40" />}
      {answer.data && matches.length === 0 && (
        <EmptyState icon={SearchIcon} title="Nothing found yet">
          Images that match are shown here as soon as they are added.
        </EmptyState>
      )}
      <ul aria-label="Matches" className="grid grid-cols-[repeat(auto-fill,minmax(160px,1fr))] gap-2">
        {matches.map((match) => (
          <Tile key={match.cursor} match={match} onOpen={(id) => openImage(order, id)} />
        ))}
      </ul>
      {answer.hasNextPage && (
        <Button className="mt-4" busy={answer.isFetchingNextPage} onClick={() => void answer.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Page>
  );
}

function Tile({ match, onOpen }: { match: NewMatch; onOpen: (imageId: string) => void }) {
  const { image, score } = match;
  // What was new when the page was opened stays marked while one looks.
  const [wasNew] = useState(!match.seen);
  if (!image) return null;
  return (
    <li>
      <button type="button" className="block w-full rounded-md text-left" onClick={() => onOpen(image.imageId)}>
        <Thumb src={storePath(image.thumbnailUrl)} alt="" thumbhash={image.thumbhash} aspect={1} className="rounded-md" />
        <span className="mt-1 block truncate text-sm text-ink">
          {wasNew && <strong className="font-semibold text-accent">New </strong>}
          {image.filename}
        </span>
        <span className="block text-sm text-ink-soft">{formatScore(score)}</span>
      </button>
    </li>
  );
}

/** Says that what is shown was seen, as long as the page can be seen. */
function useSeen(matches: readonly NewMatch[]): void {
  const mark = useMutation(SavedSearchService.method.markMatchesSeen, { meta: { handled: true } });
  const refresh = useRefreshSaved();
  const newest = matches.find((match) => !match.seen);
  const told = useRef("");
  const { mutate } = mark;
  useEffect(() => {
    if (!newest || newest.cursor === told.current || document.hidden) return;
    told.current = newest.cursor;
    mutate({ savedSearchId: newest.savedSearchId, cursor: newest.cursor }, { onSuccess: refresh });
  }, [newest, mutate, refresh]);
}
