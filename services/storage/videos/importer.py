"""Imports videos beside the calls: bytes to a file, shots to images, all recorded at once."""

import asyncio
import hashlib
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from services.runtime.errors import InvalidInput
from services.runtime.telemetry_contract import OUTCOME
from services.runtime.wakeup import Wakeup
from services.storage.errors import (
    ContentTypeMismatch,
    ObjectStoreUnavailable,
    QuotaExceeded,
    Sha256Mismatch,
    SizeMismatch,
    UploadNotReceived,
)
from services.storage.filenames import MAX_FILENAME_CHARACTERS
from services.storage.model import Failure, FramePlace, Image, ImageState, Verified
from services.storage.object_keys import content_key, staging_key, thumbnail_key, video_key
from services.storage.ports import Clock
from services.storage.showing import RENDITION_TYPE
from services.storage.telemetry import StorageMetrics
from services.storage.videos.containers import HEAD_BYTES, Container, sniff
from services.storage.videos.errors import NoLongerImported, VideoUnreadable
from services.storage.videos.model import Imported, KeyFrame, Video, frame_id
from services.storage.videos.ports import Cutter, FileStore, VideoQueue

CHUNK_BYTES = 2**20
RENEW_EVERY_S = 10.0
"""How often the lease of a video that is imported is renewed."""

MAX_ATTEMPTS = 3
"""A video whose import ended the process so often is not tried again."""

BATCH = 200
FRAME_TYPE = "image/jpeg"
_log = logging.getLogger(__name__)

Verify = Callable[[bytes, Image], Awaitable[Verified]]
"""`verification.verify` somewhere that does not hold up the loop."""


class VideoImporter:
    """Takes queued videos apart, one at a time; replicas share them.

    Everything that an attempt writes lies under keys that the next one writes, too, and what it
    found is recorded in one transaction: an import that was killed begins anew, and makes nothing
    twice.

    Args:
        queue: Which videos there are to import.
        store: Objects.
        cut: Takes a file apart.
        verify: Verifies a key frame as an uploaded image is.
        folder: Where a video lies while it is imported; the system's own for such if None.
        every_s: Seconds between looks.
        clock: What time it is.
        settled: Told when there are new images, or objects to remove.
        metrics: Where outcomes are counted.
    """

    def __init__(
        self,
        queue: VideoQueue,
        store: FileStore,
        cut: Cutter,
        verify: Verify,
        *,
        folder: Path | None,
        every_s: float,
        clock: Clock,
        settled: Callable[[], None],
        metrics: StorageMetrics | None = None,
    ) -> None:
        self._queue = queue
        self._store = store
        self._cut = cut
        self._verify = verify
        self._folder = folder
        self._every_s = every_s
        self._clock = clock
        self._settled = settled
        self._metrics = metrics or StorageMetrics()
        self._wakeup = Wakeup()

    def wake(self) -> None:
        """Says that there is something to import, instead of waiting for the next look."""
        self._wakeup.call()

    async def run(self) -> None:
        """Imports for ever; fails with the stores, and may be run again."""
        while True:
            self._wakeup.clear()
            while await self._queue.expire(self._clock(), BATCH) == BATCH:
                pass
            while await self.import_once():
                pass
            await self._wakeup.rest(self._every_s)

    async def import_once(self) -> bool:
        """Imports one video; whether there was one.

        Raises:
            ObjectStoreUnavailable: it is tried again.
        """
        video = await self._queue.take(self._clock())
        if video is None:
            return False
        started = time.monotonic()
        try:
            outcome = await self._settle(video)
        except (ObjectStoreUnavailable, asyncio.CancelledError):
            await self._queue.give_back(video, self._clock())
            raise
        self._metrics.videos.add(1, {OUTCOME: outcome})
        self._metrics.video_import_s.record(time.monotonic() - started)
        self._settled()
        return True

    async def _settle(self, video: Video) -> str:
        """Imports a video, or records why not; the outcome for the metrics."""
        try:
            if video.attempts > MAX_ATTEMPTS:
                raise VideoUnreadable(
                    f"importing it was begun {MAX_ATTEMPTS} times and never came to an end"
                )
            await self._import(video)
        except NoLongerImported:
            await self._queue.discard(video, self._clock())
            return "deleted"
        except (InvalidInput, QuotaExceeded, UploadNotReceived) as error:
            await self._queue.fail(video, Failure(error.reason, error.message), self._clock())
            return error.reason
        return "imported"

    async def _import(self, video: Video) -> None:
        with tempfile.TemporaryDirectory(prefix="argus-video-", dir=self._folder) as work:
            file = Path(work) / "video"
            progress = _Progress()
            async with self._leased(video, progress):
                sha256 = await self._fetch(video, file)
                container = _container(file, video)
                cut = await self._cut(file, container, video.max_key_frames, progress.tell)
                images = [
                    await self._keep(video, number, frame)
                    for number, frame in enumerate(cut.frames)
                ]
                key = video_key(video.user_id, video.video_id)
                await self._store.put_file(key, file, video.content_type)
            await self._queue.finish(video, Imported(sha256, cut, images), self._clock())

    @asynccontextmanager
    async def _leased(self, video: Video, progress: "_Progress") -> AsyncIterator[None]:
        """Keeps the lease while the context lasts.

        Raises:
            NoLongerImported: it was lost, upon which the work was ended.
        """

        async def renew() -> None:
            while True:
                await asyncio.sleep(RENEW_EVERY_S)
                await self._queue.renew(video, progress.part, self._clock())

        try:
            async with asyncio.TaskGroup() as group:
                renewing = group.create_task(renew())
                yield
                renewing.cancel()
        except ExceptionGroup as errors:
            # Only one of the two fails first, and ends the other.
            raise errors.exceptions[0] from None

    async def _fetch(self, video: Video, file: Path) -> str:
        """Copies the bytes into a file; their SHA-256.

        Raises:
            UploadNotReceived, SizeMismatch, Sha256Mismatch: they are not what was declared.
        """
        digest, size_bytes = hashlib.sha256(), 0
        key = staging_key(video.user_id, video.video_id)
        async with self._store.open(key) as uploaded:
            if uploaded is None:
                raise UploadNotReceived("the uploaded bytes are gone; upload the video again")
            if uploaded.size_bytes != video.size_bytes:
                raise _wrong_size(video, uploaded.size_bytes)
            with file.open("wb") as written:
                async for chunk in uploaded.chunks(CHUNK_BYTES):
                    await asyncio.to_thread(written.write, chunk)
                    digest.update(chunk)
                    size_bytes += len(chunk)
        if size_bytes != video.size_bytes:
            # The connection ended early, and nobody said so.
            raise ObjectStoreUnavailable("the video was not read to its end", retry_after_s=1)
        sha256 = digest.hexdigest()
        if video.sha256 and sha256 != video.sha256:
            raise Sha256Mismatch(
                "the bytes that arrived have another SHA-256 than declared; upload them again"
            )
        return sha256

    async def _keep(self, video: Video, number: int, frame: KeyFrame) -> Image:
        """Writes a key frame's objects; the record that its image will have."""
        content = await asyncio.to_thread(frame.file.read_bytes)
        image = _image(video, number, frame, len(content), self._clock())
        verified = await self._verify(content, image)
        owner, image_id = image.user_id, image.image_id
        await self._store.put(content_key(owner, image_id), content, FRAME_TYPE)
        await self._store.put(thumbnail_key(owner, image_id), verified.thumbnail, RENDITION_TYPE)
        return _verified(image, verified)


