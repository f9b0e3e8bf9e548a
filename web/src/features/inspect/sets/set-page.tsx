/** `/inspect/sets/:setId/:tab`: one reference set. */
import { useQuery } from "@connectrpc/connect-query";
import { type ReactNode, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";

import { InspectionService, ReferenceSet_State } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { HttpError } from "@/lib/errors";
import { countOf } from "@/lib/numbers";
import { isUuid } from "argus-client/request-id";
import { useAccount } from "@/lib/use-session";
import { ButtonLink, IconButton } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { ArrowLeftIcon, MoreIcon, PencilIcon, TrashIcon } from "@/ui/icons";
import { Menu } from "@/ui/menu";
import { Page } from "@/ui/page";
import { ErrorState, Skeleton } from "@/ui/states";
import { Tabs } from "@/ui/tabs";
import { useShortcuts } from "@/ui/use-shortcuts";

import { CalibrateTab } from "./calibrate/calibrate-tab";
import { DeleteSetDialog } from "./delete-set-dialog";
import { ExportTab } from "./export/export-tab";
import { uselessWords } from "./found-by-size";
import { ImagesTab } from "./images/images-tab";
import { useSetCache } from "./cache";
import { hasEnded } from "./job-words";
import { isTab, setPath, type Tab, tabsOf } from "./paths";
import { RenameSetDialog } from "./rename-set-dialog";
import { SetProvider } from "./set-context";
import { SetState } from "./set-state";
import { ShareTab } from "./share/share-tab";
import { StatisticsTab } from "./statistics/statistics-tab";
import { ThresholdTab } from "./threshold/threshold-tab";
import { ASK_AGAIN_MS, useJobs } from "./use-jobs";
import { VersionsTab } from "./versions/versions-tab";
import { ViewsTab } from "./views/views-tab";

const NAMES: Record<Tab, string> = {
  images: "Images",
  calibrate: "Calibrate",
  versions: "Versions",
  threshold: "Threshold",
  views: "Views",
  statistics: "Statistics",
  share: "Share",
  export: "Export",
};

export function Component() {
  const { setId = "", tab } = useParams();
  // What is no id at all is not asked for.
  if (!isUuid(setId)) return <NoSet error={new HttpError(404)} />;
  return <SetPage key={setId} referenceSetId={setId} tab={isTab(tab) ? tab : "images"} />;
}

function SetPage({ referenceSetId, tab }: { referenceSetId: string; tab: Tab }) {
  const navigate = useNavigate();
  const { userId } = useAccount();
  const query = useQuery(
    InspectionService.method.getReferenceSet,
    { referenceSetId },
    {
      refetchInterval: ({ state }) =>
        [state.data, ...(state.data?.views ?? [])].some((each) => each?.state === ReferenceSet_State.CALIBRATING) ? ASK_AGAIN_MS : false,
    },
  );
  const set = query.data;
  const viewOf = set?.viewOf ?? "";
  // Its name is on the way back; without it there still is a way.
  const whole = useQuery(InspectionService.method.getReferenceSet, { referenceSetId: viewOf }, { enabled: viewOf !== "" }).data;
  const cache = useSetCache();
  const tabs = tabsOf({ viewOf });
  const jobs = useJobs(referenceSetId, set?.state === ReferenceSet_State.CALIBRATING);
  const [deleting, setDeleting] = useState(false);
  const [renaming, setRenaming] = useState(false);

  const go = (to: Tab): void => void navigate(setPath(referenceSetId, to));
  useShortcuts(
    { title: "Reference set", enabled: set !== undefined },
    tabs.map((each, index) => ({ keys: String(index + 1), description: NAMES[each], run: () => go(each) })),
  );

  if (query.isError) return <NoSet error={query.error} onRetry={() => void query.refetch()} />;
  if (!set) {
    return (
      <Page title="Reference set" heading={<BackHeading><Skeleton className="h-6 w-60" /></BackHeading>} fill>
        <div role="status" aria-label="Loading the reference set" className="flex flex-col gap-4 px-4 sm:px-6">
          <Skeleton className="h-10" />
          <Skeleton className="h-80" />
        </div>
      </Page>
    );
  }
  const owned = set.userId === userId;
  const part = viewOf !== "";
  const inspectable = set.currentVersion > 0 || set.views.some((view) => view.currentVersion > 0);
  // A view is shared with its set, and has no views.
  const shown = tabs.includes(tab) ? tab : "images";
  const underWay = jobs.filter((job) => !hasEnded(job)).length;
  const labels: Record<Tab, ReactNode> = {
    ...NAMES,
    images: <>Images <Count>{set.imageCount}</Count></>,
    calibrate: underWay > 0 ? <>Calibrate <Count>{underWay}</Count><span className="sr-only">under way</span></> : NAMES.calibrate,
    views: set.views.length > 0 ? <>Views <Count>{set.views.length}</Count></> : NAMES.views,
    share: set.members.length > 0 ? <>Share <Count>{set.members.length}</Count></> : NAMES.share,
  };
  return (
    <Page
      title={set.displayName}
      heading={part ? <ViewHeading viewOf={viewOf} whole={whole?.displayName}>{set.displayName}</ViewHeading> : <BackHeading>{set.displayName}</BackHeading>}
      fill
      actions={
        <>
          {set.currentVersion > 0 && <ButtonLink to={`/inspect/review?set=${referenceSetId}`}>Review</ButtonLink>}
          {inspectable && <ButtonLink to={`/inspect/run?set=${referenceSetId}`}>Inspect</ButtonLink>}
          {owned && (
            <Menu
              label={part ? "More for this view" : "More for this set"}
              trigger={(props) => <IconButton icon={MoreIcon} label={part ? "More for this view" : "More for this set"} {...props} />}
              items={[
                { label: part ? "Rename the view…" : "Rename the set…", icon: PencilIcon, run: () => setRenaming(true) },
                { label: part ? "Delete the view…" : "Delete the set…", icon: TrashIcon, danger: true, run: () => setDeleting(true) },
              ]}
            />
          )}
        </>
      }
      toolbar={
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2 text-sm text-ink-soft">
          <SetState set={set} />
          {part && <Chip>A view of a part</Chip>}
          {set.currentVersion > 0 && <span>Version {set.currentVersion} in use</span>}
          <span>{countOf(set.imageCount, "image")}</span>
          {set.sensitivity?.findsAlmostNothing && (
            <Link to={setPath(referenceSetId, "versions")} title={uselessWords(set.sensitivity)}>
              <Chip tone="warning">Finds almost no defects</Chip>
            </Link>
          )}
          {!owned && <Chip>Shared with you: read only</Chip>}
        </div>
      }
    >
      <SetProvider value={{ set, owned, jobs }}>
        <Tabs label="Parts of the set" tabs={tabs.map((key) => ({ key, label: labels[key] }))} value={shown} onChange={go} fill>
          <TabBody tab={shown} />
        </Tabs>
      </SetProvider>
      {renaming && <RenameSetDialog set={set} onClose={() => setRenaming(false)} />}
      {deleting && <DeleteSetDialog set={set} onClose={() => setDeleting(false)} onDeleted={() => {
        if (part) cache.viewsChanged();
        void navigate(part ? setPath(viewOf, "views") : "/inspect");
      }} />}
    </Page>
  );
}

function NoSet({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  return (
    <Page title="Reference set" heading={<BackHeading>Reference set</BackHeading>}>
      <ErrorState error={error} {...(onRetry && { onRetry })} />
    </Page>
  );
}

function TabBody({ tab }: { tab: Tab }) {
  switch (tab) {
    case "images":
      return <ImagesTab />;
    case "calibrate":
      return <Scrolled><CalibrateTab /></Scrolled>;
    case "versions":
      return <Scrolled><VersionsTab /></Scrolled>;
    case "threshold":
      return <Scrolled><ThresholdTab /></Scrolled>;
    case "views":
      return <Scrolled><ViewsTab /></Scrolled>;
    case "statistics":
      return <Scrolled><StatisticsTab /></Scrolled>;
    case "share":
      return <Scrolled><ShareTab /></Scrolled>;
    case "export":
      return <Scrolled><ExportTab /></Scrolled>;
  }
}

function Scrolled({ children }: { children: ReactNode }) {
  return <div className="h-full overflow-y-auto px-4 pt-4 pb-12 sm:px-6">{children}</div>;
}

/** The way from a view back to the set. */
function ViewHeading({ viewOf, whole, children }: { viewOf: string; whole: string | undefined; children: ReactNode }) {
  return (
    <span className="flex min-w-0 items-center gap-2">
      <Link to={setPath(viewOf, "views")} aria-label={whole === undefined ? "The set that this is a view of" : `Views of ${whole}`} className="-ml-1 flex h-8 max-w-[45%] min-w-8 shrink-0 items-center gap-1 rounded-md px-1 text-ink-soft hover:bg-sunken hover:text-ink">
        <ArrowLeftIcon className="shrink-0" />
        <span className="truncate text-base font-normal">{whole}</span>
      </Link>
      <span aria-hidden="true" className="text-ink-faint">/</span>
      <span className="min-w-0 truncate">{children}</span>
    </span>
  );
}

function BackHeading({ children }: { children: ReactNode }) {
  return (
    <span className="flex min-w-0 items-center gap-2">
      <Link to="/inspect" aria-label="All reference sets" className="-ml-1 grid size-8 shrink-0 place-items-center rounded-md text-ink-soft hover:bg-sunken hover:text-ink">
        <ArrowLeftIcon />
      </Link>
      <span className="min-w-0 truncate">{children}</span>
    </span>
  );
}

function Count({ children }: { children: ReactNode }) {
  return <span className="ml-1 rounded-full bg-sunken px-1.5 text-xs text-ink-soft tabular-nums">{children}</span>;
}
