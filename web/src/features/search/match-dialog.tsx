/** One match: where and why it was found, its near-duplicates, and how to search on from it. */
import { useQuery } from "@connectrpc/connect-query";

import { type Match } from "@/gen/argus/search/v1/search_pb.js";
import { ImageService } from "@/gen/argus/storage/v1/image_pb.js";
import { countOf, formatBytes, formatCount, formatPercent, formatScore } from "@/lib/numbers";
import { storePath } from "@/lib/store-url";
import { formatDate, toDate } from "@/lib/time";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { cx } from "@/ui/cx";
import { Dialog } from "@/ui/dialog";
import { CloseIcon, EyeIcon, MinusIcon, PlusIcon, SearchIcon } from "@/ui/icons";
import { Rectangle } from "@/ui/image-pane";
import { ErrorNote, Skeleton } from "@/ui/states";
import { Thumb } from "@/ui/thumb";
import { Wide } from "@/ui/wide";

import { type Part, regionOf, type Row, rowsOf } from "./explanation";
import { useShown } from "./picture-thumb";
import type { Picture } from "./pictures";
import { useExplanation } from "./use-explanation";
import type { Asking } from "./use-results";

export interface MatchDialogProps {
  match: Match;
  asking: Asking;
  /** Of the page that has it. */
  pageToken: string | undefined;
  onClose: () => void;
  onOpen: (imageId: string) => void;
  onExample: (imageId: string, unlike: boolean) => void;
  onOnly: (imageId: string) => void;
  onLeaveOut: (imageId: string) => void;
}

export default function MatchDialog({ match, asking, pageToken, onClose, onOpen, onExample, onOnly, onLeaveOut }: MatchDialogProps) {
  const { image } = match;
  const explained = useExplanation(asking, image?.imageId ?? "", pageToken);
  if (!image) return null;
  const id = image.imageId;
  const region = regionOf(explained.data ?? undefined);
  const added = toDate(image.createTime);
  return (
    <Dialog
      title={image.filename || "Image"}
      width="lg"
      onClose={onClose}
      actions={
        <div className="flex w-full flex-wrap justify-end gap-2">
          <Button icon={PlusIcon} onClick={() => onExample(id, false)}>
            More like this
          </Button>
          <Button icon={MinusIcon} onClick={() => onExample(id, true)}>
            Less like this
          </Button>
          <Button icon={SearchIcon} onClick={() => onOnly(id)}>
            Only like this
          </Button>
          <Button icon={CloseIcon} onClick={() => onLeaveOut(id)}>
            Leave out
          </Button>
          <Button variant="primary" icon={EyeIcon} onClick={() => onOpen(id)}>
            Open
          </Button>
        </div>
      }
    >
      <div className="flex flex-col gap-5">
        <div className="grid gap-5 sm:grid-cols-[minmax(0,18rem)_minmax(0,1fr)]">
          <figure className="flex flex-col gap-2">
            <div className="relative" style={{ aspectRatio: image.width / image.height || 1 }}>
              <Thumb src={storePath(image.previewUrl || image.thumbnailUrl)} thumbhash={image.thumbhash} alt="" className="absolute! inset-0 rounded-sm" />
              {region && <Rectangle box={region} className="border-accent" />}
            </div>
            <figcaption className="text-xs text-ink-faint">
              {[`${formatCount(image.width)} × ${formatCount(image.height)}`, formatBytes(image.sizeBytes), added && formatDate(added)].filter(Boolean).join(" · ")}
              {region && <span className="block">The frame is the part that fits best.</span>}
            </figcaption>
          </figure>
          <section aria-labelledby="why" className="flex min-w-0 flex-col gap-3">
            <h3 id="why" className="text-base font-semibold">
              Why it was found
            </h3>
            {match.confidence !== undefined && <p className="text-sm text-pretty text-ink-soft">{sayConfidence(match.confidence)}</p>}
            {explained.isPending && <Skeleton className="h-32" />}
            {explained.isError && <ErrorNote error={explained.error} />}
            {explained.data === null && <p className="text-sm text-ink-soft">It is not among these results any more.</p>}
            {explained.data && <Explained rows={rowsOf(explained.data, asking.search)} pictureOf={asking.pictureOf} />}
          </section>
        </div>
        {match.foldedCount > 0 && <Folded ids={match.foldedImageIds} count={match.foldedCount} onOpen={onOpen} />}
      </div>
    </Dialog>
  );
}

/** What confidence says, and no more. */
function sayConfidence(confidence: number): string {
  const chance = 1 - confidence;
  const share = chance < 0.001 ? "Less than 0.1%" : `About ${formatPercent(chance)}`;
  return `${share} of searches for what you do not have find something that scores as high.`;
}

