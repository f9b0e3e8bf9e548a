/** What is being added, in a corner of every page. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { Link } from "react-router";

import { explainBriefly } from "@/lib/errors";
import { countOf } from "@/lib/numbers";
import { Button, IconButton, Spinner } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { cx } from "@/ui/cx";
import { CheckIcon, ChevronDownIcon, CloseIcon, type Icon, ImageIcon, PauseIcon, PlayIcon, RetryIcon, TagIcon, WarningIcon } from "@/ui/icons";
import { ProgressBar } from "@/ui/states";
import { toast } from "@/ui/toast";

import { LabelForm } from "../labels/label-form";
import type { UploadItem } from "./upload-item";
import { useLeftovers, useUploads, useUploadSummary } from "./use-uploads";
import { headline, pace, sorted, stateOf } from "./words";

const ROW = 44;
const TALLEST = 264;

export function UploadPanel() {
  const { queue } = useUploads();
  const summary = useUploadSummary();
  const leftovers = useLeftovers();
  // On a phone it would hide the page.
  const [small, setSmall] = useState(() => matchMedia("(max-width: 40rem)").matches);
  const [labelling, setLabelling] = useState(false);
  if (summary.total === 0) return leftovers.length > 0 ? <LeftoverNote /> : null;

  const { open, paused, failed, problem } = summary;
  const labels = queue.getLabels();
  const setLabels = (next: Record<string, string>): void => {
    queue.setLabels(next).catch((error: unknown) => toast(explainBriefly(error), { tone: "error" }));
  };
  return (
    <Frame label="Uploads">
      <header className="flex items-center gap-1 py-2 pr-2 pl-4">
        <div className="min-w-0 flex-1">
          <h2 className="truncate text-sm font-semibold tabular-nums">{headline(summary)}</h2>
          <Announcement text={headline(summary)} now={open === 0 || paused} />
          {open > 0 && <p className="h-4 truncate text-xs text-ink-faint tabular-nums">{pace(summary)}</p>}
        </div>
        {open > 0 &&
          (paused ? (
            <IconButton icon={PlayIcon} label="Go on with the uploads" onClick={() => queue.resume()} />
          ) : (
            <IconButton icon={PauseIcon} label="Pause the uploads" onClick={() => queue.pause()} />
          ))}
        <IconButton
          icon={ChevronDownIcon}
          label={small ? "Show the files" : "Hide the files"}
          aria-expanded={!small}
          className={small ? "rotate-180" : ""}
          onClick={() => setSmall(!small)}
        />
        <IconButton
          icon={CloseIcon}
          label={open > 0 ? "Cancel the uploads" : "Close"}
          onClick={() => {
            if (open === 0) queue.clear();
            else {
              queue.cancel();
              toast(`${countOf(open, "upload")} cancelled`, { key: "uploads" });
            }
          }}
        />
      </header>
      {open > 0 && (
        <ProgressBar label="All uploads" value={summary.sentBytes} max={summary.totalBytes} tone={paused ? "warning" : "accent"} />
      )}
      {problem && <p className="px-4 py-2 text-sm text-pretty text-anomalous" role="alert">{problem}</p>}
      {!small && (
        <>
          <Files items={sorted(summary.items)} />
          <footer className="flex flex-wrap items-center gap-2 border-t border-line p-2">
            {Object.entries(labels).map(([key, value]) => (
              <Chip
                key={key}
                icon={TagIcon}
                {...(open > 0 && {
                  onRemove: () => setLabels(Object.fromEntries(Object.entries(labels).filter(([other]) => other !== key))),
                  removeLabel: `Do not label with ${key}`,
                })}
              >
                {value ? `${key}: ${value}` : key}
              </Chip>
            ))}
            {labelling ? (
              <LabelForm
                onAdd={(key, value) => {
                  setLabels({ ...labels, [key]: value });
                  setLabelling(false);
                }}
                onCancel={() => setLabelling(false)}
              />
            ) : (
              <Button variant="quiet" icon={TagIcon} onClick={() => setLabelling(true)}>
                Label all
              </Button>
            )}
            <span className="flex-1" />
            {(failed > 0 || problem) && (
              <Button icon={RetryIcon} onClick={() => queue.retry()}>
                {failed > 0 ? `Retry all (${failed})` : "Retry all"}
              </Button>
            )}
          </footer>
        </>
      )}
    </Frame>
  );
}

const ANNOUNCE_MS = 5000;

/** Reads counts aloud now and then, and what matters at once; nobody could listen to each of them. */
function Announcement({ text, now }: { text: string; now: boolean }) {
  const [said, setSaid] = useState(text);
  const latest = useRef(text);
  useEffect(() => {
    latest.current = text;
  });
  useEffect(() => {
    const timer = setInterval(() => setSaid(latest.current), ANNOUNCE_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <p role="status" className="sr-only">
      {now ? text : said}
    </p>
  );
}

function Frame({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <section
      aria-label={label}
      className="appear fixed inset-x-0 bottom-[calc(3.5rem+env(safe-area-inset-bottom))] z-40 overflow-hidden rounded-t-lg bg-raised shadow-pop sm:inset-x-auto sm:right-4 sm:bottom-4 sm:w-96 sm:rounded-lg"
    >
      {children}
    </section>
  );
}

function Files({ items }: { items: readonly UploadItem[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 4,
    initialRect: { width: 384, height: TALLEST },
  });
  return (
    // A list that scrolls has to be reachable by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div ref={scroller} tabIndex={0} role="group" aria-label="Files" className="overflow-y-auto -outline-offset-2" style={{ height: Math.min(TALLEST, items.length * ROW) }}>
      <ul className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const item = items[index];
          return item && <FileRow key={item.key} item={item} top={start} />;
        })}
      </ul>
    </div>
  );
}

