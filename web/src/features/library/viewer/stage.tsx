/** The picture itself: zoomed and moved by wheel, fingers and keys. */
import { useState } from "react";

import type { Image } from "@/gen/argus/storage/v1/image_pb.js";
import { storePath } from "@/lib/store-url";
import { actualZoom, type Pane, WHOLE, zoomedTo } from "@/lib/viewport";
import { Button, IconButton } from "@/ui/button";
import { MinusIcon, PlusIcon } from "@/ui/icons";
import { ImagePane } from "@/ui/image-pane";
import { useShortcuts } from "@/ui/use-shortcuts";

import { wantsOriginal, ZOOM_STEP, zoomWords } from "./zoom";

export interface StageProps {
  image: Image;
  onSwipe: (by: -1 | 1) => void;
  /** A link was too old, or the picture has not been made yet. */
  onBroken: () => void;
}

export function Stage({ image, onSwipe, onBroken }: StageProps) {
  const [viewport, setViewport] = useState(WHOLE);
  const [pane, setPane] = useState<Pane>({ pane: { width: 0, height: 0 }, image });
  const zoomTo = (zoom: number): void => setViewport((now) => zoomedTo(now, pane, zoom));
  const zoomBy = (factor: number): void => setViewport((now) => zoomedTo(now, pane, now.zoom * factor));
  const closer = (): void => zoomBy(ZOOM_STEP);
  const further = (): void => zoomBy(1 / ZOOM_STEP);
  const fit = (): void => setViewport(WHOLE);
  useShortcuts({ title: "Viewer" }, [
    { keys: "+", description: "Zoom in", run: closer, repeats: true },
    { keys: "-", description: "Zoom out", run: further, repeats: true },
    { keys: "0", description: "The whole image", run: fit },
    { keys: "1", description: "A pixel of the image for one of the screen", run: () => zoomTo(actualZoom(pane)) },
  ]);
  const original = wantsOriginal(image, viewport, pane, devicePixelRatio) ? storePath(image.contentUrl) : undefined;
  const words = zoomWords(viewport, pane);
  return (
    <ImagePane
      label={image.filename}
      src={storePath(image.displayUrl)}
      thumb={storePath(image.previewUrl)}
      thumbhash={image.thumbhash}
      size={image}
      viewport={viewport}
      onViewport={setViewport}
      onPane={setPane}
      onSwipe={onSwipe}
      onBroken={onBroken}
      className="size-full"
      corner={
        <div className="absolute bottom-3 left-3 hidden items-center rounded-md bg-raised p-0.5 shadow-pop sm:flex">
          <IconButton icon={MinusIcon} label="Zoom out" keys="-" disabled={viewport.zoom <= 1} onClick={further} />
          <Button variant="quiet" className="w-20 tabular-nums" aria-label={`Zoom: ${words}. Show the whole image`} onClick={fit}>
            {words}
          </Button>
          <IconButton icon={PlusIcon} label="Zoom in" keys="+" onClick={closer} />
        </div>
      }
    >
      {original !== undefined && <img src={original} alt="" draggable={false} className="absolute inset-0 size-full" />}
    </ImagePane>
  );
}