function Explained({ rows, pictureOf }: { rows: readonly Row[]; pictureOf: (id: string) => Picture | undefined }) {
  const most = Math.max(...rows.map(({ share = 0 }) => Math.abs(share)), 1e-6);
  const words = rows.flatMap((row) => row.words);
  const several = rows.filter(({ kind }) => kind === "example").length > 1;
  const placed = rows.some(({ rank }) => rank > 0);
  return (
    <div className="flex flex-col gap-3">
      <Wide label="What gave the score">
        <table className="w-full text-sm">
          <thead className="text-left text-xs text-ink-faint">
            <tr>
              <th className="pr-3 pb-1 font-medium">What</th>
              <th className="pr-3 pb-1 text-right font-medium">Score</th>
              {several && <th className="pr-3 pb-1 text-right font-medium">Weight</th>}
              {several && <th className="pr-3 pb-1 font-medium">Adds</th>}
              {placed && <th className="pb-1 text-right font-medium">Place</th>}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.key} className="border-t border-line">
                <th scope="row" className="max-w-48 py-1.5 pr-3 text-left font-normal break-words">
                  <What row={row} pictureOf={pictureOf} />
                </th>
                <td className="py-1.5 pr-3 text-right tabular-nums">{formatScore(row.score)}</td>
                {several && <td className="py-1.5 pr-3 text-right tabular-nums">{row.kind === "all" ? "" : formatScore(row.weight, 2)}</td>}
                {several && <td className="py-1.5 pr-3">{row.share !== undefined && <Share share={row.share} most={most} />}</td>}
                {placed && <td className="py-1.5 text-right tabular-nums">{row.rank > 0 ? formatCount(row.rank) : ""}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
      {words.length > 0 && (
        <p className="flex flex-wrap items-center gap-1.5 text-sm text-ink-soft">
          In its name or labels:
          {words.map((word) => (
            <Chip key={word}>{word}</Chip>
          ))}
        </p>
      )}
    </div>
  );
}

function What({ row, pictureOf }: { row: Row; pictureOf: (id: string) => Picture | undefined }) {
  if (row.kind === "all") return "Meaning, all together";
  if (row.kind === "names") return "Words in name and labels";
  return row.part ? <PartName part={row.part} pictureOf={pictureOf} /> : "An example";
}

function PartName({ part, pictureOf }: { part: Part; pictureOf: (id: string) => Picture | undefined }) {
  const shown = useShown(part.kind === "words" ? undefined : part, pictureOf);
  return part.kind === "words" ? `“${part.text}”` : shown.label;
}

/** A bar to the right for what attracts, to the left for what repels, and the number. */
function Share({ share, most }: { share: number; most: number }) {
  const width = `${(Math.abs(share) / most) * 50}%`;
  return (
    <span className="flex items-center gap-2">
      <span aria-hidden="true" className="relative block h-2 w-20 rounded-full bg-sunken">
        <span
          className={cx("absolute inset-y-0 rounded-full", share < 0 ? "border border-ink-faint" : "bg-ink-faint")}
          style={share < 0 ? { right: "50%", width } : { left: "50%", width }}
        />
      </span>
      <span className="tabular-nums">
        {share < 0 ? "−" : "+"}
        {formatScore(Math.abs(share))}
      </span>
    </span>
  );
}

function Folded({ ids, count, onOpen }: { ids: readonly string[]; count: number; onOpen: (imageId: string) => void }) {
  const query = useQuery(ImageService.method.batchGetImages, { imageIds: [...ids] });
  return (
    <section aria-labelledby="folded" className="flex flex-col gap-2">
      <h3 id="folded" className="text-base font-semibold">
        {countOf(count, "near-duplicate")}
      </h3>
      {query.isPending && <Skeleton className="h-24" />}
      {query.isError && <ErrorNote error={query.error} />}
      {query.data && (
        <ul className="grid grid-cols-[repeat(auto-fill,minmax(6rem,1fr))] gap-2">
          {query.data.images.map((image) => (
            <li key={image.imageId}>
              <button type="button" onClick={() => onOpen(image.imageId)} className="flex w-full flex-col gap-1 rounded-sm text-left text-xs text-ink-soft hover:text-ink">
                <Thumb src={storePath(image.thumbnailUrl)} thumbhash={image.thumbhash} alt="" aspect={1} className="w-full rounded-sm" />
                <span className="w-full truncate">{image.filename || "Image"}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {count > ids.length && <p className="text-xs text-ink-faint">The first {formatCount(ids.length)} are shown.</p>}
    </section>
  );
}
