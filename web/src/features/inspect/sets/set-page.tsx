/** `/inspect/sets/:setId/:tab`: one reference set. */
import { useQuery } from "@connectrpc/connect-query";
import { type ReactNode, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";

import { InspectionService, ReferenceSet_State } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { HttpError } from "@/lib/errors";
import { countOf } from "@/lib/numbers";
import { isUuid } from "@/lib/request-id";
import { useAccount } from "@/lib/use-session";
import { ButtonLink, IconButton } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { ArrowLeftIcon, MoreIcon, TrashIcon } from "@/ui/icons";
import { Menu } from "@/ui/menu";
import { Page } from "@/ui/page";
import { ErrorState, Skeleton } from "@/ui/states";
import { Tabs } from "@/ui/tabs";
import { useShortcuts } from "@/ui/use-shortcuts";

import { CalibrateTab } from "./calibrate/calibrate-tab";
import { DeleteSetDialog } from "./delete-set-dialog";
import { ExportTab } from "./export/export-tab";
import { ImagesTab } from "./images/images-tab";
import { hasEnded } from "./job-words";
import { isTab, setPath, type Tab, TABS } from "./paths";
import { SetProvider } from "./set-context";
import { SetState } from "./set-state";
import { ShareTab } from "./share/share-tab";
import { StatisticsTab } from "./statistics/statistics-tab";
import { ThresholdTab } from "./threshold/threshold-tab";
import { ASK_AGAIN_MS, useJobs } from "./use-jobs";
import { VersionsTab } from "./versions/versions-tab";

const NAMES: Record<Tab, string> = {
  images: "Images",
  calibrate: "Calibrate",
  versions: "Versions",
  threshold: "Threshold",
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
    { refetchInterval: ({ state }) => (state.data?.state === ReferenceSet_State.CALIBRATING ? ASK_AGAIN_MS : false) },
  );
  const set = query.data;
  const jobs = useJobs(referenceSetId, set?.state === ReferenceSet_State.CALIBRATING);
  const [deleting, setDeleting] = useState(false);

  const go = (to: Tab): void => void navigate(setPath(referenceSetId, to));
  useShortcuts(
    { title: "Reference set", enabled: set !== undefined },
    TABS.map((each, index) => ({ keys: String(index + 1), description: NAMES[each], run: () => go(each) })),
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
  const underWay = jobs.filter((job) => !hasEnded(job)).length;
  const labels: Record<Tab, ReactNode> = {
    ...NAMES,
    images: <>Images <Count>{set.imageCount}</Count></>,
    calibrate: underWay > 0 ? <>Calibrate <Count>{underWay}</Count><span className="sr-only">under way</span></> : NAMES.calibrate,
    share: set.members.length > 0 ? <>Share <Count>{set.members.length}</Count></> : NAMES.share,
  };
  return (
    <Page
      title={set.displayName}
      heading={<BackHeading>{set.displayName}</BackHeading>}
      fill
      actions={
        <>
          {set.currentVersion > 0 && (
            <>
              <ButtonLink to={`/inspect/review?set=${referenceSetId}`}>Review</ButtonLink>
              <ButtonLink to={`/inspect/run?set=${referenceSetId}`}>Inspect</ButtonLink>
            </>
          )}
          {owned && (
            <Menu
              label="More for this set"
              trigger={(props) => <IconButton icon={MoreIcon} label="More for this set" {...props} />}
              items={[{ label: "Delete the set…", icon: TrashIcon, danger: true, run: () => setDeleting(true) }]}
            />
          )}
        </>
      }
      toolbar={
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2 text-sm text-ink-soft">
          <SetState set={set} />
          {set.currentVersion > 0 && <span>Version {set.currentVersion} in use</span>}
          <span>{countOf(set.imageCount, "image")}</span>
          {!owned && <Chip>Shared with you: read only</Chip>}
        </div>
      }
    >
      <SetProvider value={{ set, owned, jobs }}>
        <Tabs label="Parts of the set" tabs={TABS.map((key) => ({ key, label: labels[key] }))} value={tab} onChange={go} fill>
          <TabBody tab={tab} />
        </Tabs>
      </SetProvider>
      {deleting && <DeleteSetDialog set={set} onClose={() => setDeleting(false)} onDeleted={() => void navigate("/inspect")} />}
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
