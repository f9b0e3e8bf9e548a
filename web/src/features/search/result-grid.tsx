/** What was found, best first, with a heading where relevance falls. */
import { type ReactNode, useMemo } from "react";

import { countOf, formatCount, formatScore } from "@/lib/numbers";
import { storePath } from "@/lib/store-url";
import { IconButton } from "@/ui/button";
import { cx } from "@/ui/cx";
import { CopyIcon, type Icon, MinusIcon, MoreIcon, PlusIcon } from "@/ui/icons";
import { Thumb } from "@/ui/thumb";
import type { SelectionControl } from "@/ui/use-selection";
import { type GridHandle, VirtualGrid } from "@/ui/virtual-grid";

import { shareOfBest } from "./score-gap";
import type { Results } from "./use-results";

const NEAR_END = 12;
const CAPTION_HEIGHT = 36;

export interface ResultGridProps {
  results: Results;
  selection: SelectionControl;
  header: ReactNode;
  /** The search is being changed: these are the results before. */
  stale: boolean;
  onOpen: (imageId: string) => void;
  /** Somebody wants more, or less, like it. */
  onExample: (imageId: string, unlike: boolean) => void;
  /** Somebody asks about a match. */
  onMatch: (imageId: string) => void;
  /** The end comes near. */
  onEnd: () => void;
  ref?: (handle: GridHandle | null) => void;
}

export function ResultGrid({ results, selection, header, stale, onOpen, onExample, onMatch, onEnd, ref }: ResultGridProps) {
  const { matches, order, best, gap, likely } = results;
  const sections = useMemo(() => {
    if (likely !== undefined) return likely < matches.length ? [{ start: likely, key: "less", label: "Less likely" }] : [];
    return gap === undefined ? [] : [{ start: gap, key: "less", label: "Less alike" }];
  }, [gap, likely, matches.length]);
  return (
    <div className={cx("h-full transition-opacity", stale && "opacity-50")} aria-busy={stale}>
      <VirtualGrid
        label="Results"
        order={order}
        sections={sections}
        selection={selection}
        header={header}
        footer={CAPTION_HEIGHT}
        {...(ref && { ref })}
        cellLabel={(index) => {
          const match = matches[index];
          if (!match) return "Image";
          const folded = match.foldedCount > 0 ? `, ${countOf(match.foldedCount, "near-duplicate")}` : "";
          return `${match.image?.filename || "Image"}, score ${formatScore(match.score)}${folded}`;
        }}
        renderCell={(index, { width, height }) => {
          const match = matches[index];
          if (!match?.image) return null;
          const { image, score } = match;
          return (
            <>
              <div style={{ width, height: height - CAPTION_HEIGHT }}>
                <Thumb
                  src={storePath(width * devicePixelRatio > 300 ? image.previewUrl || image.thumbnailUrl : image.thumbnailUrl)}
                  thumbhash={image.thumbhash}
                  alt=""
                  className="size-full rounded-sm"
                />
              </div>
              <ScoreBar score={score} best={best} />
              {match.foldedCount > 0 && (
                <button
                  type="button"
                  tabIndex={-1}
                  onClick={(event) => {
                    event.stopPropagation();
                    onMatch(image.imageId);
                  }}
                  className="absolute left-2 inline-flex h-6 items-center gap-1 rounded-full bg-surface/90 px-2 text-xs font-medium text-ink hover:underline"
                  style={{ bottom: CAPTION_HEIGHT + 8 }}
                >
                  <CopyIcon width={14} height={14} />
                  <span className="sr-only">Near-duplicates:</span>+{formatCount(match.foldedCount)}
                </button>
              )}
              <span className="absolute top-1 right-1 flex gap-1 opacity-0 group-focus-within/cell:opacity-100 group-hover/cell:opacity-100 group-focus/cell:opacity-100 pointer-coarse:opacity-100">
                <CellButton icon={PlusIcon} label="More like this" keys="+" onPress={() => onExample(image.imageId, false)} />
                <CellButton icon={MinusIcon} label="Less like this" keys="-" onPress={() => onExample(image.imageId, true)} />
                <CellButton icon={MoreIcon} label="About this match" keys="i" onPress={() => onMatch(image.imageId)} />
              </span>
            </>
          );
        }}
        onOpen={(_index, id) => onOpen(id)}
        onVisible={(_first, last) => {
          if (last >= matches.length - NEAR_END) onEnd();
        }}
      />
    </div>
  );
}

/** Keys do the same for the cell in focus. */
function CellButton({ onPress, ...rest }: { icon: Icon; label: string; keys: string; onPress: () => void }) {
  return (
    <IconButton
      {...rest}
      tabIndex={-1}
      className="bg-surface/90"
      onClick={(event) => {
        event.stopPropagation();
        onPress();
      }}
    />
  );
}

function ScoreBar({ score, best }: { score: number; best: number }) {
  return (
    <div className="flex items-center gap-2 pt-1.5" aria-hidden="true">
      <span className="h-1 flex-1 overflow-hidden rounded-full bg-line">
        <span className="block h-full rounded-full bg-ink-faint" style={{ width: `${shareOfBest(score, best) * 100}%` }} />
      </span>
      <span className="text-xs text-ink-soft tabular-nums">{formatScore(score)}</span>
    </div>
  );
}
