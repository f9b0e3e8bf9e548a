/** A past inspection, opened again, with what people said of it. */
import { createConnectQueryKey, useMutation, useQuery } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation, useNavigate, useParams } from "react-router";

import { type Feedback, InspectionService } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { HttpError } from "@/lib/errors";
import { isUuid } from "argus-client/request-id";
import type { Drawn, Shape } from "@/lib/outline";
import { formatDateTime, formatRelative, toDate } from "@/lib/time";
import { useAccount } from "@/lib/use-session";
import { Button, IconButton } from "@/ui/button";
import { ArrowLeftIcon, ChevronLeftIcon, ChevronRightIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { ErrorState, Skeleton } from "@/ui/states";
import { toast } from "@/ui/toast";
import { useShortcuts } from "@/ui/use-shortcuts";

import { InspectTabs } from "./inspect-tabs";
import { pictureOf } from "./picture";
import { ResultView } from "./result-view";
import { useDefectLabels, useJudging } from "./use-judging";
import { VerdictBar } from "./verdict-bar";
import { feedbackWords } from "./words";

/** The list that it was opened from. */
function idsOf(state: unknown): readonly string[] {
  if (typeof state !== "object" || state === null || !("ids" in state) || !Array.isArray(state.ids)) return [];
  return state.ids.filter((id): id is string => typeof id === "string");
}

export function Component() {
  const { inspectionId = "" } = useParams();
  const location = useLocation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const ids = idsOf(location.state);
  const at = ids.indexOf(inspectionId);
  // What is no id at all is not asked for.
  const known = isUuid(inspectionId);
  const query = useQuery(InspectionService.method.getInspection, { inspectionId, heatmap: true }, { enabled: known });
  const past = query.data;
  const refresh = (): void =>
    void queries.invalidateQueries({ queryKey: createConnectQueryKey({ schema: InspectionService, cardinality: undefined }) });
  const judging = useJudging(refresh);
  const labels = useDefectLabels(past?.inspection?.referenceSetId ?? "");
  const [region, setRegion] = useState<{ id: string; drawn: Drawn }>();
  const [drawing, setDrawing] = useState<Shape>();
  const mark = region?.id === inspectionId ? region.drawn : undefined;
  const go = (by: number): void => {
    const id = ids[at + by];
    if (at >= 0 && id) void navigate(`/inspect/history/${id}`, { state: location.state as unknown, replace: true });
  };
  const back = (): void => void (ids.length > 0 ? navigate(-1) : navigate("/inspect/history"));
  useShortcuts({ title: "Inspection" }, [
    { keys: "ArrowLeft", description: "Previous inspection", repeats: true, run: () => go(-1) },
    { keys: "ArrowRight", description: "Next inspection", repeats: true, run: () => go(1) },
    { keys: "Escape", description: drawing ? "Stop drawing" : "Back to all inspections", run: () => (drawing ? setDrawing(undefined) : back()) },
  ]);
  const date = toDate(past?.inspectTime);
  const imageId = past?.inspection?.imageId ?? "";

  return (
    <Page title="Inspection" fill actions={<InspectTabs setId={past?.inspection?.referenceSetId} />}>
      <div className="flex h-full min-h-0 flex-col">
        <div className="flex shrink-0 items-center gap-1 border-b border-line px-4 pb-2">
          <Button variant="quiet" icon={ArrowLeftIcon} onClick={back}>History</Button>
          <span className="min-w-0 flex-1 truncate text-sm text-ink-soft">{past?.preview?.filename}</span>
          {imageId !== "" && past?.preview && <Button variant="quiet" onClick={() => void navigate(`/inspect/history?image=${imageId}`)}>All of this image</Button>}
          {past?.partInspectionId && <Button variant="quiet" onClick={() => void navigate(`/inspect/history?part=${past.partInspectionId}`)}>All views of this part</Button>}
          {at >= 0 && <span className="px-2 text-sm text-ink-faint tabular-nums">{at + 1} of {ids.length}</span>}
          <IconButton icon={ChevronLeftIcon} label="Previous inspection" keys="ArrowLeft" disabled={at <= 0} onClick={() => go(-1)} />
          <IconButton icon={ChevronRightIcon} label="Next inspection" keys="ArrowRight" disabled={at < 0 || at >= ids.length - 1} onClick={() => go(1)} />
        </div>
        <div className="min-h-0 flex-1">
          {!known ? (
            <div className="grid h-full"><ErrorState error={new HttpError(404)} /></div>
          ) : query.isPending ? (
            <Skeleton className="h-full rounded-none" />
          ) : query.isError ? (
            <div className="grid h-full"><ErrorState error={query.error} onRetry={() => void query.refetch()} /></div>
          ) : (
            past?.inspection && (
              <ResultView
                inspection={past.inspection}
                picture={pictureOf(past.preview)}
                region={mark}
                drawing={drawing}
                onDrawn={drawing ? (drawn) => {
                  setRegion({ id: inspectionId, drawn });
                  setDrawing(undefined);
                } : undefined}
                onSwipe={go}
                when={date && formatDateTime(date)}
                after={past.feedback.length > 0 && <Said feedback={past.feedback} onChange={refresh} />}
              />
            )
          )}
        </div>
        <VerdictBar
          labels={labels}
          disabled={!past?.inspection}
          said={judging.said(inspectionId)?.kind}
          last={judging.last}
          onUndo={judging.undo}
          region={mark}
          drawing={drawing}
          onDrawing={setDrawing}
          onRegion={() => setRegion(undefined)}
          onSkip={at >= 0 && at < ids.length - 1 ? () => go(1) : undefined}
          onJudge={(judgement) => {
            judging.judge({ inspectionId, imageId: past?.preview ? imageId : "" }, judgement);
            setRegion(undefined);
          }}
        />
      </div>
    </Page>
  );
}

function Said({ feedback, onChange }: { feedback: readonly Feedback[]; onChange: () => void }) {
  const { userId } = useAccount();
  const takeBack = useMutation(InspectionService.method.deleteFeedback);
  return (
    <section className="flex flex-col gap-2">
      <h3 className="text-sm font-semibold">What people said</h3>
      <ul className="flex flex-col gap-2">
        {feedback.map((each) => {
          const date = toDate(each.createTime);
          return (
            <li key={each.feedbackId} className="flex items-start gap-2 text-sm">
              <div className="min-w-0 flex-1">
                <p>
                  {each.userId === userId ? "You" : "Somebody else"} {feedbackWords(each)}
                  {each.polygons.length > 0 ? ", with an outline" : each.region && ", with a place"}
                </p>
                {each.note !== "" && <p className="break-words text-ink-soft">“{each.note}”</p>}
                {date && <p className="text-xs text-ink-faint" title={formatDateTime(date)}>{formatRelative(date)}</p>}
              </div>
              <Button
                variant="quiet"
                busy={takeBack.isPending && takeBack.variables.feedbackId === each.feedbackId}
                aria-label={`Take back: ${feedbackWords(each)}`}
                onClick={() =>
                  takeBack.mutate(
                    { feedbackId: each.feedbackId },
                    {
                      onSuccess: () => {
                        onChange();
                        toast("Taken back");
                      },
                    },
                  )
                }
              >
                Take back
              </Button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
