/** What lies over the points: pictures, the region, the keyboard's cursor, and what the pointer is at. */
import { storePath } from "@/lib/store-url";
import { cx } from "@/ui/cx";
import { Thumb } from "@/ui/thumb";

import type { ImageLoader } from "./image-loader";
import { idAt, type MapPoints } from "./points";
import type { Region } from "./region";
import { THUMB_SIDE } from "./thumb-places";
import { type Place, type Size, toScreen, type View } from "./view";

interface Shown {
  points: MapPoints;
  view: View;
  size: Size;
  images: ImageLoader;
}

export function Pictures({
  points,
  view,
  size,
  images,
  shown,
  isSelected,
  isFaint,
}: Shown & { shown: readonly number[]; isSelected: (id: string) => boolean; isFaint: (point: number) => boolean }) {
  return shown.map((point) => {
    const id = idAt(points, point);
    const image = images.get(id);
    if (image === undefined || image === "gone") return null;
    const place = toScreen(view, size, { x: points.x[point] ?? 0, y: points.y[point] ?? 0 });
    return (
      <div
        key={id}
        className={cx(
          "appear pointer-events-none absolute top-0 left-0 overflow-hidden rounded-sm ring-2 transition-opacity",
          isSelected(id) ? "ring-accent" : "ring-canvas",
          isFaint(point) && "opacity-25",
        )}
        style={{
          width: THUMB_SIDE,
          height: THUMB_SIDE,
          transform: `translate(${place.x - THUMB_SIDE / 2}px, ${place.y - THUMB_SIDE / 2}px)`,
        }}
      >
        <Thumb src={storePath(image.thumbnailUrl)} thumbhash={image.thumbhash} alt="" className="size-full" />
      </div>
    );
  });
}

export function Outline({ view, size, region, cursor, reach }: Omit<Shown, "points" | "images"> & { region: Region | null; cursor: Place | null; reach: number }) {
  const path = region?.map((corner) => toScreen(view, size, corner)).map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
  const middle = cursor && toScreen(view, size, cursor);
  return (
    <svg aria-hidden="true" className="pointer-events-none absolute inset-0 size-full text-accent">
      {path && <polygon points={path} fill="currentColor" fillOpacity={0.08} stroke="currentColor" strokeWidth={1.5} strokeDasharray="5 4" />}
      {middle && (
        <g fill="none" stroke="currentColor" strokeWidth={1.5}>
          <circle cx={middle.x} cy={middle.y} r={reach} fill="currentColor" fillOpacity={0.08} />
          <path d={`M${middle.x - 8} ${middle.y}h16M${middle.x} ${middle.y - 8}v16`} />
        </g>
      )}
    </svg>
  );
}

const CARD_WIDTH = 176;
const CARD_HEIGHT = 204;

/** The image that the pointer is at; the list beside says the same to those without one. */
export function HoverCard({ points, view, size, images, point }: Shown & { point: number }) {
  const image = images.get(idAt(points, point));
  if (image === "gone") return null;
  const place = toScreen(view, size, { x: points.x[point] ?? 0, y: points.y[point] ?? 0 });
  const left = place.x + CARD_WIDTH + 24 < size.width ? place.x + 16 : place.x - CARD_WIDTH - 16;
  const top = Math.max(8, Math.min(size.height - CARD_HEIGHT - 8, place.y - CARD_HEIGHT / 2));
  return (
    <div
      aria-hidden="true"
      className="pointer-events-none absolute top-0 left-0 z-10 flex flex-col overflow-hidden rounded-md bg-raised shadow-pop"
      style={{ width: CARD_WIDTH, transform: `translate(${left}px, ${top}px)` }}
    >
      <Thumb
        src={storePath(image?.thumbnailUrl)}
        thumbhash={image?.thumbhash}
        alt=""
        fit="contain"
        className="aspect-square w-full"
      />
      <p className="h-7 truncate px-2 py-1 text-xs leading-5 text-ink-soft">{image?.filename ?? ""}</p>
    </div>
  );
}
