/** An image of a set, in a grid. */
import type { ImagePreview } from "@/gen/argus/storage/v1/image_pb.js";
import { storePath } from "@/lib/store-url";
import { Thumb } from "@/ui/thumb";
import { TrashIcon } from "@/ui/icons";
import { Skeleton } from "@/ui/states";

export function ReferenceCell({ preview, loaded }: { preview: ImagePreview | undefined; /** Whether the page that it is on has come. */ loaded: boolean }) {
  if (preview) {
    return (
      <Thumb
        src={storePath(preview.previewUrl) ?? storePath(preview.thumbnailUrl)}
        alt=""
        thumbhash={preview.thumbhash}
        className="size-full rounded-sm"
      />
    );
  }
  if (!loaded) return <Skeleton className="size-full" />;
  return (
    <div className="flex size-full flex-col items-center justify-center gap-1 rounded-sm bg-sunken text-center text-xs text-ink-faint">
      <TrashIcon />
      In the trash
    </div>
  );
}
