/** Which part of a picture is searched with. */
import { useRef, useState } from "react";

import type { FractionBox } from "@/lib/viewport";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { BoxIcon, CloseIcon } from "@/ui/icons";
import { EmptyState, Skeleton } from "@/ui/states";

import { MIDDLE, sayBox } from "./box";
import { BoxEditor } from "./box-editor";
import type { Shown } from "./picture-thumb";

export interface PartDialogProps {
  shown: Shown;
  region: FractionBox | undefined;
  onRegion: (region: FractionBox | undefined) => void;
  onClose: () => void;
}

export default function PartDialog({ shown, region, onRegion, onClose }: PartDialogProps) {
  const [box, setBox] = useState(region);
  const [broken, setBroken] = useState(false);
  const handle = useRef<HTMLButtonElement>(null);
  return (
    <Dialog
      title="Search with a part"
      width="lg"
      onClose={onClose}
      actions={
        <>
          <Button size="md" onClick={() => onRegion(undefined)}>
            Whole picture
          </Button>
          <Button size="md" variant="primary" disabled={!box} onClick={() => onRegion(box)}>
            Search this part
          </Button>
        </>
      }
    >
      {broken ? (
        <EmptyState title="Not shown by this browser">No part of it can be chosen here; the whole can be searched with. As a JPEG or PNG it would be shown.</EmptyState>
      ) : shown.src === undefined ? (
        <Skeleton className="h-72" />
      ) : (
        <div className="flex flex-col gap-3">
          <BoxEditor src={shown.src} label={shown.label} size={shown.size} box={box} onBox={setBox} onBroken={() => setBroken(true)} boxRef={handle} />
          <div className="flex min-h-8 flex-wrap items-center justify-between gap-x-4 gap-y-2">
            <p role="status" className="text-sm text-pretty text-ink-soft">
              {box ? `The part reaches ${sayBox(box)}.` : "Draw a box around what you look for."}
            </p>
            {box ? (
              <Button variant="quiet" icon={CloseIcon} onClick={() => setBox(undefined)}>
                Clear the box
              </Button>
            ) : (
              <Button
                variant="quiet"
                icon={BoxIcon}
                onClick={() => {
                  setBox(MIDDLE);
                  requestAnimationFrame(() => handle.current?.focus());
                }}
              >
                Box in the middle
              </Button>
            )}
          </div>
          <p className="text-xs text-pretty text-ink-faint">With keys: arrows move the box, with Shift its size changes, with Ctrl in larger steps; Delete clears it.</p>
        </div>
      )}
    </Dialog>
  );
}
