/** What is selected, on every page, and what can be done with it. */
import { useRef, useState } from "react";
import { useNavigate } from "react-router";

import { handOver } from "@/lib/handed-over";
import { countOf, formatCount } from "@/lib/numbers";
import { clear } from "@/lib/selection";
import { Button, IconButton } from "@/ui/button";
import { CloseIcon, DownloadIcon, InspectIcon, PlusIcon, TagIcon, TrashIcon } from "@/ui/icons";
import { useBarHeight } from "@/ui/use-bar-height";
import { useHiddenCount, useSelection } from "@/ui/use-selection";
import { useShortcuts } from "@/ui/use-shortcuts";

import { LabelDialog } from "./label-dialog";
import { SetDialog } from "./set-dialog";
import { useDeeds } from "./use-deeds";

/** A phone has room for names below the pictures only. */
const ON_PHONE = "max-sm:h-12 max-sm:flex-1 max-sm:flex-col max-sm:gap-0.5 max-sm:px-1 max-sm:text-xs";

type Asking = "label" | "reference" | "inspect";

export function Tray() {
  const control = useSelection("library");
  const { ids } = control.selection;
  return ids.size === 0 ? null : <Chosen ids={[...ids]} onClear={() => control.change(clear)} />;
}

function Chosen({ ids, onClear }: { ids: readonly string[]; onClear: () => void }) {
  const deeds = useDeeds();
  const hidden = useHiddenCount("library");
  const navigate = useNavigate();
  const [asking, setAsking] = useState<Asking>();
  const bar = useRef<HTMLDivElement>(null);
  useBarHeight(bar);
  const remove = (): void => void deeds.remove(ids);
  const inspect = (setId: string): void => {
    handOver(ids);
    setAsking(undefined);
    void navigate(`/inspect/run?set=${setId}`);
  };
  useShortcuts({ title: "Selection" }, [
    { keys: "l", description: "Label what is selected", run: () => setAsking("label") },
    { keys: "Delete", description: "Delete what is selected", run: remove },
  ]);

  return (
    <div ref={bar} className="pointer-events-none fixed inset-x-2 bottom-16 z-20 pt-2 sm:bottom-4">
      <section
        aria-label="Selection"
        className="appear pointer-events-auto mx-auto flex w-fit max-w-full flex-wrap max-sm:w-full items-center gap-1 rounded-lg bg-raised p-2 shadow-pop"
      >
        <p role="status" className="px-2 text-sm font-medium tabular-nums max-sm:-order-2 max-sm:w-[calc(100%-2.5rem)] sm:whitespace-nowrap">
          {countOf(ids.length, "image")} selected
          {hidden > 0 && <span className="font-normal text-ink-soft">, {formatCount(hidden)} not shown here</span>}
        </p>
        <Button variant="quiet" className={ON_PHONE} icon={TagIcon} onClick={() => setAsking("label")}>
          Label
        </Button>
        <Button variant="quiet" className={ON_PHONE} icon={PlusIcon} onClick={() => setAsking("reference")}>
          <span>
            <span className="max-sm:sr-only">Add to </span>
            <span className="inline-block first-letter:max-sm:uppercase">reference set</span>
          </span>
        </Button>
        <Button variant="quiet" className={ON_PHONE} icon={InspectIcon} onClick={() => setAsking("inspect")}>
          Inspect
        </Button>
        <Button variant="quiet" className={ON_PHONE} icon={DownloadIcon} onClick={() => void deeds.download(ids)}>
          Download
        </Button>
        <Button variant="quiet" className={ON_PHONE} icon={TrashIcon} onClick={remove}>
          Delete
        </Button>
        <IconButton icon={CloseIcon} label="Clear the selection" className="max-sm:-order-1" onClick={onClear} />
        {asking === "label" && (
          <LabelDialog
            ids={ids}
            onClose={() => setAsking(undefined)}
            onApply={async (labels) => {
              if (await deeds.label(ids, labels)) setAsking(undefined);
            }}
          />
        )}
        {asking === "reference" && <SetDialog kind="add" ids={ids} onClose={() => setAsking(undefined)} onDone={() => setAsking(undefined)} />}
        {asking === "inspect" && <SetDialog kind="inspect" ids={ids} onClose={() => setAsking(undefined)} onDone={inspect} />}
      </section>
    </div>
  );
}
