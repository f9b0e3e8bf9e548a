/** All images of a person: filtered, by month, selected, opened. */
import { useCallback } from "react";
import { useSearchParams } from "react-router";

import { countOf } from "@/lib/numbers";
import { useOpenImage } from "@/lib/use-open-image";
import { Button, ButtonLink } from "@/ui/button";
import { DropZone } from "@/ui/drop-zone";
import { Slider } from "@/ui/field";
import { CopyIcon, LibraryIcon, PlayIcon, TrashIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { type IsShown, useSelection, useShowing } from "@/ui/use-selection";
import { useShortcuts } from "@/ui/use-shortcuts";

import { EVERYTHING, isFiltered, keyOf, type LibraryQuery, matches, readQuery, writeQuery } from "./filter";
import { LARGEST, SMALLEST, useCellSize } from "./grid/cell-size";
import { FilterBar } from "./grid/filter-bar";
import { ImageGrid } from "./grid/image-grid";
import type { ListView } from "./images/image-list";
import { useImageList, useLibrary } from "./images/use-library";
import { AddImagesButton } from "./upload/add-images-button";
import { chooseFiles } from "./upload/choose-files";
import { useUploads } from "./upload/use-uploads";

const STEP = 32;

export function Component() {
  const [params, setParams] = useSearchParams();
  const query = readQuery(params);
  const { list, view } = useImageList(query);
  const selection = useSelection("library");
  useShowing("library", useIsShown(query, view));
  const openImage = useOpenImage();
  const uploads = useUploads();
  const [cell, setCell] = useCellSize();
  const go = (next: LibraryQuery): void => setParams(writeQuery(next));
  const add = (): void => chooseFiles((files) => uploads.queue.add(files));
  const resize = (by: number): void => setCell(Math.min(LARGEST, Math.max(SMALLEST, cell + by)));

  useShortcuts({ title: "Library" }, [
    { keys: "u", description: "Add images", run: add },
    { keys: "+", description: "Larger pictures", run: () => resize(STEP) },
    { keys: "-", description: "Smaller pictures", run: () => resize(-STEP) },
  ]);

  const empty = view.status === "ready" && view.total === 0;
  return (
    <Page
      title="Library"
      fill
      heading={
        <span className="flex items-baseline gap-3">
          Library
          {view.status === "ready" && view.total > 0 && (
            <span role="status" className="text-sm font-normal text-ink-soft">
              {countOf(view.total, "image")}
            </span>
          )}
        </span>
      }
      actions={
        <>
          <div className="hidden w-28 sm:block">
            <Slider label="Size of pictures" hideLabel min={SMALLEST} max={LARGEST} value={cell} onChange={setCell} format={(value) => `${Math.round(value)} pixels`} />
          </div>
          <ButtonLink to="/library/duplicates" variant="quiet" icon={CopyIcon}>
            Duplicates
          </ButtonLink>
          <ButtonLink to="/library/videos" variant="quiet" icon={PlayIcon}>
            Videos
          </ButtonLink>
          <ButtonLink to="/library/trash" variant="quiet" icon={TrashIcon}>
            Trash
          </ButtonLink>
          <AddImagesButton />
        </>
      }
      toolbar={empty && !isFiltered(query) ? undefined : <FilterBar query={query} onChange={go} />}
    >
      {view.status === "loading" && <Loading cell={cell} />}
      {view.status === "error" && (
        <div className="flex h-full">
          <ErrorState error={view.error} onRetry={() => list.retry()} />
        </div>
      )}
      {empty && (isFiltered(query) ? <NothingFits onClear={() => go({ ...EVERYTHING, order: query.order })} /> : <Welcome onFiles={(files) => uploads.queue.add(files)} />)}
      {view.status === "ready" && !empty && (
        <ImageGrid list={list} view={view} selection={selection} minCellWidth={cell} onOpen={(id) => openImage(view.order, id)} />
      )}
    </Page>
  );
}

/** What is loaded, and what is known to fit; of the rest nothing is said. */
function useIsShown(query: LibraryQuery, { order }: ListView): IsShown {
  const { store } = useLibrary();
  const key = keyOf(query);
  return useCallback(
    (id) => {
      if (order.indexOf(id) >= 0) return true;
      const image = store.get(id);
      return image && matches(query, image);
    },
    // The same key is the same query.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [order, store, key],
  );
}

function Welcome({ onFiles }: { onFiles: React.ComponentProps<typeof DropZone>["onFiles"] }) {
  return (
    <div className="flex h-full p-4 sm:p-6">
      <DropZone
        onFiles={onFiles}
        label="Drop your first images here"
        hint="Photographs, scans, frames of a camera, or whole folders, anywhere on the page. They become searchable in a moment. From a terminal: argus import"
        className="m-auto min-h-72 w-full max-w-160"
      />
    </div>
  );
}

function NothingFits({ onClear }: { onClear: () => void }) {
  return (
    <div className="flex h-full">
      <EmptyState icon={LibraryIcon} title="No image fits these filters" actions={<Button onClick={onClear}>Clear filters</Button>}>
        Take one of them away, or all.
      </EmptyState>
    </div>
  );
}

function Loading({ cell }: { cell: number }) {
  return (
    <div aria-busy="true" className="grid gap-2 px-4 pt-12 sm:px-6" style={{ gridTemplateColumns: `repeat(auto-fill, minmax(${cell}px, 1fr))` }}>
      {Array.from({ length: 24 }, (_, index) => (
        <Skeleton key={index} className="aspect-square" />
      ))}
    </div>
  );
}
