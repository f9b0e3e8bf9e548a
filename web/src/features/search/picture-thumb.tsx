/** A picture that is searched with, small; of one of which a part is meant, that part. */
import { useQuery } from "@connectrpc/connect-query";

import { ImageService } from "@/gen/argus/storage/v1/image_pb.js";
import { storePath } from "@/lib/store-url";
import type { FractionBox } from "@/lib/viewport";
import { ImageIcon } from "@/ui/icons";
import { Thumb } from "@/ui/thumb";

import type { Picture } from "./pictures";
import type { Source } from "./query";

/** What can be shown of a picture that is searched with. */
export interface Shown {
  label: string;
  /** Small, and as large as one draws on. */
  thumb: string | undefined;
  src: string | undefined;
  thumbhash: Uint8Array | undefined;
  size: { width: number; height: number } | undefined;
  /** It is not kept any more, or there is no such image. */
  gone: boolean;
}

const NOWHERE: Shown = { label: "Picture", thumb: undefined, src: undefined, thumbhash: undefined, size: undefined, gone: false };

export function useShown(source: Source | undefined, pictureOf: (id: string) => Picture | undefined): Shown {
  const imageId = source?.kind === "image" ? source.imageId : "";
  const query = useQuery(ImageService.method.getImage, { imageId }, { enabled: imageId !== "" });
  if (!source) return NOWHERE;
  if (source.kind === "picture") {
    const picture = pictureOf(source.pictureId);
    return picture
      ? { ...NOWHERE, label: picture.file.name || "Picture", thumb: picture.url, src: picture.url }
      : { ...NOWHERE, label: "Picture that is gone", gone: true };
  }
  const image = query.data;
  if (!image) return { ...NOWHERE, label: "Image", gone: query.isError };
  return {
    label: image.filename || "Image",
    thumb: storePath(image.thumbnailUrl),
    src: storePath(image.displayUrl || image.previewUrl || image.thumbnailUrl),
    thumbhash: image.thumbhash,
    size: { width: image.width, height: image.height },
    gone: false,
  };
}

export function PictureThumb({ shown, region, className }: { shown: Shown; region: FractionBox | undefined; className: string }) {
  // Cut out by the browser, where it can; elsewhere the whole is shown, and the words beside it say that a part is meant.
  const cut = region && `inset(${[region.top, 1 - region.right, 1 - region.bottom, region.left].map((each) => `${each * 100}%`).join(" ")})`;
  if (region && shown.src !== undefined) {
    return (
      <span className={`block overflow-hidden bg-sunken ${className}`}>
        <img src={shown.src} alt="" draggable={false} className="size-full object-cover" style={{ objectViewBox: cut }} />
      </span>
    );
  }
  if (shown.thumb === undefined && shown.gone) {
    return (
      <span className={`grid place-items-center bg-sunken text-ink-faint ${className}`}>
        <ImageIcon width={16} height={16} />
      </span>
    );
  }
  return <Thumb src={shown.thumb} thumbhash={shown.thumbhash} alt="" className={className} />;
}
