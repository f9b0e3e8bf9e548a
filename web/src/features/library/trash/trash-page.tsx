/** What was deleted and can still be brought back. */
import { useState } from "react";

import { countOf } from "@/lib/numbers";
import { clear } from "@/lib/selection";
import { Button, ButtonLink } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ArrowLeftIcon, TrashIcon, UndoIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { toast } from "@/ui/toast";
import { useSelection } from "@/ui/use-selection";

import { EVERYTHING } from "../filter";
import { useDeeds } from "../tray/use-deeds";
import { ImageGrid } from "../grid/image-grid";
import { useImageList, useLibrary } from "../images/use-library";

const QUERY = { ...EVERYTHING, trash: true };
const CELL = 168;

export function Component() {
  const library = useLibrary();
  const { list, view } = useImageList(QUERY);
  const selection = useSelection("trash");
  const { afterChange, attempt } = useDeeds();
  const [asking, setAsking] = useState(false);
  const chosen = [...selection.selection.ids];
  const ids = chosen.length > 0 ? chosen : list.loadedIds();
  const which = chosen.length > 0 ? countOf(chosen.length, "image") : "all";

  const restore = (): void =>
    void attempt(async () => {
      await list.ensure(0, view.total - 1);
      const back = chosen.length > 0 ? chosen : list.loadedIds();
      selection.change(clear);
      await library.undelete(back);
      afterChange();
      toast(`${countOf(back.length, "image")} restored`, { tone: "success" });
    });
  const purge = (): void =>
    void attempt(async () => {
      setAsking(false);
      if (chosen.length === 0) await list.ensure(0, view.total - 1);
      const gone = chosen.length > 0 ? chosen : list.loadedIds();
      selection.change(clear);
      await library.purge(gone);
      toast(`${countOf(gone.length, "image")} deleted for ever`);
    });

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
      toolbar={<p className="text-sm text-ink-soft">Deleted images are kept for a while, a day unless this installation says otherwise; then they are gone.</p>}
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
          <ImageGrid list={list} view={view} selection={selection} minCellWidth={CELL} />
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
          <p>{countOf(chosen.length > 0 ? ids.length : view.total, "image")} will be gone with no way back, also from reference sets.</p>
        </Dialog>
      )}
    </Page>
  );
}
