/** Plays a video from a moment on. */
import { useQuery } from "@connectrpc/connect-query";
import { useState } from "react";

import { VideoService } from "@/gen/argus/storage/v1/video_pb.js";
import { storePath } from "@/lib/store-url";
import { Dialog } from "@/ui/dialog";
import { ErrorState, Skeleton } from "@/ui/states";

import { formatMoment } from "./moments";

export interface PlayerDialogProps {
  videoId: string;
  /** Where it begins, in seconds. */
  from: number;
  onClose: () => void;
}

export function PlayerDialog({ videoId, from, onClose }: PlayerDialogProps) {
  const { data: video, error, refetch } = useQuery(VideoService.method.getVideo, { videoId }, { staleTime: 600_000 });
  const [broken, setBroken] = useState(false);
  const source = storePath(video?.contentUrl);
  return (
    <Dialog title={video?.filename ?? "Video"} width="lg" onClose={onClose}>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : source === undefined ? (
        <Skeleton className="aspect-video w-full" />
      ) : broken ? (
        <p className="text-pretty">
          This browser cannot play it: its pictures are coded as {video?.codec}.{" "}
          <a href={source} download={video?.filename} className="font-medium text-accent hover:underline">
            Download it
          </a>{" "}
          and open it elsewhere at {formatMoment(from)}.
        </p>
      ) : (
        // What people upload has no subtitles of its own that a page could show.
        // eslint-disable-next-line jsx-a11y/media-has-caption
        <video
          controls
          playsInline
          preload="auto"
          src={source}
          aria-label={`${video?.filename}, from ${formatMoment(from)}`}
          className="max-h-[70dvh] w-full rounded-md bg-black"
          onLoadedMetadata={(event) => {
            const player = event.currentTarget;
            player.currentTime = from;
            // Where it may not begin by itself, its controls are there.
            void player.play().catch(() => undefined);
          }}
          onError={() => setBroken(true)}
        />
      )}
    </Dialog>
  );
}
