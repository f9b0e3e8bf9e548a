"""Videos as their owners see them: reserve, have imported, look, delete."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from services.runtime.text import kept_content_type
from services.storage.errors import (
    SizeMismatch,
    UnsupportedContentType,
    UploadExpired,
    UploadNotReceived,
)
from services.storage.filenames import clean_filename
from services.storage.in_hand import InHand
from services.storage.model import Failure, PresignedPut
from services.storage.object_keys import staging_key
from services.storage.ports import Clock, Links, ObjectStore
from services.storage.videos.containers import CONTENT_TYPES, kept_type
from services.storage.videos.errors import VideoNotFound, VideoNotSupported, VideoTooLarge
from services.storage.videos.model import Video, VideoPage, VideoRequest, VideoState
from services.storage.videos.ports import Videos


class VideoLibrary:
    """A user's videos.

    Args:
        videos: Records.
        store: Objects.
        links: Presigned URLs.
        in_hand: Who works on what.
        supported: Whether there is something that decodes videos.
        max_bytes: Longest video in bytes.
        put_ttl: How long the presigned PUT works.
        upload_ttl: How long an upload may stay incomplete.
        clock: What time it is.
        queued: Told when there is one to import.
        deleted: Told when images were removed, so that what follows starts at once.
    """

    def __init__(
        self,
        videos: Videos,
        store: ObjectStore,
        links: Links,
        *,
        in_hand: InHand,
        supported: bool,
        max_bytes: int,
        put_ttl: timedelta,
        upload_ttl: timedelta,
        clock: Clock,
        queued: Callable[[], None],
        deleted: Callable[[], None],
    ) -> None:
        self._videos = videos
        self._store = store
        self._links = links
        self._in_hand = in_hand
        self._supported = supported
        self._max_bytes = max_bytes
        self._put_ttl = put_ttl
        self._upload_ttl = upload_ttl
        self._clock = clock
        self._queued = queued
        self._deleted = deleted

    async def create(
        self, user_id: UUID, request: VideoRequest
    ) -> tuple[Video, PresignedPut | None]:
        """Reserves an id and says where the bytes go.

        Returns:
            The reserved video, or the one that serves instead (see `Videos.reserve`), and where to
            put its bytes, unless it is not PENDING.

        Raises:
            VideoNotSupported: Nothing here decodes videos.
            FilenameInvalid, UnsupportedContentType, VideoTooLarge: It would not be taken.
            RequestIdReused: The request id stands for another file.
            TooManyPendingUploads, QuotaExceeded: Import or delete others first.
        """
        if not self._supported:
            raise VideoNotSupported(
                "this installation cannot decode videos: PyAV is not installed where storage runs"
            )
        content_type = kept_type(kept_content_type(request.content_type))
        if content_type not in CONTENT_TYPES:
            raise UnsupportedContentType(
                f"{request.content_type} is none of {', '.join(sorted(CONTENT_TYPES))}",
                field="content_type",
            )
        if request.size_bytes > self._max_bytes:
            raise VideoTooLarge(
                f"{request.size_bytes} bytes; at most {self._max_bytes} are accepted",
                field="size_bytes",
                metadata={"max_bytes": str(self._max_bytes)},
            )
        now = self._clock()
        new = Video(
            video_id=uuid4(),
            user_id=user_id,
            filename=clean_filename(request.filename),
            content_type=content_type,
            size_bytes=request.size_bytes,
            sha256=request.sha256.lower(),
            labels=request.labels,
            max_key_frames=request.max_key_frames,
            state=VideoState.PENDING,
            failure=None,
            created_at=now,
            updated_at=now,
            put_expires_at=now + self._put_ttl,
            expires_at=now + self._upload_ttl,
        )
        video = await self._videos.reserve(new, request)
        if video.state is not VideoState.PENDING:
            return video, None
        staged = staging_key(user_id, video.video_id)
        url = self._links.put(staged, self._put_ttl, size_bytes=video.size_bytes)
        return video, PresignedPut(url, video.put_expires_at)

    async def start_import(self, user_id: UUID, video_id: UUID) -> Video:
        """Has an uploaded video imported; one that is, or was, is answered as it is now.

        Raises:
            VideoNotFound: There is no such video of this user.
            UploadNotReceived: No bytes have arrived; they may still come.
            UploadExpired: They did not come in time.
            SizeMismatch: They are not as many as were declared; the video is FAILED.
            ObjectStoreUnavailable: Try again.
        """
        video = await self.get(user_id, video_id)
        if video.state is not VideoState.PENDING:
            return video
        now = self._clock()
        if video.expires_at <= now:
            raise UploadExpired("the video was not uploaded in time; create another upload")
        async with self._store.open(staging_key(user_id, video_id)) as uploaded:
            received = None if uploaded is None else uploaded.size_bytes
        if received is None:
            raise UploadNotReceived("no bytes have arrived; put them at the upload's URL first")
        if received != video.size_bytes:
            error = SizeMismatch(
                f"{video.size_bytes} bytes were declared, {received} arrived",
                metadata={"declared": str(video.size_bytes), "received": str(received)},
            )
            await self._videos.fail(video, Failure(error.reason, error.message), now)
            raise error
        queued = await self._videos.queue(user_id, video_id, now)
        if queued is None:
            raise _not_found(video_id)
        self._queued()
        return queued

    async def get(self, user_id: UUID, video_id: UUID) -> Video:
        """One video.

        Raises:
            VideoNotFound: There is no such video of this user.
        """
        video = await self._videos.find(user_id, video_id)
        if video is None:
            raise _not_found(video_id)
        return video

    async def page(
        self, user_id: UUID, after: tuple[datetime, UUID] | None, limit: int
    ) -> VideoPage:
        """A page of a user's videos, newest first."""
        return await self._videos.page(user_id, after, limit)

    async def delete(self, user_id: UUID, video_id: UUID) -> None:
        """Removes a video and its images for good.

        Raises:
            VideoNotFound: There is no such video of this user.
            ImageInHand: One of its images is being changed; nothing was removed.
        """

        async def work() -> bool:
            return await self._videos.delete(user_id, video_id, self._clock())

        if not await self._in_hand.alone([video_id], work):
            raise _not_found(video_id)
        self._deleted()


def _not_found(video_id: UUID) -> VideoNotFound:
    return VideoNotFound(f"there is no video {video_id}")
