/** Videos, and what has become of them. */
import { useInfiniteQuery, useMutation } from "@connectrpc/connect-query";
import { useState } from "react";

import { type Video, Video_State, VideoService } from "@/gen/argus/storage/v1/video_pb.js";
import { countOf, formatBytes } from "@/lib/numbers";
import { storePath } from "@/lib/store-url";
import { formatDateTime, toDate } from "@/lib/time";
import { Button, ButtonLink, IconButton } from "@/ui/button";
import { FormDialog } from "@/ui/form-dialog";
import { ArrowLeftIcon, PlayIcon, TrashIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { EmptyState, ErrorNote, ErrorState, ProgressBar, Skeleton } from "@/ui/states";

import { formatMoment, secondsOf } from "./moments";
import { PlayerDialog } from "./player-dialog";

const LOOK_EVERY_MS = 2_000;

export function Component() {
  const list = useInfiniteQuery(
    VideoService.method.listVideos,
    { pageSize: 50, pageToken: "" },
    {
      pageParamKey: "pageToken",
      getNextPageParam: (page) => page.nextPageToken || undefined,
      refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.videos.some(isUnderWay)) ? LOOK_EVERY_MS : false),
    },
  );
  const videos = list.data?.pages.flatMap((page) => page.videos) ?? [];
  const [playing, setPlaying] = useState<Video>();
  const [deleting, setDeleting] = useState<Video>();
  return (
    <Page
      title="Videos"
      width="text"
      actions={
        <ButtonLink to="/library" variant="quiet" icon={ArrowLeftIcon}>
          Library
        </ButtonLink>
      }
      toolbar={<p className="text-sm text-ink-soft">Of each shot the library has one picture, from which the video plays.</p>}
    >
      {list.isPending && <Skeleton className="h-40" />}
      {list.error && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && videos.length === 0 && (
        <EmptyState icon={PlayIcon} title="There are no videos">
          The command argus video import brings some in.
        </EmptyState>
      )}
      <ul className="flex flex-col divide-y divide-line">
        {videos.map((video) => (
          <Row key={video.videoId} video={video} onPlay={() => setPlaying(video)} onDelete={() => setDeleting(video)} />
        ))}
      </ul>
      {list.hasNextPage && (
        <Button className="mt-4" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more
        </Button>
      )}
      {playing && <PlayerDialog videoId={playing.videoId} from={0} onClose={() => setPlaying(undefined)} />}
      {deleting && (
        <DeleteDialog
          video={deleting}
          onClose={() => setDeleting(undefined)}
          onDeleted={() => {
            setDeleting(undefined);
            void list.refetch();
          }}
        />
      )}
    </Page>
  );
}

function isUnderWay({ state }: Video): boolean {
  return state === Video_State.QUEUED || state === Video_State.IMPORTING;
}

function Row({ video, onPlay, onDelete }: { video: Video; onPlay: () => void; onDelete: () => void }) {
  const picture = storePath(video.thumbnailUrl);
  const created = toDate(video.createTime);
  return (
    <li className="flex items-center gap-4 py-3">
      <div className="grid aspect-video w-28 shrink-0 place-items-center overflow-hidden rounded-md bg-sunken">
        {picture !== undefined && <img src={picture} alt="" className="size-full object-cover" />}
      </div>
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <h2 className="truncate font-medium" title={video.filename}>
          {video.filename}
        </h2>
        <p className="text-sm text-ink-soft tabular-nums">{said(video)}</p>
        {video.state === Video_State.IMPORTING && <ProgressBar label={`Import of ${video.filename}`} value={video.progress} />}
        {created && <p className="text-xs text-ink-faint">{formatDateTime(created)}</p>}
      </div>
      {video.state === Video_State.READY && <IconButton icon={PlayIcon} label={`Play ${video.filename}`} size="md" onClick={onPlay} />}
      <IconButton icon={TrashIcon} label={`Delete ${video.filename}`} size="md" onClick={onDelete} />
    </li>
  );
}

function said(video: Video): string {
  switch (video.state) {
    case Video_State.PENDING:
      return "Waits for its bytes";
    case Video_State.QUEUED:
      return "Waits to be imported";
    case Video_State.IMPORTING:
      return `Being imported, ${Math.floor(video.progress * 100)}%`;
    case Video_State.FAILED:
      return `Could not be imported: ${video.failure?.message ?? ""}`;
    default: {
      const damaged = video.damaged ? ", some of it damaged" : "";
      return `${formatMoment(secondsOf(video.duration))}, ${countOf(video.keyFrameCount, "image")}, ${formatBytes(video.sizeBytes)}${damaged}`;
    }
  }
}

function DeleteDialog({ video, onClose, onDeleted }: { video: Video; onClose: () => void; onDeleted: () => void }) {
  const remove = useMutation(VideoService.method.deleteVideo, { meta: { handled: true }, onSuccess: onDeleted });
  return (
    <FormDialog title="Delete for ever?" onClose={onClose} submit="Delete for ever" danger busy={remove.isPending} onSubmit={() => remove.mutate({ videoId: video.videoId })}>
      <p className="text-pretty">
        {video.filename} and {countOf(video.keyFrameCount, "image")} that were made of it will be gone with no way back, also from reference sets.
      </p>
      <ErrorNote error={remove.error} />
    </FormDialog>
  );
}
