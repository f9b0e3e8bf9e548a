/** Past inspections, newest first; each can be looked at again. */
import { useInfiniteQuery } from "@connectrpc/connect-query";
import { useMemo } from "react";
import { useNavigate } from "react-router";

import { InspectionService, PastInspection_Truth as Truth } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { orderOf } from "@/lib/selection";
import { storePath } from "@/lib/store-url";
import { formatDateTime, formatRelative, toDate } from "@/lib/time";
import { Button, ButtonLink } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { Select } from "@/ui/field";
import { ImageIcon, InspectIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { Thumb } from "@/ui/thumb";
import { VirtualGrid } from "@/ui/virtual-grid";

import { filterOf, historyRequest, isFiltered } from "./history-filter";
import { InspectTabs } from "./inspect-tabs";
import { SetChoice, useSets, VersionChoice, withViews } from "./set-choice";
import { useParams } from "./use-params";
import { VerdictBadge } from "./verdict-badge";
import { formatRatio, ratioOf, verdictWord } from "./words";

export function Component() {
  const params = useParams();
  const navigate = useNavigate();
  const sets = useSets();
  const filter = filterOf(params.get);
  const set = withViews(sets.data?.referenceSets ?? []).find((each) => each.referenceSetId === filter.setId);
  const pages = useInfiniteQuery(InspectionService.method.listInspections, historyRequest(filter), {
    pageParamKey: "pageToken",
    getNextPageParam: (page) => page.nextPageToken || undefined,
  });
  const past = useMemo(() => pages.data?.pages.flatMap((page) => page.inspections) ?? [], [pages.data]);
  const ids = useMemo(() => past.map((each) => each.inspection?.inspectionId ?? ""), [past]);
  const order = useMemo(() => orderOf(ids), [ids]);

  return (
    <Page
      title="History"
      fill
      actions={<InspectTabs setId={filter.setId} />}
      toolbar={
          <div className="flex flex-wrap items-center gap-2">
            <SetChoice sets={sets.data?.referenceSets ?? []} value={filter.setId} none="All sets" onChange={(next) => params.change({ set: next, version: undefined })} />
            {set && <VersionChoice set={set} value={filter.version} any="All versions" onChange={(next) => params.change({ version: next ? `${next}` : undefined })} />}
            <Select
              label="Verdict"
              hideLabel
              size="sm"
              value={filter.verdict}
              options={[{ value: "", label: "All verdicts" }, { value: "anomalous", label: "Anomalous" }, { value: "uninspectable", label: "Uninspectable" }, { value: "normal", label: "Normal" }]}
              onChange={(next) => params.change({ verdict: next })}
            />
            <Day label="From" value={filter.from} onChange={(next) => params.change({ from: next })} />
            <Day label="to" value={filter.to} onChange={(next) => params.change({ to: next })} />
            {filter.imageId !== "" && <Chip tone="accent" onRemove={() => params.change({ image: undefined })} removeLabel="Show all images">Of one image</Chip>}
            {filter.partId !== "" && <Chip tone="accent" onRemove={() => params.change({ part: undefined })} removeLabel="Show all parts">Of one part</Chip>}
            {isFiltered(filter) && <Button variant="quiet" onClick={() => params.change({ image: undefined, part: undefined, version: undefined, verdict: undefined, from: undefined, to: undefined })}>Clear filters</Button>}
          </div>
      }
    >
      {pages.isPending ? (
        <div className="grid grid-cols-2 gap-3 px-4 sm:grid-cols-6 sm:px-6">{Array.from({ length: 12 }, (_, index) => <Skeleton key={index} className="aspect-[4/5]" />)}</div>
      ) : pages.isError ? (
        <div className="grid h-full"><ErrorState error={pages.error} onRetry={() => void pages.refetch()} /></div>
      ) : past.length === 0 ? (
        <div className="grid h-full">
          {isFiltered(filter) ? (
            <EmptyState icon={InspectIcon} title="No inspection like that">Other filters may find some.</EmptyState>
          ) : (
            <EmptyState icon={InspectIcon} title="Nothing was inspected yet" actions={<ButtonLink variant="primary" size="md" to={`/inspect/run${filter.setId ? `?set=${filter.setId}` : ""}`}>Inspect images</ButtonLink>}>
              Inspections are kept for a year, those that somebody judged for good.
            </EmptyState>
          )}
        </div>
      ) : (
        <VirtualGrid
          label="Past inspections"
          order={order}
          gap={12}
          footer={48}
          cellLabel={(index) => {
            const one = past[index];
            const date = toDate(one?.inspectTime);
            if (!one?.inspection) return "Inspection";
            const told = [one.preview?.filename ?? "Image that was not stored", verdictWord(one.inspection), formatRatio(ratioOf(one.inspection)), date && formatRelative(date), judgedWords(one.truth)];
            return told.filter(Boolean).join(", ");
          }}
          renderCell={(index) => {
            const one = past[index];
            if (!one?.inspection) return null;
            const date = toDate(one.inspectTime);
            return (
              <div className="flex size-full flex-col gap-1">
                {one.preview ? (
                  <Thumb src={storePath(one.preview.previewUrl || one.preview.thumbnailUrl)} alt="" thumbhash={one.preview.thumbhash} className="min-h-0 w-full flex-1 rounded-sm" />
                ) : (
                  <div className="grid min-h-0 w-full flex-1 place-items-center rounded-sm bg-sunken text-ink-faint"><ImageIcon /></div>
                )}
                <div className="flex h-11 flex-col justify-center gap-0.5">
                  <div className="flex h-6 items-center justify-between gap-2">
                    <VerdictBadge found={one.inspection} />{" "}
                    <span className="text-xs text-ink-faint tabular-nums">{formatRatio(ratioOf(one.inspection))}</span>
                  </div>
                  {" "}
                  <span className="flex justify-between gap-2 text-xs text-ink-faint" title={date && formatDateTime(date)}>
                    <span className="truncate">{date && formatRelative(date)}</span>{" "}
                    <span className="shrink-0">{judgedWords(one.truth)}</span>
                  </span>
                </div>
              </div>
            );
          }}
          onVisible={(_first, last) => {
            if (last > past.length - 30 && pages.hasNextPage && !pages.isFetchingNextPage) void pages.fetchNextPage();
          }}
          onOpen={(_index, id) => void navigate(`/inspect/history/${id}`, { state: { ids } })}
        />
      )}
    </Page>
  );
}

/** Empty while nobody said. */
function judgedWords(truth: Truth): string {
  if (truth === Truth.TRUTH_UNSPECIFIED) return "";
  return truth === Truth.NORMAL ? "judged normal" : "judged defective";
}

function Day({ label, value, onChange }: { label: string; value: string; onChange: (day: string) => void }) {
  return (
    <label className="flex items-center gap-2 text-sm text-ink-soft">
      {label}
      <input type="date" value={value} onChange={(event) => onChange(event.target.value)} className="h-8 rounded-md bg-surface px-2 text-sm text-ink ring-1 ring-line-strong ring-inset" />
    </label>
  );
}
