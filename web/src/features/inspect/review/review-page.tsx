/** The review queue: what a person should look at first, one after the other or many at a glance. */
import { useEffect, useState } from "react";

import { countOf } from "@/lib/numbers";
import { Button, ButtonLink } from "@/ui/button";
import { CheckIcon, EyeIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { EmptyState, ErrorState, ProgressBar, Skeleton } from "@/ui/states";
import { Segmented } from "@/ui/tabs";
import { toast } from "@/ui/toast";
import { useShortcuts } from "@/ui/use-shortcuts";

import { InspectTabs } from "../result/inspect-tabs";
import { SetChoice, useSets } from "../result/set-choice";
import { useParams } from "../result/use-params";

import { leftWords, useQueueCount } from "./queue-count";
import { GRID_HOLDS, ReviewGrid } from "./review-grid";
import { ReviewOne } from "./review-one";
import { useReviewQueue } from "./use-review-queue";

type Mode = "one" | "grid";

export function Component() {
  const params = useParams();
  const setId = params.get("set");
  // Another set is another sitting.
  return <Review key={setId} setId={setId} />;
}

function Review({ setId }: { setId: string }) {
  const params = useParams();
  const sets = useSets();
  const { queue, view } = useReviewQueue(setId);
  const counted = useQueueCount(setId);
  const mode: Mode = params.get("view") === "grid" ? "grid" : "one";
  useEffect(() => queue.hold(mode === "grid" ? GRID_HOLDS : 0), [queue, mode]);
  const undo = (): void => {
    const undone = queue.undo();
    if (undone) toast(`Undone: ${undone.toLowerCase()}`, { key: "judged" });
  };
  // The toast is for the hand at the mouse or the phone; it tells of the last one only.
  const [told, setTold] = useState<string>();
  const now = view.last === undefined ? undefined : `${view.judged + view.skipped} ${view.last}`;
  useEffect(() => {
    if (now !== told) setTold(now);
    if (now !== undefined && now !== told && view.last && Number(now.split(" ")[0]) > Number(told?.split(" ")[0] ?? 0)) {
      toast(view.last, { key: "judged", durationMs: 4000, action: { label: "Undo", run: () => queue.undo() } });
    }
  }, [now, told, view.last, queue]);
  useShortcuts({ title: "Review" }, [
    { keys: "g r", description: mode === "grid" ? "One after the other" : "Many at a glance", run: () => params.change({ view: mode === "grid" ? undefined : "grid" }) },
  ]);
  const done = view.judged + view.skipped;

  return (
    <Page
      title="Review"
      fill
      actions={<InspectTabs setId={setId} />}
      toolbar={
        <>
          <div className="flex flex-wrap items-center gap-2">
            <SetChoice sets={sets.data?.referenceSets ?? []} value={setId} none="All sets" onChange={(next) => params.change({ set: next })} />
            <Segmented<Mode> label="View" value={mode} onChange={(next) => params.change({ view: next === "grid" ? next : undefined })} options={[{ key: "one", label: "One by one" }, { key: "grid", label: "Grid" }]} />
            <span role="status" className="ml-auto text-sm text-ink-soft tabular-nums">
              {view.judged} judged{view.skipped > 0 && `, ${view.skipped} skipped`} · {leftWords(counted, done, view.entries.length)}
            </span>
          </div>
          {counted && !counted.more && counted.count > 0 && <ProgressBar label="Judged of the queue" value={done} max={Math.max(counted.count, done + view.entries.length)} />}
        </>
      }
    >
      {view.status === "loading" ? (
        <Skeleton className="mx-4 h-full sm:mx-6" />
      ) : view.status === "failed" ? (
        <div className="grid h-full"><ErrorState error={view.error} onRetry={() => queue.retry()} /></div>
      ) : view.status === "finished" ? (
        <Finished setId={setId} waiting={done === 0 ? (counted?.count ?? 0) : 0} judged={view.judged} skipped={view.skipped} last={view.last} onUndo={undo} onAgain={() => void queue.revisitSkipped()} onMore={() => queue.retry()} />
      ) : mode === "grid" ? (
        <ReviewGrid queue={queue} view={view} onUndo={undo} />
      ) : (
        <ReviewOne queue={queue} view={view} onUndo={undo} />
      )}
    </Page>
  );
}

interface FinishedProps {
  setId: string;
  /** In the queue, and in somebody else's hands. */
  waiting: number;
  judged: number;
  skipped: number;
  last: string | undefined;
  onUndo: () => void;
  onAgain: () => void;
  onMore: () => void;
}

function Finished({ setId, waiting, judged, skipped, last, onUndo, onAgain, onMore }: FinishedProps) {
  useShortcuts({ title: "Verdict" }, [{ keys: "Mod+z", description: "Undo", run: onUndo }]);
  const set = setId ? `/inspect/sets/${setId}` : "/inspect";
  if (waiting > 0) {
    return (
      <div className="grid h-full">
        <EmptyState icon={EyeIcon} title="In other hands" actions={<Button variant="primary" size="md" onClick={onMore}>Look again</Button>}>
          {`What waits for review, ${countOf(waiting, "image")}, is on somebody's screen just now, or in another window of yours. What is not judged comes back after ten minutes.`}
        </EmptyState>
      </div>
    );
  }
  if (judged + skipped === 0) {
    return (
      <div className="grid h-full">
        <EmptyState
          icon={CheckIcon}
          title="Nothing to review"
          actions={
            <>
              <ButtonLink variant="primary" size="md" to={`/inspect/run${setId ? `?set=${setId}` : ""}`}>Inspect images</ButtonLink>
              <Button size="md" onClick={onMore}>Look again</Button>
            </>
          }
        >
          Stored images that were inspected and that nobody has judged appear here, those that need you most first.
        </EmptyState>
      </div>
    );
  }
  return (
    <div className="grid h-full">
      <EmptyState
        icon={CheckIcon}
        title="All reviewed"
        actions={
          <>
            {skipped > 0 && <Button variant="primary" size="md" onClick={onAgain}>Look at {countOf(skipped, "skipped image")}</Button>}
            <ButtonLink size="md" {...(skipped === 0 && { variant: "primary" as const })} to={setId ? `${set}/calibrate` : set}>Calibrate with what is normal</ButtonLink>
            {setId !== "" && <ButtonLink size="md" to={`${set}/versions`}>Learn from defects</ButtonLink>}
            {last !== undefined && <Button size="md" variant="quiet" onClick={onUndo}>Undo</Button>}
            <Button size="md" variant="quiet" onClick={onMore}>Look for more</Button>
          </>
        }
      >
        {`You judged ${countOf(judged, "image")}. What you called normal is proposed to the set: add it and calibrate, and the next version raises fewer false alarms. With defects of both kinds it can learn from those too.`}
      </EmptyState>
    </div>
  );
}
