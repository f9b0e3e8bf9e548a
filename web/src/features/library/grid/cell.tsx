/** One image in the grid: its picture, and its state where that is not the usual one. */
import { Image_State } from "@/gen/argus/storage/v1/image_pb.js";
import { storePath } from "@/lib/store-url";
import { WarningIcon } from "@/ui/icons";
import { Thumb } from "@/ui/thumb";

import { useImage } from "../images/use-library";
import type { Caption } from "./caption";

/** Wider than this, a thumbnail would look soft. */
const THUMBNAIL_PX = 280;

export interface ImageCellProps {
  id: string | undefined;
  width: number;
  /** With the caption. */
  height: number;
  caption?: Caption;
}

export function ImageCell({ id, width, height, caption }: ImageCellProps) {
  const image = useImage(id);
  const pictured = height - (caption?.height ?? 0);
  if (!image) return <div className="w-full rounded-sm bg-sunken" style={{ height: pictured }} />;
  const sharp = width * devicePixelRatio > THUMBNAIL_PX ? image.previewUrl || image.thumbnailUrl : image.thumbnailUrl;
  return (
    <>
      <div className="relative" style={{ height: pictured }}>
        <Thumb src={storePath(sharp)} thumbhash={image.thumbhash} alt="" className="size-full rounded-sm" />
        {image.state === Image_State.FAILED && (
          <Badge title={image.failure?.message ?? "It cannot be used."}>
            <WarningIcon width={14} height={14} className="text-warning" /> Failed
          </Badge>
        )}
        {image.state === Image_State.UPLOADED && (
          <Badge title="Search does not find it yet.">
            {/* Nothing that moves: after a drop of a folder, all cells say this. */}
            <span aria-hidden="true" className="size-1.5 rounded-full bg-accent" /> Indexing
          </Badge>
        )}
      </div>
      {caption?.render(image)}
    </>
  );
}

function Badge({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <span
      title={title}
      className="absolute bottom-1.5 left-1.5 inline-flex items-center gap-1 rounded-full bg-surface/90 px-2 py-0.5 text-xs font-medium text-ink"
    >
      {children}
    </span>
  );
}
