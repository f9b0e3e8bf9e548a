/** The images of a list, by month, with a timeline; cells are loaded as they come into view. */
import { useCallback, useEffect, useRef, useState } from "react";

import type { Image } from "@/gen/argus/storage/v1/image_pb.js";
import { Image_State } from "@/gen/argus/storage/v1/image_pb.js";
import { Button } from "@/ui/button";
import type { SelectionControl } from "@/ui/use-selection";
import { type GridHandle, VirtualGrid } from "@/ui/virtual-grid";

import type { ImageList, ListView } from "../images/image-list";
import { useLibrary } from "../images/use-library";
import { ImageCell } from "./cell";
import { Scrubber } from "./scrubber";

export interface ImageGridProps {
  list: ImageList;
  view: ListView;
  selection: SelectionControl;
  minCellWidth: number;
  onOpen?: (id: string) => void;
}

export function ImageGrid({ list, view, selection, minCellWidth, onOpen }: ImageGridProps) {
  const { store } = useLibrary();
  const grid = useRef<GridHandle>(null);
  const [first, setFirst] = useState(0);
  const onVisible = useCallback(
    (from: number, to: number): void => {
      setFirst(from);
      list.look(from, to);
      // Whoever looks at older images is not moved by new ones.
      list.hold(from > 0);
    },
    [list],
  );
  useEffect(() => () => list.hold(false), [list]);
  const timeline = view.sections.length > 1;

  return (
    <div className="relative flex h-full">
      <div className="h-full min-w-0 flex-1">
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
          className={timeline ? "pl-4 sm:pl-6" : "px-4 sm:px-6"}
          cellLabel={(index) => labelOf(store.get(view.order.idAt(index) ?? ""))}
          renderCell={(index, { width }) => <ImageCell id={view.order.idAt(index)} width={width} />}
          {...(onOpen && { onOpen: (_index: number, id: string) => onOpen(id) })}
          onVisible={onVisible}
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
            {view.held} new
          </Button>
        </div>
      )}
    </div>
  );
}

function labelOf(image: Image | undefined): string {
  if (!image) return "Image that is being loaded";
  if (image.state === Image_State.FAILED) return `${image.filename}, failed`;
  if (image.state === Image_State.UPLOADED) return `${image.filename}, being indexed`;
  return image.filename;
}
