/** Pointers on the map: move, zoom, draw a region, point at an image. */
import { type PointerEvent, type RefObject, useEffect, useRef } from "react";

import { extendLine, rectangle, type Region } from "./region";
import { panBy, type Place, type Size, toMap, type View, zoomAt } from "./view";

export type Tool = "move" | "lasso" | "box";

const TAP_PX = 4;
const STEP_PX = 3;
const WHEEL = 0.0016;
const WHEEL_PINCH = 0.012;

export interface Gestures {
  stage: RefObject<HTMLElement | null>;
  tool: Tool;
  view: View;
  size: Size;
  onView: (change: (now: View) => View) => void;
  /** The region as it is being drawn; null when it is given up. */
  onDraft: (region: Region | null) => void;
  onRegion: (region: Region) => void;
  /** Pixels of the stage; null when the pointer leaves. */
  onHover: (pixel: Place | null) => void;
  onTap: (pixel: Place, event: PointerEvent) => void;
}

type Mode =
  | { kind: "idle" }
  | { kind: "move" }
  | { kind: "draw"; tool: Tool; begin: Place; line: Region }
  | { kind: "pinch" };

export function useGestures(gestures: Gestures) {
  const latest = useRef(gestures);
  useEffect(() => {
    latest.current = gestures;
  });
  const pointers = useRef(new Map<number, Place>());
  const mode = useRef<Mode>({ kind: "idle" });
  const begin = useRef<Place>({ x: 0, y: 0 });
  const moved = useRef(false);

  const { stage } = gestures;
  useEffect(() => {
    const element = stage.current;
    if (!element) return undefined;
    // React's own listener is passive and could not keep the page from scrolling.
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      const { size, onView } = latest.current;
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      const factor = Math.exp(-event.deltaY * lines * (event.ctrlKey ? WHEEL_PINCH : WHEEL));
      const pixel = pixelOf(event, element);
      onView((now) => zoomAt(now, size, pixel, factor));
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [stage]);

  const place = (pixel: Place): Place => toMap(latest.current.view, latest.current.size, pixel);

  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.pointerType === "mouse" && event.button > 1) return;
      const pixel = pixelOf(event, event.currentTarget);
      event.currentTarget.setPointerCapture(event.pointerId);
      pointers.current.set(event.pointerId, pixel);
      const { tool, onDraft, onHover } = latest.current;
      onHover(null);
      if (pointers.current.size > 1) {
        if (mode.current.kind === "draw") onDraft(null);
        mode.current = { kind: "pinch" };
        moved.current = true;
        return;
      }
      begin.current = pixel;
      moved.current = false;
      const drawing = event.shiftKey && tool === "move" ? "lasso" : tool;
      const where = place(pixel);
      mode.current =
        drawing === "move" || event.button === 1 ? { kind: "move" } : { kind: "draw", tool: drawing, begin: where, line: [where] };
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      const pixel = pixelOf(event, event.currentTarget);
      const before = pointers.current.get(event.pointerId);
      const { size, view, onView, onDraft, onHover } = latest.current;
      if (!before) {
        if (event.pointerType === "mouse") onHover(pixel);
        return;
      }
      if (Math.hypot(pixel.x - begin.current.x, pixel.y - begin.current.y) > TAP_PX) moved.current = true;
      const now = mode.current;
      if (now.kind === "pinch") {
        const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
        if (other) {
          const factor = distance(pixel, other) / Math.max(1, distance(before, other));
          const middle = { x: (pixel.x + other.x) / 2, y: (pixel.y + other.y) / 2 };
          const [dx, dy] = [(pixel.x - before.x) / 2, (pixel.y - before.y) / 2];
          onView((was) => zoomAt(panBy(was, size, dx, dy), size, middle, factor));
        }
      } else if (moved.current && now.kind === "move") {
        onView((was) => panBy(was, size, pixel.x - before.x, pixel.y - before.y));
      } else if (moved.current && now.kind === "draw") {
        const here = place(pixel);
        const line = now.tool === "box" ? rectangle(now.begin, here) : extendLine(now.line, here, STEP_PX / view.scale);
        if (line !== now.line) onDraft(line);
        mode.current = { ...now, line };
      }
      // A move that is no more than a tremble is counted from where it began.
      if (moved.current || now.kind === "pinch") pointers.current.set(event.pointerId, pixel);
    },
    onPointerUp: (event: PointerEvent<HTMLElement>) => {
      if (!pointers.current.delete(event.pointerId)) return;
      const { onDraft, onRegion, onTap } = latest.current;
      const now = mode.current;
      if (pointers.current.size > 0) return;
      mode.current = { kind: "idle" };
      if (now.kind === "draw") {
        onDraft(null);
        if (moved.current && now.line.length >= 3) onRegion(now.line);
      }
      if (!moved.current) onTap(pixelOf(event, event.currentTarget), event);
    },
    onPointerCancel: (event: PointerEvent<HTMLElement>) => {
      pointers.current.delete(event.pointerId);
      mode.current = { kind: "idle" };
      latest.current.onDraft(null);
    },
    onPointerLeave: () => latest.current.onHover(null),
  };
}

function pixelOf(event: { clientX: number; clientY: number }, element: Element): Place {
  const box = element.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

function distance(one: Place, other: Place): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
