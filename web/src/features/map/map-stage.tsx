/** The map itself: points, pictures, pointers and keys. */
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";

import { countOf } from "@/lib/numbers";
import { toggle } from "@/lib/selection";
import { useOpenImage } from "@/lib/use-open-image";
import { IconButton } from "@/ui/button";
import { cx } from "@/ui/cx";
import { InspectIcon, MinusIcon, PlusIcon } from "@/ui/icons";
import type { SelectionControl } from "@/ui/use-selection";
import { useShortcuts } from "@/ui/use-shortcuts";

import type { ImageLoader } from "./image-loader";
import { HoverCard, Outline, Pictures } from "./map-overlay";
import { Emphasis } from "./paint";
import { PointCanvas } from "./point-canvas";
import type { PointIndex } from "./point-index";
import { idAt, indexOfId, type MapPoints, orderOfPoints } from "./points";
import { circle, type Region } from "./region";
import { chooseThumbs, THUMB_SIDE } from "./thumb-places";
import { type Tool, useGestures } from "./use-gestures";
import { useDark, usePaint } from "./use-theme-colours";
import { fitView, panBy, type Place, reveal, type Size, toMap, toScreen, type View, zoomAt } from "./view";

/** How far from the pointer, and from the keyboard's cursor, an image counts; pixels. */
const HIT_PX = 14;
export const REACH_PX = 72;
const CURSOR_STEP_PX = 32;
const ZOOM_STEP = 1.5;

export interface MapStageProps {
  points: MapPoints;
  index: PointIndex;
  images: ImageLoader;
  selection: SelectionControl;
  tool: Tool;
  /** Null shows all. */
  view: View | null;
  onView: (view: View | null) => void;
  region: Region | null;
  onRegion: (region: Region | null) => void;
  /** The images inside; undefined without a region. */
  inside: readonly number[] | undefined;
  categories: Uint8Array | undefined;
  /** The category that is shown alone. */
  alone: number | null;
  cursor: Place | null;
  onCursor: (cursor: Place | null, reach: number) => void;
  /** Enter: from the map into the list beside it. */
  onList: () => void;
  children?: ReactNode;
}

