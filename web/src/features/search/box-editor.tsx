/** A box on a picture: drawn, moved and resized with mouse, finger and keys. */
import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";

import type { FractionBox, Point } from "@/lib/viewport";
import { cx } from "@/ui/cx";

import { dragged, HANDLES, type Hold, leastOf, moved, resized, sayBox } from "./box";

const STEP = 0.01;
const LARGE_STEP = 0.05;
const CURSORS: Record<Hold, string> = {
  draw: "cursor-crosshair",
  move: "cursor-move",
  n: "cursor-ns-resize",
  s: "cursor-ns-resize",
  e: "cursor-ew-resize",
  w: "cursor-ew-resize",
  ne: "cursor-nesw-resize",
  sw: "cursor-nesw-resize",
  nw: "cursor-nwse-resize",
  se: "cursor-nwse-resize",
};
const ARROWS: Record<string, readonly [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export interface BoxEditorProps {
  src: string;
  /** What the picture is called. */
  label: string;
  /** Of the picture in pixels; that of what is shown if undefined. */
  size: { width: number; height: number } | undefined;
  box: FractionBox | undefined;
  onBox: (box: FractionBox | undefined) => void;
  /** The browser cannot show it. */
  onBroken: () => void;
  /** The element that keys move the box with. */
  boxRef?: React.Ref<HTMLButtonElement>;
}

interface Drag {
  hold: Hold;
  box: FractionBox | undefined;
  from: Point;
}

export function BoxEditor({ src, label, size, box, onBox, onBroken, boxRef }: BoxEditorProps) {
  const stage = useRef<HTMLDivElement>(null);
  const drag = useRef<Drag>(undefined);
  const [natural, setNatural] = useState<{ width: number; height: number }>();
  const least = leastOf(size ?? natural);

  const at = (event: PointerEvent): Point => {
    const rect = stage.current?.getBoundingClientRect();
    if (!rect || rect.width === 0 || rect.height === 0) return { x: 0, y: 0 };
    return { x: (event.clientX - rect.left) / rect.width, y: (event.clientY - rect.top) / rect.height };
  };
  const begin = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0) return;
    const hold = (event.target as Element).closest<HTMLElement>("[data-hold]")?.dataset["hold"] as Hold | undefined;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { hold: hold ?? "draw", box: hold ? box : undefined, from: at(event) };
  };
  const go = (event: PointerEvent<HTMLDivElement>): void => {
    if (!drag.current) return;
    const next = dragged(drag.current.hold, drag.current.box, drag.current.from, at(event), least);
    // Until it is large enough it is a press, which changes nothing.
    if (next) onBox(next);
  };
  const end = (): void => {
    drag.current = undefined;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!box) return;
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      onBox(undefined);
      return;
    }
    const [x, y] = ARROWS[event.key] ?? [];
    if (x === undefined || y === undefined) return;
    event.preventDefault();
    const step = event.ctrlKey || event.metaKey ? LARGE_STEP : STEP;
    onBox(event.shiftKey ? resized(box, "se", x * step, y * step, least) : moved(box, x * step, y * step));
  };

  return (
    <div
      ref={stage}
      data-stage=""
      className="relative mx-auto w-fit touch-none overflow-hidden rounded-sm bg-sunken select-none"
      onPointerDown={begin}
      onPointerMove={go}
      onPointerUp={end}
      onPointerCancel={end}
    >
      <img
        src={src}
        alt={label}
        draggable={false}
        onLoad={(event) => setNatural({ width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight })}
        onError={onBroken}
        className="block max-h-[55dvh] max-w-full cursor-crosshair"
      />
      {box && (
        <>
          <Shade box={box} />
          <button
            ref={boxRef}
            type="button"
            data-hold="move"
            aria-label={`Part of the picture: ${sayBox(box)}`}
            aria-keyshortcuts="ArrowLeft ArrowRight ArrowUp ArrowDown Shift+ArrowLeft Shift+ArrowRight Shift+ArrowUp Shift+ArrowDown Delete"
            onKeyDown={onKeyDown}
            className="absolute cursor-move touch-none border-2 border-accent outline-1 outline-canvas"
            style={placed(box)}
          >
            {HANDLES.map((hold) => (
              <span key={hold} aria-hidden="true" data-hold={hold} className={cx("absolute grid size-6 touch-none place-items-center pointer-coarse:size-11", CURSORS[hold])} style={cornered(hold)}>
                <span className="size-2.5 rounded-full border border-canvas bg-accent" />
              </span>
            ))}
          </button>
        </>
      )}
    </div>
  );
}

/** What is not meant lies in the dark. */
function Shade({ box }: { box: FractionBox }) {
  return (
    <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true" className="pointer-events-none absolute inset-0 size-full">
      <path
        d={`M0 0H1V1H0ZM${box.left} ${box.top}V${box.bottom}H${box.right}V${box.top}Z`}
        fillRule="evenodd"
        className="fill-shade"
      />
    </svg>
  );
}

function placed({ left, top, right, bottom }: FractionBox): React.CSSProperties {
  return { left: `${left * 100}%`, top: `${top * 100}%`, width: `${(right - left) * 100}%`, height: `${(bottom - top) * 100}%` };
}

function cornered(hold: (typeof HANDLES)[number]): React.CSSProperties {
  const x = hold.includes("w") ? 0 : hold.includes("e") ? 100 : 50;
  const y = hold.includes("n") ? 0 : hold.includes("s") ? 100 : 50;
  return { left: `${x}%`, top: `${y}%`, transform: "translate(-50%, -50%)" };
}
