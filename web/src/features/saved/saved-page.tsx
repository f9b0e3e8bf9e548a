/** Searches that are kept, and how many new images match each. */
import { useMutation } from "@connectrpc/connect-query";
import { Link } from "react-router";

import { type SavedSearch, SavedSearchService } from "@/gen/argus/search/v1/saved_pb.js";
import { countOf, formatCount } from "@/lib/numbers";
import { formatRelative, toDate } from "@/lib/time";
import { ButtonLink, IconButton } from "@/ui/button";
import { ArrowLeftIcon, SearchIcon, TrashIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";

import { useLiveMatches, useRefreshSaved, useSavedSearches } from "./use-saved";
import { lineOf, looksFor } from "./words";

export function Component() {
  const answer = useSavedSearches();
  useLiveMatches();
  const searches = answer.data?.savedSearches ?? [];
  return (
    <Page
      title="Saved searches"
      actions={
        <ButtonLink to="/search" variant="quiet" icon={ArrowLeftIcon}>
          Search
        </ButtonLink>
      }
    >
      {answer.isPending && <Skeleton className="h-16" />}
      {answer.isError && !answer.data && <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />}
      {answer.data && searches.length === 0 && (
        <EmptyState icon={SearchIcon} title="No saved searches" actions={<ButtonLink to="/search">To search</ButtonLink>}>
          Search for something and save it: images that match are listed here as they are added.
        </EmptyState>
      )}
      <ul className="flex flex-col gap-2">
        {searches.map((search) => (
          <Row key={search.savedSearchId} search={search} />
        ))}
      </ul>
    </Page>
  );
}

function Row({ search }: { search: SavedSearch }) {
  const remove = useMutation(SavedSearchService.method.deleteSavedSearch);
  const refresh = useRefreshSaved();
  const last = toDate(search.lastMatchTime);
  return (
    <li className="flex items-center gap-3 rounded-lg bg-surface px-4 py-3 ring-1 ring-line">
      <div className="min-w-0 flex-1">
        <Link to={`/search/saved/${search.savedSearchId}`} className="font-medium text-ink hover:underline">
          {search.displayName}
        </Link>
        <p className="truncate text-sm text-ink-soft">
          {looksFor(search.query)}, {lineOf(search.query)}
        </p>
        {search.problem && <p className="text-sm text-warning">Finds nothing now: {search.problem.message}</p>}
      </div>
      <p className="shrink-0 text-right text-sm text-ink-soft">
        {search.unseenCount > 0 && <strong className="block font-semibold text-accent">{formatCount(search.unseenCount)} new</strong>}
        {countOf(search.matchCount, "image")}
        {last && `, ${formatRelative(last)}`}
      </p>
      <IconButton
        icon={TrashIcon}
        label={`Delete ${search.displayName}`}
        disabled={remove.isPending}
        onClick={() => remove.mutate({ savedSearchId: search.savedSearchId }, { onSuccess: refresh })}
      />
    </li>
  );
}
