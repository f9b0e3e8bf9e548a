/** What is selected, on every page, and what can be done with it. */
import { useRef, useState } from "react";
import { useNavigate } from "react-router";

import { handOver } from "@/lib/handed-over";
import { countOf } from "@/lib/numbers";
import { clear } from "@/lib/selection";
import { Button, IconButton } from "@/ui/button";
import { CloseIcon, InspectIcon, PlusIcon, TagIcon, TrashIcon } from "@/ui/icons";
import { useBarHeight } from "@/ui/use-bar-height";
import { useSelection } from "@/ui/use-selection";
import { useShortcuts } from "@/ui/use-shortcuts";

import { LabelDialog } from "./label-dialog";
import { SetDialog } from "./set-dialog";
import { useDeeds } from "./use-deeds";

type Asking = "label" | "reference" | "inspect";

export function Tray() {
  const control = useSelection("library");
  const { ids } = control.selection;
  return ids.size === 0 ? null : <Chosen ids={[...ids]} onClear={() => control.change(clear)} />;
}

function Chosen({ ids, onClear }: { ids: readonly string[]; onClear: () => void }) {
  const deeds = useDeeds();
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
        className="appear pointer-events-auto mx-auto flex w-fit max-w-full flex-wrap items-center gap-1 rounded-lg bg-raised p-2 shadow-pop"
      >
        <p role="status" className="px-2 text-sm font-medium whitespace-nowrap tabular-nums">
          {countOf(ids.length, "image")} selected
        </p>
        <Button variant="quiet" icon={TagIcon} onClick={() => setAsking("label")}>
          Label
        </Button>
        <Button variant="quiet" icon={PlusIcon} onClick={() => setAsking("reference")}>
          Add to reference set
        </Button>
        <Button variant="quiet" icon={InspectIcon} onClick={() => setAsking("inspect")}>
          Inspect
        </Button>
        <Button variant="quiet" icon={TrashIcon} onClick={remove}>
          Delete
        </Button>
        <IconButton icon={CloseIcon} label="Clear the selection" onClick={onClear} />
        {asking === "label" && (
          <LabelDialog
            count={ids.length}
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
