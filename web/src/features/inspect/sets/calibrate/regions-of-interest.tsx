/** The areas of the image that count: drawn on one of the set's images, or written. */
import { type KeyboardEvent, type MouseEvent, useState } from "react";

import { storePath } from "@/lib/store-url";
import { Button } from "@/ui/button";
import { TextArea } from "@/ui/field";
import { Thumb } from "@/ui/thumb";

import { useReferenceImages } from "../images/reference-images";
import { OutlineDrawing } from "./outline-drawing";
import { type Corner, MOST_CORNERS, MOST_OUTLINES, outlinesOf, outlineText } from "./outlines";

const MIDDLE: Corner = { x: 0.5, y: 0.5 };

/** How far an arrow key moves, in fractions. */
const STEP = 0.02;
const STEPS: Partial<Record<string, Corner>> = {
  ArrowLeft: { x: -STEP, y: 0 },
  ArrowRight: { x: STEP, y: 0 },
  ArrowUp: { x: 0, y: -STEP },
  ArrowDown: { x: 0, y: STEP },
};

interface Props {
  referenceSetId: string;
  /** Id of the image in whose coordinates they are, with registration; empty for any. */
  drawnOn: string;
  /** Outlines as they are written. */
  value: string;
  onChange: (value: string) => void;
}

export function RegionsOfInterest({ referenceSetId, drawnOn, value, onChange }: Props) {
  const { ids, previews } = useReferenceImages(referenceSetId);
  const shown = previews.get(drawnOn) ?? ids.map((id) => previews.get(id)).find((preview) => preview !== undefined);
  const [draft, setDraft] = useState<readonly Corner[]>([]);
  const { outlines, problem } = outlinesOf(value);
  const full = outlines.length >= MOST_OUTLINES;
  const close = (): void => {
    onChange([value.trim(), outlineText(draft)].filter(Boolean).join("\n"));
    setDraft([]);
  };
  const [aim, setAim] = useState<Corner>();
  const add = (event: MouseEvent<HTMLElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    if (full || draft.length >= MOST_CORNERS || box.width === 0 || box.height === 0) return;
    // A press of a key has no place of its own.
    const byKey = event.detail === 0;
    const corner = byKey ? (aim ?? MIDDLE) : { x: share(event.clientX - box.left, box.width), y: share(event.clientY - box.top, box.height) };
    setDraft([...draft, corner]);
    setAim(byKey ? corner : undefined);
  };
  const move = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    setAim(({ x, y } = MIDDLE) => ({ x: share(x + step.x, 1), y: share(y + step.y, 1) }));
  };
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="text-sm font-medium text-ink">Regions of interest</legend>
      <p className="text-sm text-ink-faint">
        Only what lies within the outlines is learnt and judged; all of the image without any. For parts that are placed the same in every image.
      </p>
      {shown && (
        <>
          <button
            type="button"
            aria-label="Set a corner: press where it is, or move there with the arrow keys and press Enter"
            className="relative block w-full max-w-md cursor-crosshair overflow-hidden rounded-md bg-sunken"
            onClick={add}
            onKeyDown={move}
            onBlur={() => setAim(undefined)}
          >
            <Thumb src={storePath(shown.previewUrl) ?? storePath(shown.thumbnailUrl)} alt="" thumbhash={shown.thumbhash} aspect={shown.width / shown.height} className="pointer-events-none w-full" />
            <OutlineDrawing outlines={outlines} draft={draft} aim={aim} />
          </button>
          <div className="flex flex-wrap items-center gap-2">
            <Button disabled={draft.length < 3} onClick={close}>
              Close the outline
            </Button>
            <Button disabled={draft.length === 0} onClick={() => setDraft(draft.slice(0, -1))}>
              Take back a corner
            </Button>
            <Button
              disabled={value.trim() === "" && draft.length === 0}
              onClick={() => {
                onChange("");
                setDraft([]);
              }}
            >
              The whole image
            </Button>
            <span role="status" className="text-sm text-ink-soft">
              {draft.length > 0 ? `${draft.length} ${draft.length === 1 ? "corner" : "corners"}; 3 make an outline.` : full ? `There are ${MOST_OUTLINES}, as many as can be.` : "Press on the image to set corners."}
            </span>
          </div>
        </>
      )}
      <TextArea
        label="Outlines"
        value={value}
        error={problem}
        rows={2}
        placeholder="10,10 90,10 90,60 10,60"
        hint="One on each line: corners from the left and from above, in percent."
        onChange={(event) => onChange(event.target.value)}
      />
    </fieldset>
  );
}

const share = (part: number, whole: number): number => Math.min(1, Math.max(0, part / whole));
