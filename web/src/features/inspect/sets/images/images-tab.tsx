/** What a set holds: its images, adding and removing them, and what people's judgements propose. */
import { type ReactNode, useMemo, useState } from "react";
import { useNavigate } from "react-router";

import type { ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { countOf } from "@/lib/numbers";
import { clear, orderOf, type Order } from "@/lib/selection";
import { Button, ButtonLink } from "@/ui/button";
import { ImageIcon, InfoIcon, PlusIcon, TrashIcon } from "@/ui/icons";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { useSelection } from "@/ui/use-selection";
import { useShortcuts } from "@/ui/use-shortcuts";
import { VirtualGrid } from "@/ui/virtual-grid";

import { setPath } from "../paths";
import { NOT_YOURS, useSet } from "../set-context";
import { AddImagesDialog } from "./add-images-dialog";
import { useChangeImages } from "./change-images";
import { ProposedImages } from "./proposed-images";
import { ReferenceCell } from "./reference-cell";
import { useReferenceImages } from "./reference-images";

export function ImagesTab() {
  const { set, owned } = useSet();
  const navigate = useNavigate();
  const { query, ids, previews, hide } = useReferenceImages(set.referenceSetId);
  const change = useChangeImages(set);
  const selection = useSelection(`reference images ${set.referenceSetId}`);
  const [adding, setAdding] = useState(false);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const length = hasNextPage ? Math.max(ids.length, set.imageCount) : ids.length;
  const order = useMemo<Order>(() => ({ ...orderOf(ids), length }), [ids, length]);
  const known = useMemo(() => new Set(ids), [ids]);
  const chosen = selection.selection.ids;
  const remove = (): void => {
    const gone = [...chosen];
    if (gone.length === 0 || !owned) return;
    selection.change(clear);
    void change.remove(gone, hide);
  };
  useShortcuts({ title: "Images of the set", enabled: owned }, [
    { keys: "+", description: "Add images", run: () => setAdding(true) },
    { keys: "Delete", description: "Remove the selected images from the set", run: remove },
  ]);

  const body = (): ReactNode => {
    if (query.isPending) {
      return (
        <div role="status" aria-label="Loading images" className="grid grid-cols-3 gap-2 px-4 pt-4 sm:grid-cols-6 sm:px-6">
          {Array.from({ length: 12 }, (_, index) => <Skeleton key={index} className="aspect-square" />)}
        </div>
      );
    }
    if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
    if (ids.length === 0) {
      return (
        <div className="h-full overflow-y-auto">
          {owned && <div className="px-4 pt-4 sm:px-6"><ProposedImages set={set} onAdd={(some) => void change.add(some, known)} /></div>}
          <EmptyState
            icon={ImageIcon}
            title="No images in this set yet"
            actions={owned && <Button variant="primary" size="md" icon={PlusIcon} onClick={() => setAdding(true)}>Add images</Button>}
          >
            Add images of good parts, as the line sees them: same camera, light and distance, and all that is normal, harmless marks
            included. 20 are enough for a start, 100 for a threshold at 1 %.
          </EmptyState>
        </div>
      );
    }
    return (
      <VirtualGrid
        label="Images of the set"
        order={order}
        {...(owned && { selection })}
        // Of others' images the name is not told.
        cellLabel={(index) => previews.get(ids[index] ?? "")?.filename || "Image"}
        renderCell={(index) => <ReferenceCell preview={previews.get(ids[index] ?? "")} loaded={index < ids.length} />}
        onOpen={(_index, id) => {
          // Others' images are not in one's own library.
          if (owned) void navigate(`/library/${id}`);
        }}
        onVisible={(_first, last) => {
          if (last > ids.length - 60 && hasNextPage && !isFetchingNextPage) void fetchNextPage();
        }}
        minCellWidth={144}
        header={
          <div className="flex flex-col gap-3 pt-3 pb-4">
            <Changed set={set} owned={owned} />
            {owned && <ProposedImages set={set} onAdd={(some) => void change.add(some, known)} />}
            <div className="flex min-h-8 flex-wrap items-center gap-2">
              {owned ? (
                <>
                  <Button icon={PlusIcon} onClick={() => setAdding(true)}>Add images</Button>
                  {chosen.size > 0 && (
                    <>
                      <Button icon={TrashIcon} onClick={remove}>Remove {countOf(chosen.size, "image")} from the set</Button>
                      <Button variant="quiet" onClick={() => selection.change(clear)}>Select nothing</Button>
                    </>
                  )}
                  {chosen.size === 0 && <span className="text-sm text-ink-faint">Removing takes an image out of the set; it stays in your library.</span>}
                </>
              ) : (
                <span className="text-sm text-ink-soft">{NOT_YOURS}</span>
              )}
            </div>
          </div>
        }
      />
    );
  };
  return (
    <>
      {body()}
      {adding && <AddImagesDialog known={known} busy={change.pending} onAdd={(some) => change.add(some, known)} onClose={() => setAdding(false)} />}
    </>
  );
}

/** What is in a set counts from the next calibration on. */
function Changed({ set, owned }: { set: ReferenceSet; owned: boolean }) {
  const first = set.currentVersion === 0;
  if (!first && !set.changed) return null;
  return (
    <div role="status" className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-md bg-warning-soft px-4 py-2 text-sm text-warning">
      <span className="flex items-center gap-2">
        <InfoIcon width={16} height={16} className="shrink-0" />
        {first ? "Nothing was learnt from these images yet." : `Changed since version ${set.currentVersion}: the changes count from the next calibration on.`}
      </span>
      {owned && <ButtonLink to={setPath(set.referenceSetId, "calibrate")}>Calibrate</ButtonLink>}
    </div>
  );
}
