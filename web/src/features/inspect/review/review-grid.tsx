/** Many at a glance: select some, judge them as one. */
import { useMemo, useRef } from "react";

import type { PastInspection } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { countOf } from "@/lib/numbers";
import { orderOf, selectAll, toggle, without } from "@/lib/selection";
import { storePath } from "@/lib/store-url";
import { Button } from "@/ui/button";
import { CheckIcon, UndoIcon, WarningIcon } from "@/ui/icons";
import { Kbd } from "@/ui/kbd";
import { Thumb } from "@/ui/thumb";
import { useBarHeight } from "@/ui/use-bar-height";
import { useSelection } from "@/ui/use-selection";
import { useShortcuts } from "@/ui/use-shortcuts";
import { VirtualGrid } from "@/ui/virtual-grid";

import type { Judgement } from "../result/judgement";
import { VerdictBadge } from "../result/verdict-badge";
import { formatRatio, ratioOf, verdictWord } from "../result/words";

import type { QueueView, ReviewQueue } from "./review-queue";

/** So many are held at a time. */
export const GRID_HOLDS = 60;

export function ReviewGrid({ queue, view, onUndo }: { queue: ReviewQueue<PastInspection>; view: QueueView<PastInspection>; onUndo: () => void }) {
  const bar = useRef<HTMLDivElement>(null);
  useBarHeight(bar);
  const { entries } = view;
  const order = useMemo(() => orderOf(entries.map((entry) => entry.item.inspectionId)), [entries]);
  const selection = useSelection();
  const chosen = entries.filter((entry) => selection.selection.ids.has(entry.item.inspectionId)).map((entry) => entry.item.inspectionId);
  const judge = (kind: Judgement["kind"]): void => {
    if (chosen.length === 0) return;
    queue.judge({ kind }, chosen);
    selection.change((now) => without(now, chosen));
  };
  const skip = (): void => {
    if (chosen.length === 0) return;
    queue.skip(chosen);
    selection.change((now) => without(now, chosen));
  };
  useShortcuts({ title: "Verdict" }, [
    { keys: "a", description: "Selected are anomalous", run: () => judge("anomalous") },
    { keys: "n", description: "Selected are normal", run: () => judge("normal") },
    { keys: "s", description: "Skip selected", run: skip },
    { keys: "Mod+z", description: "Undo", run: onUndo },
  ]);
  const none = chosen.length === 0;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="min-h-0 flex-1">
        <VirtualGrid
          label="To review"
          order={order}
          selection={selection}
          gap={12}
          // A press selects, and the next one too: fingers have no ctrl.
          onOpen={(_index, id) => selection.change((now) => toggle(now, id))}
          footer={32}
          cellLabel={(index) => {
            const item = entries[index]?.item;
            if (!item) return "Image";
            return `${item.preview?.filename ?? "Image"}, inspected as ${verdictWord(item)}, ${formatRatio(ratioOf(item))}`;
          }}
          renderCell={(index) => {
            const item = entries[index]?.item;
            if (!item) return null;
            const found = { verdict: item.verdict };
            return (
              <div className="flex size-full flex-col gap-1">
                <Thumb src={storePath(item.preview?.previewUrl || item.preview?.thumbnailUrl)} alt="" thumbhash={item.preview?.thumbhash} className="min-h-0 w-full flex-1 rounded-sm" />
                <div className="flex h-7 items-center justify-between gap-2" title={verdictWord(found)}>
                  <VerdictBadge found={found} />{" "}
                  <span className="text-xs text-ink-faint tabular-nums">{formatRatio(ratioOf(item))}</span>
                </div>
              </div>
            );
          }}
        />
      </div>
      <div ref={bar} role="group" aria-label="Your verdict on what is selected" className="flex flex-wrap items-center gap-2 border-t border-line bg-surface px-4 py-3">
        <span role="status" className="w-full min-w-36 text-sm sm:w-auto text-ink-soft tabular-nums">{none ? "Select those that are alike" : `${countOf(chosen.length, "image")} selected`}</span>
        <Button size="md" icon={WarningIcon} variant="danger" className="flex-1 sm:flex-none" disabled={none} onClick={() => judge("anomalous")}>Anomalous <span className="hidden lg:inline"><Kbd keys="a" /></span></Button>
        <Button size="md" icon={CheckIcon} className="flex-1 bg-normal-soft! text-normal! sm:flex-none" disabled={none} onClick={() => judge("normal")}>Normal <span className="hidden lg:inline"><Kbd keys="n" /></span></Button>
        <Button size="md" variant="quiet" disabled={none} onClick={skip}>Skip</Button>
        <span className="hidden flex-1 sm:block" />
        <Button size="md" variant="quiet" onClick={() => selection.change((now) => selectAll(now, order))}>Select all</Button>
        <Button size="md" variant="quiet" icon={UndoIcon} disabled={view.last === undefined} onClick={onUndo}>Undo</Button>
      </div>
    </div>
  );
}
