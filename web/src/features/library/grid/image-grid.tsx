/** The images of a list, by month, with a timeline; cells are loaded as they come into view. */
import { type UIEvent, useCallback, useEffect, useReducer, useRef, useState } from "react";

import type { Image } from "@/gen/argus/storage/v1/image_pb.js";
import { Image_State } from "@/gen/argus/storage/v1/image_pb.js";
import { explain } from "@/lib/errors";
import { formatCount } from "@/lib/numbers";
import { Button } from "@/ui/button";
import type { SelectionControl } from "@/ui/use-selection";
import { type GridHandle, VirtualGrid } from "@/ui/virtual-grid";

import type { ImageList, ListView } from "../images/image-list";
import { useLibrary } from "../images/use-library";
import type { Caption } from "./caption";
import { ImageCell } from "./cell";
import { Scrubber } from "./scrubber";
import { useReach } from "./use-reach";

export interface ImageGridProps {
  list: ImageList;
  view: ListView;
  selection: SelectionControl;
  minCellWidth: number;
  onOpen?: (id: string) => void;
  /** Below each picture. */
  caption?: Caption;
}

export function ImageGrid({ list, view, selection, minCellWidth, onOpen, caption }: ImageGridProps) {
  const { store } = useLibrary();
  const grid = useRef<GridHandle>(null);
  const [shown, setShown] = useState({ first: 0, last: 0 });
  const { first, last } = shown;
  const onReach = useReach(list);
  useChanges(view, first, last);
  const onVisible = useCallback(
    (from: number, to: number): void => {
      setShown({ first: from, last: to });
      list.look(from, to);
    },
    [list],
  );
  // Whoever looks at older images is not moved by new ones.
  const away = useRef(false);
  const onScroll = (event: UIEvent): void => {
    away.current = event.target instanceof Element && event.target.scrollTop > 0;
    list.hold(away.current);
  };
  useEffect(() => {
    list.hold(away.current);
    return () => list.hold(false);
  }, [list]);
  const timeline = view.sections.length > 1;

  return (
    <div className="relative flex h-full">
      <div className="h-full min-w-0 flex-1" onScrollCapture={onScroll}>
        <VirtualGrid
          label="Images"
          name={list.query.trash ? "trash" : "library"}
          order={view.order}
          sections={view.sections}
          selection={selection}
          minCellWidth={minCellWidth}
          ref={(handle) => {
            grid.current = handle;
          }}
          className={timeline ? "pr-2 pl-4 sm:pl-6" : "px-4 sm:px-6"}
          cellLabel={(index) => labelOf(store.get(view.order.idAt(index) ?? ""), caption)}
          renderCell={(index, { width, height }) => <ImageCell id={view.order.idAt(index)} width={width} height={height} {...(caption && { caption })} />}
          {...(caption && { footer: caption.height })}
          {...(onOpen && { onOpen: (_index: number, id: string) => onOpen(id) })}
          onVisible={onVisible}
          onReach={onReach}
        />
      </div>
      {timeline && <Scrubber sections={view.sections} total={view.total} index={first} onJump={(index) => grid.current?.scrollToCell(index)} />}
      {view.held > 0 && (
        <div className="absolute inset-x-0 top-2 flex justify-center">
          <Button
            variant="primary"
            onClick={() => {
              list.release();
              grid.current?.scrollToCell(0);
            }}
          >
            {formatCount(view.held)} new
          </Button>
        </div>
      )}
      {view.error !== undefined && (
        <div className="absolute inset-x-0 bottom-4 flex justify-center px-4 pb-[var(--above-bar,0px)]">
          <div role="alert" className="flex items-center gap-3 rounded-md bg-raised py-1.5 pr-1.5 pl-4 text-sm shadow-pop">
            <span className="py-1 text-pretty">Not all images could be loaded. {explain(view.error).message}</span>
            <Button onClick={() => list.retry()}>Try again</Button>
          </div>
        </div>
      )}
    </div>
  );
}

/** Renders again when an image in view changes: its name and state are read aloud. */
function useChanges({ order }: ListView, first: number, last: number): void {
  const { store } = useLibrary();
  const [, changed] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const ends: (() => void)[] = [];
    for (let index = first; index <= last; index += 1) {
      const id = order.idAt(index);
      if (id !== undefined) ends.push(store.subscribe(id, changed));
    }
    return () => ends.forEach((end) => end());
  }, [store, order, first, last]);
}

function labelOf(image: Image | undefined, caption: Caption | undefined): string {
  if (!image) return "Image that is being loaded";
  return [stateOf(image), caption?.say(image)].filter(Boolean).join(", ");
}

function stateOf(image: Image): string {
  if (image.state === Image_State.FAILED) return [`${image.filename}, failed`, image.failure?.message].filter(Boolean).join(": ");
  if (image.state === Image_State.UPLOADED) return `${image.filename}, being indexed`;
  return image.filename;
}
