/** One after the other: the item on screen, why it is here, and one's verdict. */
import { useState } from "react";

import type { PastInspection } from "@/gen/argus/inspection/v1/inspection_pb.js";
import type { Drawn, Shape } from "@/lib/outline";
import { formatRelative, toDate } from "@/lib/time";
import { Button } from "@/ui/button";
import { InfoIcon, WarningIcon } from "@/ui/icons";
import { ErrorState, Skeleton } from "@/ui/states";
import { useShortcuts } from "@/ui/use-shortcuts";

import { Filmstrip } from "../result/filmstrip";
import { pictureOf } from "../result/picture";
import { ResultView } from "../result/result-view";
import { useDefectLabels } from "../result/use-judging";
import { VerdictBar } from "../result/verdict-bar";
import { reviewReason } from "../result/words";

import type { QueueView, ReviewQueue } from "./review-queue";

export function ReviewOne({ queue, view, onUndo }: { queue: ReviewQueue<PastInspection>; view: QueueView<PastInspection>; onUndo: () => void }) {
  const [region, setRegion] = useState<{ id: string; drawn: Drawn }>();
  const [drawing, setDrawing] = useState<Shape>();
  const entry = view.entries[0];
  const item = entry?.item;
  const labels = useDefectLabels(item?.referenceSetId ?? "");
  useShortcuts({ title: "Review", enabled: drawing !== undefined }, [{ keys: "Escape", description: "Stop drawing", run: () => setDrawing(undefined) }]);
  if (!entry || !item) return null;
  const mark = region?.id === item.inspectionId ? region.drawn : undefined;
  const past = entry.loaded;
  const date = toDate(item.inspectTime);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="min-h-0 flex-1 border-t border-line">
        {past?.inspection ? (
          <ResultView
            inspection={past.inspection}
            picture={pictureOf(past.preview ?? item.preview)}
            region={mark}
            drawing={drawing}
            onDrawn={drawing ? (drawn) => {
              setRegion({ id: item.inspectionId, drawn });
              setDrawing(undefined);
            } : undefined}
            onSwipe={(by) => (by > 0 ? queue.skip() : onUndo())}
            when={date && formatRelative(date)}
            before={
              <div className="flex flex-col gap-2">
                {entry.problem !== undefined && (
                  <p role="alert" className="flex items-start gap-2 rounded-md bg-warning-soft px-3 py-2 text-sm text-warning">
                    <WarningIcon width={16} height={16} className="mt-0.5 shrink-0" />
                    What you said of this one was not kept. Say it again.
                  </p>
                )}
                <p className="flex items-start gap-2 text-sm text-pretty text-ink-soft">
                  <InfoIcon width={16} height={16} className="mt-0.5 shrink-0 text-ink-faint" />
                  {reviewReason(item)}
                </p>
              </div>
            }
          />
        ) : entry.loadError !== undefined ? (
          <div className="grid h-full content-center justify-items-center">
            <ErrorState error={entry.loadError} />
            <Button onClick={() => queue.reload(item.inspectionId)}>Load it again</Button>
          </div>
        ) : (
          <Skeleton className="h-full rounded-none" />
        )}
      </div>
      <div className="hidden sm:block">
        <Filmstrip
          label="Next in the queue"
          chosen={item.inspectionId}
          onChoose={() => undefined}
          films={view.entries.map(({ item: each }) => ({
            key: each.inspectionId,
            name: each.preview?.filename ?? "Image",
            thumb: pictureOf(each.preview).thumb,
            thumbhash: each.preview?.thumbhash,
            found: { verdict: each.verdict },
          }))}
        />
      </div>
      <VerdictBar
        labels={labels}
        disabled={!past}
        last={view.last}
        onUndo={onUndo}
        region={mark}
        drawing={drawing}
        onDrawing={setDrawing}
        onRegion={() => setRegion(undefined)}
        onSkip={() => queue.skip()}
        onJudge={(judgement) => {
          queue.judge(judgement);
          setDrawing(undefined);
        }}
      />
    </div>
  );
}
