/** One image large, with the list it was opened from to the left and right of it. */
import { useEffect, useRef, useState } from "react";
import { useLocation, useNavigate, useParams } from "react-router";

import { explainBriefly } from "@/lib/errors";
import { openShortcutSheet } from "@/lib/shortcut-sheet";
import { storePath } from "@/lib/store-url";
import { formatCount } from "@/lib/numbers";
import { ButtonLink, IconButton } from "@/ui/button";
import { cx } from "@/ui/cx";
import { ArrowLeftIcon, ChevronLeftIcon, ChevronRightIcon, DownloadIcon, ImageIcon, InfoIcon, TrashIcon, WarningIcon } from "@/ui/icons";
import { useTitle } from "@/ui/page";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { toast } from "@/ui/toast";
import { useShortcuts } from "@/ui/use-shortcuts";

import { useLibrary } from "../images/use-library";
import { InfoPanel } from "./info-panel";
import { usePanel } from "./panel-setting";
import { Stage } from "./stage";
import { useNeighbour } from "./use-neighbour";
import { useViewedImage } from "./use-viewed-image";
import { afterDelete, placeIn, walkOf } from "./walk";
import { stateWords } from "./words";

export function Component() {
  const { imageId: id = "" } = useParams();
  const location = useLocation();
  const navigate = useNavigate();
  const library = useLibrary();
  const viewed = useViewedImage(id);
  const image = viewed.state === "there" ? viewed.image : undefined;
  const [panel, setPanel] = usePanel();
  const [labelling, setLabelling] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const ids = walkOf(location.state, id);
  const { position, total, previous, next } = placeIn(ids, id);
  useNeighbour(next);
  useNeighbour(previous);
  useTitle(image?.filename ?? (viewed.state === "gone" ? "Not found" : "Image"));

  // Keys are heard wherever the focus is; read aloud, one begins here.
  useEffect(() => root.current?.focus({ preventScroll: true }), []);

  const close = (): void => {
    // Opened by its address, there is nothing to go back to.
    if (location.key === "default") void navigate("/library", { replace: true });
    else void navigate(-1);
  };
  /** In place of this one, so that back leads to the list. */
  const show = (to: string | undefined, list: readonly string[] = ids): void => {
    if (to === undefined) return;
    setLabelling(false);
    void navigate(`/library/${to}`, { replace: true, state: { ids: list } });
  };
  const togglePanel = (): void => {
    if (panel) setLabelling(false);
    setPanel(!panel);
  };
  const onUndone = (): void => {
    // Whoever looks elsewhere by now is left there.
    if (root.current?.isConnected) show(id, ids);
  };
  const remove = (): void => {
    if (!image) return;
    const to = afterDelete(ids, id);
    const undo = (): void =>
      void library.undelete([id]).then(onUndone, (error: unknown) => toast(explainBriefly(error), { tone: "error", key: "delete" }));
    library.delete([id]).then(
      () => toast(`${image.filename} deleted`, { key: "delete", action: { label: "Undo", run: undo } }),
      (error: unknown) => toast(`${image.filename} was not deleted. ${explainBriefly(error)}`, { tone: "error", key: "delete" }),
    );
    if (to) show(to.id, to.ids);
    else close();
  };

  useShortcuts({ title: "Viewer" }, [
    { keys: "Escape", description: "Back", run: close },
    { keys: "ArrowLeft", description: "Previous image", run: () => show(previous), repeats: true },
    { keys: "ArrowRight", description: "Next image", run: () => show(next), repeats: true },
    { keys: "i", description: "Show or hide what is known of it", run: togglePanel },
    {
      keys: "l",
      description: "Add a label",
      run: () => {
        if (!image) return;
        setPanel(true);
        setLabelling(true);
      },
    },
    { keys: "Delete", description: "Delete", run: remove },
    { keys: "?", description: "Show the keyboard shortcuts", run: openShortcutSheet },
  ]);

  const name = image?.filename ?? (viewed.state === "gone" ? "Not found" : "");
  const content = storePath(image?.contentUrl);
  return (
    <div ref={root} tabIndex={-1} className="flex h-full flex-col bg-canvas outline-none max-sm:fixed max-sm:inset-0 max-sm:z-30">
      <KeyBarrier />
      <header className="flex h-14 shrink-0 items-center gap-1 px-2 sm:px-3">
        <IconButton icon={ArrowLeftIcon} label="Back" keys="Escape" size="md" onClick={close} />
        <div className="min-w-0 flex-1 px-1">
          <h1 className="truncate text-base font-semibold" title={name}>
            {name || "\u00a0"}
          </h1>
          {total > 1 && (
            <p className="text-xs text-ink-faint tabular-nums">
              {formatCount(position)} of {formatCount(total)}
            </p>
          )}
        </div>
        {image && content !== undefined && (
          <a
            href={content}
            download={image.filename}
            aria-label="Download"
            title="Download"
            className="inline-grid size-10 place-items-center rounded-md text-ink-soft transition-colors hover:bg-sunken hover:text-ink"
          >
            <DownloadIcon />
          </a>
        )}
        {image && <IconButton icon={TrashIcon} label="Delete" keys="Delete" size="md" onClick={remove} />}
        {image && <IconButton icon={InfoIcon} label="About this image" keys="i" size="md" pressed={panel} onClick={togglePanel} />}
      </header>
      <p role="status" className="sr-only">
        {image && `${image.filename}${total > 1 ? `, ${position} of ${total}` : ""}`}
      </p>
      <div className="relative flex min-h-0 flex-1">
        <div className="relative grid min-w-0 flex-1 bg-sunken">
          {viewed.state === "loading" && <Skeleton className="size-full rounded-none" />}
          {viewed.state === "failed" && <ErrorState error={viewed.error} onRetry={viewed.retry} />}
          {viewed.state === "gone" && (
            <EmptyState
              icon={ImageIcon}
              title="This image is not here"
              actions={
                <>
                  <ButtonLink to="/library">To the library</ButtonLink>
                  <ButtonLink to="/library/trash">To the trash</ButtonLink>
                </>
              }
            >
              It was deleted, or never was yours to see. What was deleted lately can be brought back from the trash.
            </EmptyState>
          )}
          {image &&
            (image.displayUrl ? (
              <Stage key={id} image={image} onSwipe={(by) => show(by > 0 ? next : previous)} onBroken={() => library.store.refresh(id)} />
            ) : (
              <EmptyState icon={WarningIcon} title={stateWords(image).label}>
                {stateWords(image).help || "There is no picture of it yet."}
              </EmptyState>
            ))}
          {total > 1 && (
            <>
              <Step icon={ChevronLeftIcon} label="Previous image" keys="ArrowLeft" side="left-2" disabled={previous === undefined} onStep={() => show(previous)} />
              <Step icon={ChevronRightIcon} label="Next image" keys="ArrowRight" side="right-2" disabled={next === undefined} onStep={() => show(next)} />
            </>
          )}
        </div>
        {image && panel && <InfoPanel image={image} labelling={labelling} onLabelling={setLabelling} onClose={togglePanel} />}
      </div>
    </div>
  );
}

/** Hides the keys of all that is below. Comes before what has keys of its own, whose scopes must open after it. */
function KeyBarrier() {
  useShortcuts({ title: "Viewer", exclusive: true }, []);
  return null;
}

interface StepProps {
  icon: typeof ChevronLeftIcon;
  label: string;
  keys: string;
  side: string;
  disabled: boolean;
  onStep: () => void;
}

function Step({ icon, label, keys, side, disabled, onStep }: StepProps) {
  return (
    <div className={cx("absolute top-1/2 -translate-y-1/2", side)}>
      <IconButton icon={icon} label={label} keys={keys} size="md" disabled={disabled} onClick={onStep} className="bg-raised shadow-pop hover:bg-raised disabled:opacity-0" />
    </div>
  );
}