class _Progress:
    """How much of a video was looked at."""

    def __init__(self) -> None:
        self.part = 0.0

    def tell(self, part: float) -> None:
        self.part = part


def _container(file: Path, video: Video) -> Container:
    """The kind of a file.

    Raises:
        VideoUnreadable: It is none that is known.
        ContentTypeMismatch: It is another than was declared.
    """
    with file.open("rb") as opened:
        container = sniff(opened.read(HEAD_BYTES))
    if container is None:
        raise VideoUnreadable("the bytes are no video of a kind that is known here")
    if video.content_type not in container.content_types:
        found = " or ".join(sorted(container.content_types))
        raise ContentTypeMismatch(f"declared as {video.content_type}, but the bytes are {found}")
    return container


def _wrong_size(video: Video, received: int) -> SizeMismatch:
    return SizeMismatch(f"{video.size_bytes} bytes were declared, {received} arrived")


def _image(video: Video, number: int, frame: KeyFrame, size_bytes: int, now: datetime) -> Image:
    """A key frame as an image that was not verified yet."""
    return Image(
        image_id=frame_id(video.video_id, number),
        user_id=video.user_id,
        filename=frame_name(video.filename, frame.at_us),
        content_type=FRAME_TYPE,
        size_bytes=size_bytes,
        sha256="",
        phash="",
        width=0,
        height=0,
        format="",
        labels=video.labels,
        state=ImageState.PENDING,
        failure=None,
        # One after the other, so that lists have them in their order.
        created_at=now,
        completed_at=None,
        expires_at=now,
        put_expires_at=now,
        revision=1,
        updated_at=now,
        video=FramePlace(video.video_id, video.filename, frame.at_us, frame.start_us, frame.end_us),
    )


def frame_name(filename: str, at_us: int) -> str:
    """What a key frame is saved as: the video's name and the time, as file systems take it."""
    hours, rest = divmod(at_us // 1_000, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    seconds, millis = divmod(rest, 1_000)
    stem = filename.rpartition(".")[0] or filename
    ending = f" {hours:02}h{minutes:02}m{seconds:02}.{millis:03}s.jpg"
    return stem[: MAX_FILENAME_CHARACTERS - len(ending)] + ending


def _verified(image: Image, verified: Verified) -> Image:
    return replace(
        image,
        sha256=verified.sha256,
        phash=verified.phash,
        width=verified.width,
        height=verified.height,
        format=verified.format,
        state=ImageState.UPLOADED,
    )