export function MapStage(props: MapStageProps) {
  const { points, index, images, selection, tool, region, inside, categories, alone, cursor } = props;
  const stage = useRef<HTMLDivElement>(null);
  const size = useSize(stage);
  const view = useMemo(() => props.view ?? fitView(size), [props.view, size]);
  const [draft, setDraft] = useState<Region | null>(null);
  const [hovered, setHovered] = useState(-1);
  const dark = useDark();
  const colours = usePaint(dark, categories !== undefined);
  const openImage = useOpenImage();

  const { ids } = selection.selection;
  const emphasis = useMemo(() => emphasisOf(points, inside, ids, categories, alone), [points, inside, ids, categories, alone]);
  const before = useRef<readonly number[]>([]);
  const shown = useMemo(() => chooseThumbs(points, index, view, size, before.current), [points, index, view, size]);
  useEffect(() => {
    before.current = shown;
    images.want(shown.map((point) => idAt(points, point)));
  }, [shown, points, images]);
  useEffect(() => {
    if (hovered >= 0) images.want([idAt(points, hovered)]);
  }, [hovered, points, images]);

  const current = useRef(view);
  useEffect(() => {
    current.current = view;
  }, [view]);
  const change = (update: (now: View) => View): void => {
    current.current = update(current.current);
    props.onView(current.current);
  };
  /** The image at a pixel: a picture that covers it, or the nearest point. */
  const hit = (pixel: Place): number => {
    const covering = shown.findLast((point) => {
      const place = toScreen(view, size, { x: points.x[point] ?? 0, y: points.y[point] ?? 0 });
      return Math.max(Math.abs(place.x - pixel.x), Math.abs(place.y - pixel.y)) <= THUMB_SIDE / 2;
    });
    return covering ?? index.nearest(toMap(view, size, pixel), HIT_PX / view.scale);
  };
  const gestures = useGestures({
    stage,
    tool,
    view,
    size,
    onView: change,
    onDraft: setDraft,
    onRegion: props.onRegion,
    onHover: (pixel) => setHovered(pixel ? hit(pixel) : -1),
    onTap: (pixel, event) => {
      const point = hit(pixel);
      if (point < 0) return;
      const id = idAt(points, point);
      if (event.ctrlKey || event.metaKey || event.shiftKey || ids.size > 0) selection.change((now) => toggle(now, id));
      else {
        const place = toMap(view, size, pixel);
        openImage(orderOfPoints(points, inside?.includes(point) ? inside : index.near(place, 4 * (REACH_PX / view.scale))), id);
      }
    },
  });

  const reach = REACH_PX / view.scale;
  const moveCursor = (dx: number, dy: number): void => {
    const from = cursor ?? { x: view.x - (dx * CURSOR_STEP_PX) / view.scale, y: view.y - (dy * CURSOR_STEP_PX) / view.scale };
    const next = {
      x: Math.min(1, Math.max(0, from.x + (dx * CURSOR_STEP_PX) / view.scale)),
      y: Math.min(1, Math.max(0, from.y + (dy * CURSOR_STEP_PX) / view.scale)),
    };
    props.onCursor(next, reach);
    change((now) => reveal(now, size, next));
  };
  const zoom = (factor: number): void => {
    const middle = cursor ? toScreen(view, size, cursor) : { x: size.width / 2, y: size.height / 2 };
    change((now) => zoomAt(now, size, middle, factor));
    if (cursor) props.onCursor(cursor, REACH_PX / zoomAt(view, size, middle, factor).scale);
  };
  const arrows = [
    ["ArrowLeft", "left", -1, 0],
    ["ArrowRight", "right", 1, 0],
    ["ArrowUp", "up", 0, -1],
    ["ArrowDown", "down", 0, 1],
  ] as const;
  useShortcuts({ title: "Map" }, [
    ...arrows.map(([keys, where, dx, dy]) => ({
      keys,
      description: `Cursor ${where}`,
      repeats: true,
      run: () => moveCursor(dx, dy),
    })),
    ...arrows.map(([keys, where, dx, dy]) => ({
      keys: `Shift+${keys}`,
      description: `Look ${where}`,
      repeats: true,
      run: () => change((now) => panBy(now, size, -dx * 80, -dy * 80)),
    })),
    { keys: "+", description: "Zoom in", repeats: true, run: () => zoom(ZOOM_STEP) },
    { keys: "-", description: "Zoom out", repeats: true, run: () => zoom(1 / ZOOM_STEP) },
    { keys: "0", description: "Show all", run: () => props.onView(null) },
    {
      keys: "Enter",
      description: "Into the list of images beside the map",
      run: () => {
        if (cursor && !region) props.onRegion(circle(cursor, reach));
        props.onList();
      },
    },
    ...(region || cursor
      ? [{ keys: "Escape", description: "Drop the region or the cursor", run: () => (region ? props.onRegion(null) : props.onCursor(null, 0)) }]
      : []),
  ]);

  const faint = (point: number): boolean => emphasis?.[point] === Emphasis.faint;
  return (
    <div className="relative min-h-0 min-w-0 flex-1 overflow-hidden">
      <div
        ref={stage}
        role="application"
        aria-label="Map of your images"
        aria-describedby="map-help"
        // The keys are the page's; the focus shows where one is.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        {...gestures}
        className={cx(
          "absolute inset-0 touch-none overflow-hidden -outline-offset-2 select-none",
          tool === "move" ? "cursor-grab active:cursor-grabbing" : "cursor-crosshair",
          tool === "move" && hovered >= 0 && "cursor-pointer",
        )}
      >
        {size.width > 0 && (
          <>
            <PointCanvas points={points} view={view} size={size} categories={categories} emphasis={emphasis} colours={colours} />
            <Pictures
              points={points}
              view={view}
              size={size}
              images={images}
              shown={shown}
              isSelected={(id) => ids.has(id)}
              isFaint={faint}
            />
            <Outline view={view} size={size} region={draft ?? region} cursor={cursor} reach={reach * view.scale} />
            {hovered >= 0 && draft === null && (
              <HoverCard points={points} view={view} size={size} images={images} point={hovered} />
            )}
          </>
        )}
      </div>
      <p id="map-help" className="sr-only">
        {countOf(points.count, "image")}; those that look alike lie near each other. The arrow keys move a cursor; the list beside the
        map then has the images near it, and Enter goes there. Plus and minus zoom.
      </p>
      {props.children}
      <div className="absolute right-3 bottom-3 flex flex-col rounded-md bg-surface/90 ring-1 ring-line">
        <IconButton icon={PlusIcon} label="Zoom in" keys="+" onClick={() => zoom(ZOOM_STEP)} />
        <IconButton icon={MinusIcon} label="Zoom out" keys="-" onClick={() => zoom(1 / ZOOM_STEP)} />
        <IconButton icon={InspectIcon} label="Show all" keys="0" onClick={() => props.onView(null)} />
      </div>
    </div>
  );
}

/** What stands out and what steps back; undefined if all points are alike. */
function emphasisOf(
  points: MapPoints,
  inside: readonly number[] | undefined,
  selected: ReadonlySet<string>,
  categories: Uint8Array | undefined,
  alone: number | null,
): Uint8Array | undefined {
  const isolated = alone !== null && categories !== undefined;
  if (!inside && selected.size === 0 && !isolated) return undefined;
  const emphasis = new Uint8Array(points.count).fill(inside ? Emphasis.faint : Emphasis.plain);
  for (const point of inside ?? []) emphasis[point] = Emphasis.plain;
  if (isolated) {
    for (let point = 0; point < points.count; point += 1) {
      if (categories[point] !== alone) emphasis[point] = Emphasis.faint;
    }
  }
  for (const id of selected) {
    const point = indexOfId(points, id);
    if (point >= 0) emphasis[point] = Emphasis.strong;
  }
  return emphasis;
}

function useSize(ref: React.RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const measure = (): void => {
      const { clientWidth: width, clientHeight: height } = element;
      setSize((was) => (was.width === width && was.height === height ? was : { width, height }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return size;
}
