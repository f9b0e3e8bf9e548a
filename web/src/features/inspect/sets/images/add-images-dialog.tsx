/** Choosing images for a set: from the library, by label, or by their ids. */
import { useInfiniteQuery, useQuery } from "@connectrpc/connect-query";
import { type ReactNode, useId, useMemo, useState } from "react";

import { ImageService } from "@/gen/argus/storage/v1/image_pb.js";
import { explainBriefly } from "@/lib/errors";
import { countOf } from "@/lib/numbers";
import { orderOf, selectAll } from "@/lib/selection";
import { storePath } from "@/lib/store-url";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { Dialog } from "@/ui/dialog";
import { Select } from "@/ui/field";
import { LibraryIcon } from "@/ui/icons";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { Segmented } from "@/ui/tabs";
import { Thumb } from "@/ui/thumb";
import { type SelectionControl, useSelection } from "@/ui/use-selection";
import { VirtualGrid } from "@/ui/virtual-grid";

import { labelOptions, libraryFilter, parseIds, parseLabel } from "./library-filter";

const PAGE = 200;

export interface AddImagesDialogProps {
  /** Images that are in the set already, as far as that is known. */
  known: ReadonlySet<string>;
  busy: boolean;
  onAdd: (ids: readonly string[]) => Promise<void>;
  onClose: () => void;
}

export function AddImagesDialog({ known, busy, onAdd, onClose }: AddImagesDialogProps) {
  const [from, setFrom] = useState<"library" | "ids">("library");
  const selection = useSelection();
  const [text, setText] = useState("");
  const [failure, setFailure] = useState("");
  const typed = parseIds(text);
  const ids = from === "library" ? [...selection.selection.ids] : typed.ids;
  const add = (): void => {
    setFailure("");
    onAdd(ids).then(onClose, (error: unknown) => setFailure(explainBriefly(error)));
  };
  return (
    <Dialog
      title="Add images"
      width="lg"
      onClose={onClose}
      actions={
        <>
          {failure && <p role="alert" className="mr-auto self-center text-sm text-anomalous">{failure}</p>}
          <Button size="md" onClick={onClose}>Cancel</Button>
          <Button size="md" variant="primary" disabled={ids.length === 0} busy={busy} onClick={add}>
            {ids.length === 0 ? "Add images" : `Add ${countOf(ids.length, "image")}`}
          </Button>
        </>
      }
    >
      <div className="flex h-[60dvh] flex-col gap-3">
        <div>
          <Segmented
            label="Where from"
            value={from}
            onChange={setFrom}
            options={[
              { key: "library", label: "From your library" },
              { key: "ids", label: "By id" },
            ]}
          />
        </div>
        {from === "library" ? <LibraryPicker selection={selection} known={known} /> : <IdField text={text} onText={setText} wrong={typed.wrong} />}
      </div>
    </Dialog>
  );
}

function LibraryPicker({ selection, known }: { selection: SelectionControl; known: ReadonlySet<string> }) {
  const [chosen, setChosen] = useState("");
  const labels = useQuery(ImageService.method.listLabels, {}).data;
  const filter = libraryFilter(parseLabel(chosen));
  const query = useInfiniteQuery(
    ImageService.method.listImages,
    { filter, pageSize: PAGE, pageToken: "" },
    { pageParamKey: "pageToken", getNextPageParam: (last) => last.nextPageToken || undefined },
  );
  const images = useMemo(() => query.data?.pages.flatMap((page) => page.images) ?? [], [query.data]);
  const order = useMemo(() => orderOf(images.map((image) => image.imageId)), [images]);

  const body = (): ReactNode => {
    if (query.isPending) return <Skeleton className="h-full" />;
    if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
    if (images.length === 0) {
      return (
        <EmptyState icon={LibraryIcon} title="No images">
          {chosen ? "No image that can be used has this label." : "Your library has no images yet. Drop some on the page; they go there first."}
        </EmptyState>
      );
    }
    return (
      <VirtualGrid
        label="Images of your library"
        order={order}
        selection={selection}
        keyboard="focus"
        className="px-1"
        minCellWidth={120}
        cellLabel={(index) => {
          const image = images[index];
          return `${image?.filename ?? "Image"}${image && known.has(image.imageId) ? ", in the set already" : ""}`;
        }}
        renderCell={(index) => {
          const image = images[index];
          return (
            <>
              <Thumb src={storePath(image?.thumbnailUrl)} alt="" thumbhash={image?.thumbhash} className="size-full rounded-sm" />
              {image && known.has(image.imageId) && (
                <span className="absolute right-1 bottom-1">
                  <Chip>In the set</Chip>
                </span>
              )}
            </>
          );
        }}
        onVisible={(_first, last) => {
          if (last > images.length - 60 && query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
        }}
      />
    );
  };
  return (
    <>
      <div className="flex flex-wrap items-end justify-between gap-3">
        <Select
          label="Label"
          hideLabel
          size="sm"
          className="max-w-72"
          value={chosen}
          onChange={setChosen}
          options={[{ value: "", label: "All images, newest first" }, ...labelOptions(labels?.keys ?? [])]}
        />
        <Button variant="quiet" disabled={images.length === 0} onClick={() => selection.change((now) => selectAll(now, order))}>
          Select the {countOf(images.length, "image")} loaded
        </Button>
      </div>
      <div className="min-h-0 flex-1">{body()}</div>
    </>
  );
}

function IdField({ text, onText, wrong }: { text: string; onText: (text: string) => void; wrong: readonly string[] }) {
  const id = useId();
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">Image ids</label>
      <textarea
        id={id}
        value={text}
        spellCheck={false}
        aria-invalid={wrong.length > 0}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onText(event.target.value)}
        className="min-h-0 w-full flex-1 resize-none rounded-md bg-surface px-3 py-2 font-mono text-sm text-ink ring-1 ring-line-strong ring-inset focus:outline-2 focus:outline-accent"
      />
      <p id={`${id}-hint`} className={wrong.length > 0 ? "text-sm text-anomalous" : "text-sm text-ink-faint"}>
        {wrong.length > 0
          ? `${wrong.length === 1 ? "This is no id" : `${wrong.length} words are no ids`} and will be left out: ${wrong.slice(0, 3).join(", ")}`
          : "UUIDs of your images, one on a line or with commas between them."}
      </p>
    </div>
  );
}
