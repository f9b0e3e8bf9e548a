/** Pictures of stored images, as a result shows them. */
import type { ImagePreview } from "@/gen/argus/storage/v1/image_pb.js";
import { storePath } from "@/lib/store-url";

import type { Picture } from "./result-view";

export function pictureOf(preview: ImagePreview | undefined): Picture {
  if (!preview) return { name: "Image that was not stored", src: undefined };
  return {
    name: preview.filename,
    src: storePath(preview.displayUrl) ?? storePath(preview.previewUrl),
    thumb: storePath(preview.thumbnailUrl),
    thumbhash: preview.thumbhash,
    size: preview,
  };
}
