/** One image of a run, opened: what was found, one's verdict, and the others in a row. */
import { useState } from "react";

import type { Drawn, Shape } from "@/lib/outline";
import { Button, IconButton } from "@/ui/button";
import { ArrowLeftIcon, ChevronLeftIcon, ChevronRightIcon, LibraryIcon, RetryIcon } from "@/ui/icons";
import { ErrorNote, ErrorState, ProgressBar } from "@/ui/states";
import { useShortcuts } from "@/ui/use-shortcuts";

import { Filmstrip } from "../result/filmstrip";
import { ResultView } from "../result/result-view";
import { useDefectLabels, useJudging } from "../result/use-judging";
import { VerdictBar } from "../result/verdict-bar";

import type { RunItem } from "./run-item";

export interface RunResultProps {
  items: readonly RunItem[];
  item: RunItem;
  onOpen: (key: string) => void;
  onClose: () => void;
  /** Puts a file into the library; undefined where that is not offered. */
  onKeep?: ((key: string) => void) | undefined;
  onRetry: (key: string) => void;
  /** What one of the items is called. */
  kind?: "image" | "view";
}

export function RunResult({ items, item, onOpen, onClose, onKeep, onRetry, kind = "image" }: RunResultProps) {
  const { inspection } = item;
  const judging = useJudging();
  const labels = useDefectLabels(inspection?.referenceSetId ?? "");
  const [region, setRegion] = useState<{ key: string; drawn: Drawn }>();
  const [drawing, setDrawing] = useState<Shape>();
  const at = items.findIndex((each) => each.key === item.key);
  const go = (by: number): void => {
    const next = items[at + by];
    if (next) onOpen(next.key);
  };
  useShortcuts({ title: kind === "view" ? "Views" : "Images" }, [
    { keys: "ArrowLeft", description: `Previous ${kind}`, repeats: true, run: () => go(-1) },
    { keys: "ArrowRight", description: `Next ${kind}`, repeats: true, run: () => go(1) },
    { keys: "Escape", description: drawing ? "Stop drawing" : `Back to all ${kind}s`, run: () => (drawing ? setDrawing(undefined) : onClose()) },
  ]);
  const mark = region?.key === item.key ? region.drawn : undefined;
  const judgeable = inspection !== undefined && inspection.inspectionId !== "" && item.state === "done";
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex shrink-0 items-center gap-1 border-b border-line px-4 pb-2 max-sm:justify-between">
        <Button variant="quiet" icon={ArrowLeftIcon} onClick={onClose}>All {kind}s</Button>
        <span className="hidden min-w-0 flex-1 truncate text-sm text-ink-soft sm:block">{item.name}</span>
        {onKeep && item.blob && !item.imageId && inspection && (
          <Button icon={LibraryIcon} busy={item.state === "working"} onClick={() => onKeep(item.key)}>Keep<span className="hidden sm:inline">in library</span></Button>
        )}
        <span className="px-2 text-sm whitespace-nowrap text-ink-faint tabular-nums">{at + 1} of {items.length}</span>
        <IconButton icon={ChevronLeftIcon} label={`Previous ${kind}`} keys="ArrowLeft" disabled={at <= 0} onClick={() => go(-1)} />
        <IconButton icon={ChevronRightIcon} label={`Next ${kind}`} keys="ArrowRight" disabled={at >= items.length - 1} onClick={() => go(1)} />
      </div>
      <div className="min-h-0 flex-1">
        {inspection ? (
          <ResultView
            inspection={inspection}
            picture={{ name: item.name, src: item.src, thumb: item.thumb, thumbhash: item.thumbhash }}
            region={mark}
            drawing={drawing}
            onDrawn={drawing ? (drawn) => {
              setRegion({ key: item.key, drawn });
              setDrawing(undefined);
            } : undefined}
            onSwipe={go}
            before={item.error !== undefined && <ErrorNote error={item.error} />}
            after={
              item.blob && !item.imageId && judgeable ? (
                <p className="text-sm text-pretty text-ink-faint">The image is not stored, so it is not put up for review and nothing is learnt from it. {onKeep && "Keep it in the library for that."}</p>
              ) : undefined
            }
          />
        ) : item.state === "failed" ? (
          <div className="grid h-full content-center justify-items-center">
            <ErrorState error={item.error} />
            <Button icon={RetryIcon} onClick={() => onRetry(item.key)}>Inspect again</Button>
          </div>
        ) : (
          <ProgressBar label="Inspecting the image" />
        )}
      </div>
      <div className="hidden sm:block">
        <Filmstrip label={kind === "view" ? "Views of the part" : "Images of this run"} films={items.map((each) => ({ ...each, found: each.inspection }))} chosen={item.key} onChoose={onOpen} />
      </div>
      <VerdictBar
        labels={labels}
        disabled={!judgeable}
        said={judging.said(inspection?.inspectionId ?? "")?.kind}
        last={judging.last}
        onUndo={judging.undo}
        region={mark}
        drawing={drawing}
        onDrawing={setDrawing}
        onRegion={() => setRegion(undefined)}
        onSkip={at < items.length - 1 ? () => go(1) : undefined}
        onJudge={(judgement) => {
          if (!inspection) return;
          judging.judge({ inspectionId: inspection.inspectionId, imageId: item.imageId }, judgement);
          setRegion(undefined);
          if (judgement.kind !== "comment") go(1);
        }}
      />
    </div>
  );
}