const SIGNS: Partial<Record<UploadItem["state"], { icon: Icon; className: string }>> = {
  done: { icon: CheckIcon, className: "text-normal" },
  existing: { icon: CheckIcon, className: "text-ink-faint" },
  failed: { icon: WarningIcon, className: "text-anomalous" },
  refused: { icon: WarningIcon, className: "text-anomalous" },
};

function FileRow({ item, top }: { item: UploadItem; top: number }) {
  const { queue } = useUploads();
  const { state } = item;
  const sign = SIGNS[state] ?? { icon: ImageIcon, className: "text-ink-faint" };
  const imageId = item.imageId ?? item.twin?.imageId;
  const wrong = state === "failed" || state === "refused";
  const moving = state === "sending" || state === "checking";
  return (
    <li className="group absolute inset-x-0 flex items-center gap-3 px-4" style={{ height: ROW, transform: `translateY(${top}px)` }}>
      <span className={cx("shrink-0", sign.className)}>{moving ? <Spinner /> : <sign.icon width={16} height={16} />}</span>
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm" title={item.path}>
          {item.name}
        </p>
        <p className={cx("truncate text-xs tabular-nums", wrong ? "text-anomalous" : "text-ink-faint")} title={wrong ? item.reason : undefined}>
          {(state === "existing" || state === "done") && imageId ? (
            <Link to={`/library/${imageId}`} className="hover:underline">
              {stateOf(item)}
              {state === "existing" && <span className="text-accent"> – show it</span>}
            </Link>
          ) : (
            stateOf(item)
          )}
        </p>
      </div>
      {["waiting", "read", "sending"].includes(state) && (
        <IconButton
          icon={CloseIcon}
          label={`Cancel ${item.name}`}
          onClick={() => queue.cancel(item)}
          className="opacity-0 group-hover:opacity-100 focus-visible:opacity-100"
        />
      )}
    </li>
  );
}

/** After a reload: what was not finished. */
function LeftoverNote() {
  const uploads = useUploads();
  const leftovers = useLeftovers();
  const [open, setOpen] = useState(false);
  const count = countOf(leftovers.length, "file");
  return (
    <Frame label="Unfinished uploads">
      <div className="flex items-start gap-2 py-3 pr-2 pl-4">
        <div className="min-w-0 flex-1">
          <h2 className="text-sm font-semibold">{leftovers.length === 1 ? `${count} was not added` : `${count} were not added`}</h2>
          <p className="text-sm text-pretty text-ink-soft">
            The page was closed while they were uploading. Drop the same files or folder again to go on; what is here already is not sent twice.
          </p>
          <button type="button" aria-expanded={open} className="mt-1 text-sm font-medium text-accent hover:underline" onClick={() => setOpen(!open)}>
            {open ? "Hide their names" : "Which ones?"}
          </button>
        </div>
        <IconButton icon={CloseIcon} label="Forget them" onClick={() => uploads.forgetLeftovers()} />
      </div>
      {open && (
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <ul tabIndex={0} aria-label="Unfinished files" className="max-h-48 overflow-y-auto border-t border-line px-4 py-2 text-sm -outline-offset-2">
          {leftovers.slice(0, 200).map((left) => (
            <li key={`${left.path} ${left.modified}`} className="truncate py-0.5">
              {left.path}
            </li>
          ))}
          {leftovers.length > 200 && <li className="py-0.5 text-ink-faint">and {leftovers.length - 200} more</li>}
        </ul>
      )}
    </Frame>
  );
}
