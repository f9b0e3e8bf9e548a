/** `/inspect`: the reference sets of a person, and those shared with them. */
import { useInfiniteQuery, useQuery } from "@connectrpc/connect-query";
import { useMemo, useState } from "react";
import { useSearchParams } from "react-router";

import { InspectionService, type ReferenceSet, ReferenceSet_State } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { Button, ButtonLink } from "@/ui/button";
import { InspectIcon, PlusIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { useShortcuts } from "@/ui/use-shortcuts";
import { useAccount } from "@/lib/use-session";

import { CreateSetDialog } from "./create-set-dialog";
import { DeleteSetDialog } from "./delete-set-dialog";
import { Invitations } from "./invitations";
import { SetCard } from "./set-card";
import { reviewCounts } from "./review-counts";

const WATCH_MS = 4000;
const QUEUE_PAGE = 100;

export function Component() {
  const { userId } = useAccount();
  const [search, setSearch] = useSearchParams();
  const creating = search.has("new");
  const setCreating = (open: boolean): void => setSearch(open ? { new: "" } : {}, { replace: true });
  const [doomed, setDoomed] = useState<ReferenceSet>();
  const query = useInfiniteQuery(
    InspectionService.method.listReferenceSets,
    { pageSize: 50, pageToken: "" },
    {
      pageParamKey: "pageToken",
      getNextPageParam: (last) => last.nextPageToken || undefined,
      // A calibration ends without anybody's doing anything here.
      refetchInterval: ({ state }) =>
        state.data?.pages.some((page) => page.referenceSets.some((set) => set.state === ReferenceSet_State.CALIBRATING)) ? WATCH_MS : false,
    },
  );
  const sets = useMemo(() => query.data?.pages.flatMap((page) => page.referenceSets) ?? [], [query.data]);
  const ready = sets.length > 0;
  const queue = useQuery(InspectionService.method.listReviewQueue, { pageSize: QUEUE_PAGE }, { enabled: ready }).data;
  const stats = useQuery(InspectionService.method.getStats, {}, { enabled: ready }).data;
  const toReview = useMemo(() => reviewCounts(queue), [queue]);
  useShortcuts({ title: "Reference sets" }, [{ keys: "n", description: "New reference set", run: () => setCreating(true) }]);

  const mine = sets.filter((set) => set.userId === userId);
  const shared = sets.filter((set) => set.userId !== userId);
  const cards = (some: readonly ReferenceSet[]) => (
    <ul className="grid gap-4 sm:grid-cols-[repeat(auto-fill,minmax(24rem,1fr))]">
      {some.map((set) => (
        <SetCard
          key={set.referenceSetId}
          set={set}
          owned={set.userId === userId}
          toReview={toReview(set.referenceSetId)}
          rows={stats?.rows.filter((row) => row.referenceSetId === set.referenceSetId && row.version === set.currentVersion)}
          onDelete={() => setDoomed(set)}
        />
      ))}
    </ul>
  );

  return (
    <Page
      title="Inspect"
      actions={
        ready && (
          <>
            <ButtonLink to="/inspect/review">Review</ButtonLink>
            <ButtonLink to="/inspect/run">Run an inspection</ButtonLink>
            <Button variant="primary" icon={PlusIcon} onClick={() => setCreating(true)}>
              New set
            </Button>
          </>
        )
      }
    >
      <Invitations />
      {query.isPending ? (
        <div className="grid gap-4 sm:grid-cols-[repeat(auto-fill,minmax(24rem,1fr))]" role="status" aria-label="Loading reference sets">
          <Skeleton className="h-80 rounded-lg" />
          <Skeleton className="h-80 rounded-lg" />
        </div>
      ) : query.isError ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : !ready ? (
        <EmptyState
          icon={InspectIcon}
          title="No reference sets yet"
          actions={
            <Button variant="primary" size="md" icon={PlusIcon} onClick={() => setCreating(true)}>
              New reference set
            </Button>
          }
        >
          A reference set holds images of good parts: one product, one view, one camera. Argus learns from them what is normal, and
          then says of new images what is not, and where. Twenty images are enough to begin.
        </EmptyState>
      ) : (
        <div className="flex flex-col gap-8">
          {mine.length > 0 && (
            <section aria-label="Your reference sets">
              <h2 className={shared.length > 0 ? "mb-3 text-lg font-semibold" : "sr-only"}>Yours</h2>
              {cards(mine)}
            </section>
          )}
          {shared.length > 0 && (
            <section aria-label="Reference sets shared with you">
              <h2 className="mb-3 text-lg font-semibold">Shared with you</h2>
              {cards(shared)}
            </section>
          )}
          {query.hasNextPage && (
            <Button className="self-center" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              More sets
            </Button>
          )}
        </div>
      )}
      {creating && <CreateSetDialog onClose={() => setCreating(false)} />}
      {doomed && <DeleteSetDialog set={doomed} onClose={() => setDoomed(undefined)} />}
    </Page>
  );
}
