/** Chooses images of the library. */
import { useInfiniteQuery } from "@connectrpc/connect-query";
import { useMemo } from "react";

import { ImageService } from "@/gen/argus/storage/v1/image_pb.js";
import { countOf } from "@/lib/numbers";
import { orderOf } from "@/lib/selection";
import { storePath } from "@/lib/store-url";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { LibraryIcon } from "@/ui/icons";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { Thumb } from "@/ui/thumb";
import { useSelection } from "@/ui/use-selection";
import { VirtualGrid } from "@/ui/virtual-grid";

export interface LibraryPickerProps {
  onChoose: (imageIds: string[]) => void;
  onClose: () => void;
  /** One image, which is not inspected at once. */
  single?: boolean;
}

export function LibraryPicker({ onChoose, onClose, single = false }: LibraryPickerProps) {
  const images = useInfiniteQuery(
    ImageService.method.listImages,
    { pageSize: 100, pageToken: "", filter: "NOT state = FAILED AND NOT state = PENDING" },
    { pageParamKey: "pageToken", getNextPageParam: (page) => page.nextPageToken || undefined },
  );
  const all = useMemo(() => images.data?.pages.flatMap((page) => page.images) ?? [], [images.data]);
  const order = useMemo(() => orderOf(all.map((image) => image.imageId)), [all]);
  const selection = useSelection();
  const chosen = selection.selection.ids;
  return (
    <Dialog
      title={single ? "Choose a picture" : "Choose images to inspect"}
      width="lg"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" disabled={chosen.size === 0 || (single && chosen.size > 1)} onClick={() => onChoose(all.map((image) => image.imageId).filter((id) => chosen.has(id)))}>
            {single ? (chosen.size > 1 ? "Choose one" : "Choose") : chosen.size === 0 ? "Inspect" : `Inspect ${countOf(chosen.size, "image")}`}
          </Button>
        </>
      }
    >
      <div className="h-[60dvh]">
        {images.isPending ? (
          <Skeleton className="h-full" />
        ) : images.isError ? (
          <ErrorState error={images.error} onRetry={() => void images.refetch()} />
        ) : all.length === 0 ? (
          <EmptyState icon={LibraryIcon} title="No images yet">Add some to your library, or drop files here to inspect them without keeping them.</EmptyState>
        ) : (
          <VirtualGrid
            label="Images of the library"
            keyboard="focus"
            minCellWidth={112}
            className="p-1"
            order={order}
            selection={selection}
            cellLabel={(index) => all[index]?.filename ?? "Image"}
            renderCell={(index) => <Thumb src={storePath(all[index]?.thumbnailUrl)} alt="" thumbhash={all[index]?.thumbhash} className="size-full rounded-sm" />}
            onVisible={(_first, last) => {
              if (last > all.length - 40 && images.hasNextPage && !images.isFetchingNextPage) void images.fetchNextPage();
            }}
          />
        )}
      </div>
    </Dialog>
  );
}
