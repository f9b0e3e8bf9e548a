/**
 * An image in a pane that is zoomed and moved: wheel, drag, pinch, double press. The viewport is the
 * caller's, so that panes move in step.
 */
import { type PointerEvent, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";

import { Gestures, stepped } from "@/lib/gestures";
import { type Drawn, outlineOf, type Shape } from "@/lib/outline";
import { boxBetween, type FractionBox, type Pane, placement, type Point, type Size, toFraction, type Viewport, wheelFactor, zoomedAt } from "@/lib/viewport";

import { cx } from "./cx";
import { Thumb } from "./thumb";

export interface ImagePaneProps {
  label: string;
  src: string | undefined;
  /** Shown until the picture is there. */
  thumb?: string | undefined;
  thumbhash?: Uint8Array | undefined;
  /** The image's size; that of the picture once it is there, if undefined. */
  size?: Size | undefined;
  viewport: Viewport;
  onViewport: (next: Viewport, pane: Pane) => void;
  /** Told of the pane's size, for what zooms to a place. */
  onPane?: ((pane: Pane) => void) | undefined;
  onSwipe?: ((by: -1 | 1) => void) | undefined;
  onBroken?: (() => void) | undefined;
  /** While given, a drag draws a mark instead of moving the image. */
  onDrawn?: ((drawn: Drawn) => void) | undefined;
  /** What a drag draws. */
  shape?: Shape | undefined;
  /** Over the image, in its box. */
  children?: ReactNode;
  /** Over the pane, not moving. */
  corner?: ReactNode;
  className?: string;
}

export function ImagePane({ label, src, thumb, thumbhash, size, viewport, onViewport, onPane, onSwipe, onBroken, onDrawn, shape = "box", children, corner, className }: ImagePaneProps) {
  const root = useRef<HTMLDivElement>(null);
  const [box, setBox] = useState<Size>({ width: 0, height: 0 });
  const [natural, setNatural] = useState<Size>();
  const [broken, setBroken] = useState<string>();
  const [drawn, setDrawn] = useState<readonly Point[]>();
  const [gestures] = useState(() => new Gestures());
  const image = size && size.width > 0 ? size : (natural ?? { width: 1, height: 1 });
  const pane: Pane = { pane: box, image };
  const place = placement(viewport, pane);

  useLayoutEffect(() => {
    const element = root.current;
    if (!element) return undefined;
    const measure = (): void => setBox({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const tell = useRef(onPane);
  useEffect(() => {
    tell.current = onPane;
  });
  useEffect(() => {
    tell.current?.({ pane: { width: box.width, height: box.height }, image: { width: image.width, height: image.height } });
  }, [box.width, box.height, image.width, image.height]);

  const latest = useRef({ viewport, pane, onViewport });
  useLayoutEffect(() => {
    latest.current = { viewport, pane, onViewport };
  });
  useEffect(() => {
    const element = root.current;
    if (!element) return undefined;
    // React's own wheel listener is passive: the page would scroll too.
    const onWheel = (event: WheelEvent): void => {
      const { viewport: from, pane: at, onViewport: change } = latest.current;
      event.preventDefault();
      change(zoomedAt(from, at, pointOf(event, element), wheelFactor(event)), at);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, []);

  const at = (event: PointerEvent<HTMLDivElement>): Point => pointOf(event, event.currentTarget);
  const fraction = (event: PointerEvent<HTMLDivElement>): Point => toFraction(viewport, pane, at(event));
  const mark = drawn && markOf(drawn, shape);
  return (
    <div
      ref={root}
      role="group"
      aria-label={label}
      className={cx(
        "relative touch-none overflow-hidden bg-sunken select-none",
        onDrawn ? "cursor-crosshair" : viewport.zoom > 1 ? "cursor-grab active:cursor-grabbing" : "cursor-zoom-in",
        className,
      )}
      onPointerDown={(event) => {
        if (event.button !== 0 || (event.target instanceof Element && event.target.closest("button, [data-region]"))) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        if (onDrawn) setDrawn([fraction(event)]);
        else gestures.down({ id: event.pointerId, at: at(event), touch: event.pointerType === "touch" });
      }}
      onPointerMove={(event) => {
        if (drawn) {
          setDrawn([...drawn, fraction(event)]);
          return;
        }
        const next = gestures.move(event.pointerId, at(event), viewport, pane);
        if (next) onViewport(next, pane);
      }}
      onPointerUp={(event) => {
        if (drawn) {
          setDrawn(undefined);
          if (mark) onDrawn?.(mark);
          return;
        }
        const ended = gestures.up(event.pointerId, at(event), viewport.zoom > 1.01, event.timeStamp);
        if (ended?.kind === "double-tap") onViewport(stepped(viewport, pane, ended.at), pane);
        if (ended?.kind === "swipe") onSwipe?.(ended.by);
      }}
      onPointerCancel={(event) => {
        gestures.cancel(event.pointerId);
        setDrawn(undefined);
      }}
    >
      <div
        className="absolute top-0 left-0 origin-top-left"
        style={{ width: place.width, height: place.height, transform: `translate(${place.left}px, ${place.top}px)` }}
      >
        {/* Below the picture: what is there already, so that nothing flashes. */}
        {(thumb !== undefined || thumbhash !== undefined) && <Thumb src={thumb} alt="" thumbhash={thumbhash} fit="contain" className="absolute! inset-0 bg-transparent" />}
        {src !== undefined && src !== broken && (
          <img
            key={src.split("?", 1)[0]}
            src={src}
            alt={label}
            draggable={false}
            onLoad={(event) => setNatural({ width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight })}
            onError={() => {
              setBroken(src);
              onBroken?.();
            }}
            className="absolute inset-0 size-full"
            style={{ imageRendering: natural && place.width > natural.width * 3 ? "pixelated" : "auto" }}
          />
        )}
        {children}
        {drawn && shape === "outline" ? <Line points={drawn} /> : mark && <Rectangle box={mark.box} className="border-accent" dashed />}
      </div>
      {corner}
    </div>
  );
}

/** What a path of the pointer draws; undefined if it has no area. */
function markOf(path: readonly Point[], shape: Shape): Drawn | undefined {
  if (shape === "outline") return outlineOf(path);
  const [from, to] = [path[0], path.at(-1)];
  const box = from && to && boxBetween(from, to);
  return box && { box };
}

/** A line over the image, in its box; closed if it is an outline. */
export function Line({ points, closed = false }: { points: readonly Point[]; closed?: boolean }) {
  const text = points.map(({ x, y }) => `${x * 1000},${y * 1000}`).join(" ");
  const Shape = closed ? "polygon" : "polyline";
  return (
    <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true" className="pointer-events-none absolute inset-0 size-full overflow-visible text-accent">
      <g fill="none" strokeLinejoin="round">
        <Shape points={text} stroke="#17171a" strokeWidth={4} vectorEffect="non-scaling-stroke" />
        <Shape points={text} stroke="currentColor" strokeWidth={2} vectorEffect="non-scaling-stroke" strokeDasharray={closed ? undefined : "4 3"} />
      </g>
    </svg>
  );
}

/** A rectangle of the image, drawn in its box; light around it, so that it is seen on any ground. */
export function Rectangle({ box, className, dashed = false }: { box: FractionBox; className: string; dashed?: boolean }) {
  return (
    <div
      aria-hidden="true"
      className={cx("pointer-events-none absolute border-2 outline-1 outline-canvas/70", dashed && "border-dashed", className)}
      style={{
        left: `${box.left * 100}%`,
        top: `${box.top * 100}%`,
        width: `${(box.right - box.left) * 100}%`,
        height: `${(box.bottom - box.top) * 100}%`,
      }}
    />
  );
}

function pointOf(event: { clientX: number; clientY: number }, element: Element): Point {
  const { left, top } = element.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}
