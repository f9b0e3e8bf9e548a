/** Images that are the same, in groups: which of each to keep, the others to the trash. */
import { useState } from "react";
import { useSearchParams } from "react-router";

import { DuplicateCluster_Kind as Kind, type DuplicateImage, type DuplicatesProgress, DuplicatesProgress_Stage as Stage, type DuplicatesSummary } from "@/gen/argus/search/v1/duplicates_pb.js";
import { countOf, formatBytes, formatScore } from "@/lib/numbers";
import { orderOf } from "@/lib/selection";
import { storePath } from "@/lib/store-url";
import { useOpenImage } from "@/lib/use-open-image";
import { Button, ButtonLink, IconButton } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { cx } from "@/ui/cx";
import { ArrowLeftIcon, CheckIcon, CopyIcon, EyeIcon, TrashIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { EmptyState, ErrorNote, ErrorState, ProgressBar } from "@/ui/states";
import { Thumb } from "@/ui/thumb";
import { toast } from "@/ui/toast";

import { useLibrary } from "../images/use-library";
import { useDeeds } from "../tray/use-deeds";
import { type Choices, type Cluster, going, idOf, KINDS, losesAll, readKinds, shown, stays, toggled, writeKinds } from "./clusters";
import { useDuplicates } from "./use-duplicates";

const KIND_WORDS: Record<(typeof KINDS)[number], { chip: string; of: string; about: string }> = {
  [Kind.EXACT]: { chip: "Same file", of: "the same file", about: "the same bytes" },
  [Kind.NEAR]: { chip: "Same picture", of: "the same picture", about: "saved otherwise, resized or a little changed" },
  [Kind.ALIKE]: { chip: "Alike", of: "alike", about: "pictures that the model holds to be alike, such as crops" },
};

export function Component() {
  const [params, setParams] = useSearchParams();
  const kinds = readKinds(params.get("kinds"));
  const duplicates = useDuplicates(kinds);
  const library = useLibrary();
  const { attempt, afterChange } = useDeeds();
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const [choices, setChoices] = useState<Choices>(new Map());

  const toggleKind = (kind: Kind): void => {
    const next = kinds.includes(kind) ? kinds.filter((one) => one !== kind) : [...kinds, kind];
    if (next.length > 0) setParams({ kinds: writeKinds(next) });
  };
  const remove = (ids: readonly string[]): void =>
    void attempt(async () => {
      const back = (): void => setGone((now) => new Set([...now].filter((id) => !ids.includes(id))));
      setGone((now) => new Set([...now, ...ids]));
      try {
        await library.delete(ids);
      } catch (error) {
        back();
        throw error;
      } finally {
        afterChange();
      }
      const undo = (): void =>
        void attempt(async () => {
          await library.undelete(ids);
          back();
          afterChange();
        });
      toast(`${countOf(ids.length, "image")} moved to the trash`, { action: { label: "Undo", run: undo } });
    });

  const clusters = duplicates.clusters.filter((cluster) => shown(cluster, gone).length > 0);
  const all = going(clusters, gone, choices);
  const emptied = clusters.some((cluster) => losesAll(cluster, gone, choices));
  return (
    <Page
      title="Duplicates"
      actions={
        <>
          <ButtonLink to="/library" variant="quiet" icon={ArrowLeftIcon}>
            Library
          </ButtonLink>
          {all.length > 0 && (
            <Button icon={TrashIcon} disabled={emptied} onClick={() => remove(all)}>
              Move {countOf(all.length, "image")} to the trash
            </Button>
          )}
        </>
      }
      toolbar={
        <div className="flex flex-col gap-2">
          <div role="group" aria-label="What counts as the same" className="flex flex-wrap gap-2">
            {KINDS.map((kind) => (
              <Chip key={kind} pressed={kinds.includes(kind)} onClick={() => toggleKind(kind)}>
                {KIND_WORDS[kind].chip}
              </Chip>
            ))}
          </div>
          <p role="status" className="text-sm text-ink-soft">
            {duplicates.summary ? <SummaryWords summary={duplicates.summary} /> : progressWords(duplicates.progress)}
          </p>
        </div>
      }
    >
      {duplicates.status === "looking" && <ProgressBar label="Comparing images" />}
      {duplicates.status === "error" && clusters.length === 0 && <ErrorState error={duplicates.error} onRetry={duplicates.retry} />}
      {duplicates.status === "ready" && clusters.length === 0 && !duplicates.more && <Nothing swept={gone.size > 0} />}
      <ul className="flex flex-col gap-4">
        {clusters.map((cluster) => (
          <Group
            key={cluster.key}
            cluster={cluster}
            gone={gone}
            choices={choices}
            onToggle={(id) => setChoices((now) => toggled(now, cluster, id))}
            onRemove={() => remove(going([cluster], gone, choices))}
          />
        ))}
      </ul>
      {duplicates.status === "error" && clusters.length > 0 && (
        <div className="mt-4 flex flex-wrap items-center gap-3">
          <ErrorNote error={duplicates.error} />
          <Button onClick={duplicates.retry}>Try again</Button>
        </div>
      )}
      {(duplicates.more || (duplicates.status === "loading" && clusters.length > 0)) && (
        <Button className="mt-4" busy={duplicates.status === "loading"} onClick={duplicates.loadMore}>
          Show more
        </Button>
      )}
    </Page>
  );
}

function progressWords(progress: DuplicatesProgress | undefined): string {
  if (progress?.stage === Stage.WAITING) return "Waiting for another comparison to end …";
  if (progress?.stage === Stage.READING) return `${countOf(progress.doneCount, "image")} read …`;
  return "Comparing images …";
}

function SummaryWords({ summary }: { summary: DuplicatesSummary }) {
  const left = summary.withoutEmbeddingCount;
  return (
    <>
      {summary.duplicateCount === 0n
        ? `No duplicates among ${countOf(summary.imageCount, "image")}.`
        : `${countOf(summary.duplicateCount, "duplicate")} in ${countOf(summary.clusterCount, "group")}, ${formatBytes(summary.duplicateBytes)}.`}
      {left > 0n && ` ${countOf(left, "image")} not indexed yet, and compared by file and picture only.`}
    </>
  );
}

function Nothing({ swept }: { swept: boolean }) {
  return (
    <EmptyState icon={CopyIcon} title={swept ? "All duplicates are dealt with" : "No duplicates"}>
      {swept ? "What you moved to the trash can be brought back from there." : "No two of your images are the same in any of these ways."}
    </EmptyState>
  );
}

interface GroupProps {
  cluster: Cluster;
  gone: ReadonlySet<string>;
  choices: Choices;
  onToggle: (id: string) => void;
  onRemove: () => void;
}

function Group({ cluster, gone, choices, onToggle, onRemove }: GroupProps) {
  const openImage = useOpenImage();
  const images = shown(cluster, gone);
  const order = orderOf(images.map(idOf));
  const count = going([cluster], gone, choices).length;
  const emptied = losesAll(cluster, gone, choices);
  const words = KIND_WORDS[cluster.kind as (typeof KINDS)[number]];
  const name = images[0]?.image?.filename ?? "";
  return (
    <li className="rounded-lg bg-surface p-4 ring-1 ring-line ring-inset">
      <div className="flex min-h-8 flex-wrap items-center justify-between gap-2">
        <h2 className="min-w-0 text-base font-medium" title={words.about}>
          {countOf(images.length, "image")}, {words.of}
        </h2>
        <Button icon={TrashIcon} disabled={count === 0 || emptied} onClick={onRemove} aria-label={`Move ${countOf(count, "image")} to the trash, like ${name}`}>
          Move {countOf(count, "image")} to the trash
        </Button>
      </div>
      {emptied && <p className="pt-1 text-sm text-warning">Keep at least one of them.</p>}
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(8.5rem,1fr))] gap-3 pt-3">
        {images.map((one, place) => (
          <Choice
            key={idOf(one)}
            one={one}
            best={place === 0}
            kept={stays(cluster, place, idOf(one), choices)}
            closeness={place === 0 ? "best" : closenessWords(cluster.kind, one)}
            onToggle={() => onToggle(idOf(one))}
            onOpen={() => openImage(order, idOf(one))}
          />
        ))}
      </ul>
    </li>
  );
}

