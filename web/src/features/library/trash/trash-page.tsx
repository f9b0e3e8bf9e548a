/** What was deleted and can still be brought back. */
import { useState } from "react";

import type { Image } from "@/gen/argus/storage/v1/image_pb.js";
import { countOf } from "@/lib/numbers";
import { clear, withAll, without } from "@/lib/selection";
import { formatDateTime, toDate } from "@/lib/time";
import { Button, ButtonLink } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ArrowLeftIcon, TrashIcon, UndoIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { toast } from "@/ui/toast";
import { useSelection } from "@/ui/use-selection";
import { useShortcuts } from "@/ui/use-shortcuts";

import { EVERYTHING } from "../filter";
import type { Caption } from "../grid/caption";
import { ImageGrid } from "../grid/image-grid";
import { useImageList, useLibrary } from "../images/use-library";
import { useDeeds } from "../tray/use-deeds";
import { purgeWords } from "./purge-words";

const QUERY = { ...EVERYTHING, trash: true };
const CELL = 168;

export function Component() {
  const library = useLibrary();
  const { list, view } = useImageList(QUERY);
  const selection = useSelection("trash");
  const { afterChange, attempt } = useDeeds();
  const [asking, setAsking] = useState(false);
  const chosen = selection.selection.ids;
  const which = chosen.size > 0 ? countOf(chosen.size, "image") : "all";

  /** What is selected, or everything, however much of it is loaded. */
  const wanted = async (): Promise<readonly string[]> => {
    if (chosen.size > 0) return [...chosen];
    await list.ensure(0, view.total - 1);
    return list.loadedIds();
  };
  /** Takes them out of the selection for good if the work succeeds. */
  const handOver = (work: (ids: readonly string[]) => Promise<void>): void =>
    void attempt(async () => {
      const ids = await wanted();
      selection.change((now) => without(now, ids));
      try {
        await work(ids);
      } catch (error) {
        if (chosen.size > 0) selection.change((now) => withAll(now, ids));
        throw error;
      }
    });
  const restore = (): void =>
    handOver(async (ids) => {
      await library.undelete(ids);
      afterChange();
      toast(`${countOf(ids.length, "image")} restored`, { tone: "success" });
    });
  const purge = (): void => {
    setAsking(false);
    handOver(async (ids) => {
      await library.purge(ids);
      toast(`${countOf(ids.length, "image")} deleted for ever`);
    });
  };
  useShortcuts({ title: "Trash", enabled: chosen.size > 0 && !asking }, [
    { keys: "r", description: "Restore what is selected", run: restore },
    { keys: "Delete", description: "Delete what is selected for ever", run: () => setAsking(true) },
  ]);

  return (
    <Page
      title="Trash"
      fill
      actions={
        <>
          <ButtonLink to="/library" variant="quiet" icon={ArrowLeftIcon}>
            Library
          </ButtonLink>
          {view.total > 0 && (
            <>
              {chosen.size > 0 && (
                <Button variant="quiet" onClick={() => selection.change(clear)}>
                  Select none
                </Button>
              )}
              <Button icon={UndoIcon} onClick={restore}>
                Restore {which}
              </Button>
              <Button variant="danger" icon={TrashIcon} onClick={() => setAsking(true)}>
                Delete {which} for ever
              </Button>
            </>
          )}
        </>
      }
      toolbar={<p className="text-sm text-ink-soft">Deleted images can be brought back until the time that each says; then nothing of them is kept.</p>}
    >
      {view.status === "loading" && <Skeleton className="m-6 h-40" />}
      {view.status === "error" && (
        <div className="flex h-full">
          <ErrorState error={view.error} onRetry={() => list.retry()} />
        </div>
      )}
      {view.status === "ready" &&
        (view.total === 0 ? (
          <div className="flex h-full">
            <EmptyState icon={TrashIcon} title="The trash is empty">
              What you delete comes here first, and can be brought back.
            </EmptyState>
          </div>
        ) : (
          <ImageGrid list={list} view={view} selection={selection} minCellWidth={CELL} caption={CAPTION} />
        ))}
      {asking && (
        <Dialog
          title="Delete for ever?"
          width="sm"
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button onClick={() => setAsking(false)}>Keep them</Button>
              <Button variant="danger" onClick={purge}>
                Delete for ever
              </Button>
            </>
          }
        >
          <p>{countOf(chosen.size > 0 ? chosen.size : view.total, "image")} will be gone with no way back, also from reference sets.</p>
        </Dialog>
      )}
    </Page>
  );
}

const CAPTION: Caption = { height: 26, render: (image) => <PurgeTime image={image} />, say: (image) => sayPurge(image, new Date()) };

function PurgeTime({ image }: { image: Image }) {
  // Rounded to hours, it need not follow the clock.
  const [now] = useState(() => new Date());
  const purge = toDate(image.purgeTime);
  if (!purge) return null;
  return (
    <time dateTime={purge.toISOString()} title={`Until ${formatDateTime(purge)}`} className="block truncate pt-1 text-xs text-ink-soft">
      {sayPurge(image, now)}
    </time>
  );
}

function sayPurge(image: Image, now: Date): string {
  const purge = toDate(image.purgeTime);
  return purge ? purgeWords(purge, now) : "";
}
