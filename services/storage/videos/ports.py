"""The ports of what is done with videos."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from services.storage.model import Failure
from services.storage.ports import ObjectStore
from services.storage.videos.containers import Container
from services.storage.videos.model import Cut, Imported, Video, VideoPage, VideoRequest

Progress = Callable[[float], None]
"""Told how much of a video was looked at, 0 to 1."""

Cutter = Callable[[Path, Container, int, Progress], Awaitable[Cut]]
"""Takes a file apart, which lies alone in a folder where key frames may be written.

Is given the file, its kind, the most key frames, and whom to tell how far it is. Raises
`InvalidInput` with the reason why the video cannot be used.
"""


class FileStore(ObjectStore, Protocol):
    """Objects that are too large for memory. Raises ObjectStoreUnavailable as others do."""

    async def put_file(self, key: str, file: Path, content_type: str) -> None:
        """Writes a file's bytes as an object, replacing any that is there."""


class Videos(Protocol):
    """The videos' records. Those of other users are not found."""

    async def reserve(self, video: Video, request: VideoRequest) -> Video:
        """Adds a new record, unless an existing one can be used.

        Returns:
            The first of these that exists: what the same `request_id` was answered, as it is now
            and with its time prolonged; with `skip_existing`, a video with these bytes; the new
            record.

        Raises:
            RequestIdReused: The `request_id` stands for another file.
            TooManyPendingUploads, QuotaExceeded: A new record would be one too many.
        """

    async def find(self, user_id: UUID, video_id: UUID) -> Video | None:
        """Finds one."""

    async def page(
        self, user_id: UUID, after: tuple[datetime, UUID] | None, limit: int
    ) -> VideoPage:
        """Lists a user's videos, newest first, after one of them."""

    async def queue(self, user_id: UUID, video_id: UUID, now: datetime) -> Video | None:
        """Has a PENDING one imported; the video as it is then, None if there is none."""

    async def fail(self, video: Video, failure: Failure, now: datetime) -> None:
        """Records why one cannot be used, if it is as it was; its bytes will be removed."""

    async def delete(self, user_id: UUID, video_id: UUID, now: datetime) -> bool:
        """Removes one and its images: records now, objects soon; whether there was one.

        Raises:
            ImageInHand: Somebody has one of its images in hand; nothing was removed.
        """


class VideoQueue(Protocol):
    """Videos that wait to be imported; replicas share them under leases."""

    async def expire(self, now: datetime, limit: int) -> int:
        """Fails videos whose bytes did not come in time; how many."""

    async def take(self, now: datetime) -> Video | None:
        """Takes the next one, IMPORTING from then on; users take turns."""

    async def renew(self, video: Video, progress: float, now: datetime) -> None:
        """Says that it is still being imported, and how far that is.

        Raises:
            NoLongerImported: It is not any more.
        """

    async def give_back(self, video: Video, now: datetime) -> None:
        """Has it taken again; this attempt does not count."""

    async def finish(self, video: Video, imported: Imported, now: datetime) -> None:
        """Records it as READY and its images as UPLOADED, and announces those, in one transaction.

        Raises:
            NoLongerImported: It was deleted, or was taken by somebody else.
            QuotaExceeded: Its images are more than its owner may have; nothing was recorded.
        """

    async def fail(self, video: Video, failure: Failure, now: datetime) -> None:
        """Records why it cannot be used, if it is as it was; its objects will be removed."""

    async def discard(self, video: Video, now: datetime) -> None:
        """Has the objects removed that an import wrote and that became nothing."""