function closenessWords(kind: Kind, one: DuplicateImage): string {
  if (kind === Kind.EXACT) return "same bytes";
  if (one.cosine !== undefined) return `alike ${formatScore(one.cosine, 2)}`;
  return one.distance === 0 ? "same picture" : `${countOf(one.distance, "bit")} apart`;
}

interface ChoiceProps {
  one: DuplicateImage;
  best: boolean;
  kept: boolean;
  closeness: string;
  onToggle: () => void;
  onOpen: () => void;
}

function Choice({ one, best, kept, closeness, onToggle, onOpen }: ChoiceProps) {
  const { image } = one;
  if (!image) return null;
  return (
    <li className="relative min-w-0">
      <button
        type="button"
        aria-pressed={kept}
        aria-label={`Keep ${image.filename}`}
        onClick={onToggle}
        className={cx("block w-full rounded-sm ring-offset-2 ring-offset-surface", kept ? "ring-2 ring-accent" : "opacity-70")}
      >
        <Thumb src={storePath(image.thumbnailUrl)} alt="" thumbhash={image.thumbhash} fit="contain" className="h-32 w-full rounded-sm" />
      </button>
      <span className="pointer-events-none absolute top-1 left-1">
        <Chip tone={kept ? "accent" : "neutral"} icon={kept ? CheckIcon : TrashIcon}>
          {kept ? "Keep" : "To the trash"}
        </Chip>
      </span>
      <div className="flex items-start gap-1 pt-2">
        <p className="min-w-0 flex-1 text-xs text-ink-soft">
          <span className="block truncate text-ink" title={image.filename}>
            {image.filename}
          </span>
          <span className="tabular-nums">
            {image.width} × {image.height}, {formatBytes(image.sizeBytes)}
          </span>
          <span className={cx("block", best && "font-medium text-ink")}>{best ? "Best" : closeness}</span>
        </p>
        <IconButton icon={EyeIcon} label={`Open ${image.filename}`} onClick={onOpen} />
      </div>
    </li>
  );
}
