/** The images of a region, or near the keyboard's cursor, beside the map. */
import { memo, useCallback, useEffect, useMemo, useRef } from "react";

import { formatCount } from "@/lib/numbers";
import { withAll } from "@/lib/selection";
import { storePath } from "@/lib/store-url";
import { useOpenImage } from "@/lib/use-open-image";
import { Button, IconButton } from "@/ui/button";
import { CloseIcon } from "@/ui/icons";
import { Thumb } from "@/ui/thumb";
import { useSelection } from "@/ui/use-selection";
import { VirtualGrid } from "@/ui/virtual-grid";

import { idAt, type MapPoints, orderOfPoints } from "./points";
import { useImages } from "./use-images";

export interface RegionPanelProps {
  points: MapPoints;
  list: readonly number[];
  /** Whether they are near a cursor, not in a region. */
  near: boolean;
  onClose: () => void;
}

/** Not rendered again while the map only moves. */
export const RegionPanel = memo(function RegionPanel({ points, list, near, onClose }: RegionPanelProps) {
  const images = useImages();
  const selection = useSelection("library");
  const openImage = useOpenImage();
  const order = useMemo(() => orderOfPoints(points, list), [points, list]);
  const title = near ? "Images near the cursor" : "Images in the region";
  const visible = useRef<readonly [number, number]>([0, 0]);
  const wantVisible = useCallback(() => {
    const [first, last] = visible.current;
    images.want(Array.from({ length: last - first + 1 }, (_, offset) => order.idAt(first + offset)).filter((id) => id !== undefined));
  }, [images, order]);
  // Another list may have other images in the same places.
  useEffect(wantVisible, [wantVisible]);
  const known = (index: number) => {
    const image = images.get(order.idAt(index) ?? "");
    return image === "gone" ? undefined : image;
  };
  return (
    <aside aria-label={title} className="flex h-2/5 min-h-0 shrink-0 flex-col border-t border-line sm:h-auto sm:w-80 sm:border-t-0 sm:border-l">
      <header className="flex items-center gap-1 py-2 pr-2 pl-4">
        <h2 className="min-w-0 flex-1 truncate text-sm font-semibold">
          <span role="status">
            {formatCount(list.length)} {near ? "near the cursor" : "in the region"}
          </span>
        </h2>
        {list.length > 0 && (
          <Button variant="quiet" onClick={() => selection.change((now) => withAll(now, list.map((point) => idAt(points, point))))}>
            Select all
          </Button>
        )}
        <IconButton icon={CloseIcon} label="Close the list" keys="Escape" onClick={onClose} />
      </header>
      <div className="min-h-0 flex-1">
        {list.length === 0 ? (
          <p className="px-4 py-2 text-sm text-pretty text-ink-soft">
            {near ? "No image is near. Move the cursor with the arrow keys, or zoom out with −." : "No image is in this region. Draw it around some points."}
          </p>
        ) : (
          <VirtualGrid
            label={title}
            name="region"
            order={order}
            selection={selection}
            keyboard="focus"
            minCellWidth={88}
            gap={6}
            className="px-4"
            cellLabel={(index) => known(index)?.filename || "Image"}
            renderCell={(index) => {
              const image = known(index);
              return <Thumb src={storePath(image?.thumbnailUrl)} thumbhash={image?.thumbhash} alt="" className="size-full rounded-sm" />;
            }}
            onOpen={(_index, id) => openImage(order, id)}
            onVisible={(first, last) => {
              visible.current = [first, last];
              wantVisible();
            }}
          />
        )}
      </div>
    </aside>
  );
});
