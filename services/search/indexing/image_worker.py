"""From an image's bytes in the store to its vector, whatever happens on the way."""

import logging
import time
from uuid import uuid4

from services.clients.errors import ContentsUnavailable, ContentWrong
from services.clients.model import Crop, ImageContent, Space
from services.clients.patience import TRANSIENT, patiently, waits
from services.clients.ports import Contents
from services.clients.telemetry import retries
from services.runtime.errors import ArgusError, InvalidInput
from services.runtime.telemetry_contract import REASON, STAGE
from services.search.errors import ContentTooLarge, IndexingFailed, StreamBroke
from services.search.indexing.gate import Gate
from services.search.model import ImageEvent, ImagePoint, Outcome
from services.search.ports import EventStream, ImageEmbedder
from services.search.telemetry import embedded_crops, index_stage_s

SUSPECT_DELIVERIES = 3
"""An event handed out more often may be what ended the processes that had it."""

SUSPECT_BREAKS = 2
"""An image under way in so many broken streams may be what broke them."""

MAX_ATTEMPTS_ALONE = 3
"""Times that a suspect may break the stream while no other image is under way."""

MAX_ITEM_FAILURES = 5
"""Times that an image's bytes may be wrong, or the embedder may fail on it without a reason."""

LEAST_SIDE = 128
"""Pixels of the shorter side of an image that has parts: theirs are half of that."""

_log = logging.getLogger(__name__)


class ImageWorker:
    """Fetches and embeds images.

    A part that is down is waited for, however long, and is never held against
    the image. An image that may have broken the embedder or this process is
    tried again alone, so that it cannot harm others, and given up only when it
    breaks it alone as well.

    Args:
        events: Counts attempts at images that may end the embedder.
        contents: Images' bytes.
        embedder: Embeds them.
        gate: Bounds what is under way.
        max_image_bytes: Larger images are refused.
        crops: Whether images get parts.
    """

    def __init__(
        self,
        events: EventStream,
        contents: Contents,
        embedder: ImageEmbedder,
        gate: Gate,
        *,
        max_image_bytes: int,
        crops: bool = False,
    ) -> None:
        self.makes_crops = crops
        self._events = events
        self._contents = contents
        self._embedder = embedder
        self._gate = gate
        self._max_image_bytes = max_image_bytes

    async def process(
        self, event: ImageEvent, content: ImageContent, space: Space
    ) -> ImagePoint | Outcome | None:
        """Makes an image's point.

        Returns:
            The point; or why there will never be one; or None if the image is gone.

        Raises:
            EventsLost: The event's stream is gone.
        """
        backoff = waits()
        # The same until the attempt came to something, however often it has to be begun.
        attempt_id = str(uuid4())
        breaks = failures = 0
        current: ImageContent | None = content
        while current is not None:
            suspect = event.deliveries > SUSPECT_DELIVERIES or breaks >= SUSPECT_BREAKS
            try:
                if suspect:
                    return await self._alone(event, current, space, attempt_id)
                async with self._gate.together(current.size_bytes):
                    return await self._once(current, space)
            except StreamBroke:
                breaks += 1
                attempt_id = str(uuid4())
                retries.add(1, {REASON: StreamBroke.reason})
            except TRANSIENT as error:
                _log.warning("image %s waits: %s", event.image_id, error.message)
                retries.add(1, {REASON: error.reason})
                if isinstance(error, ContentsUnavailable):
                    # The link may expire before the store is back.
                    current = await self._resolve(event.image_id)
            except ContentWrong as error:
                failures += 1
                if failures >= MAX_ITEM_FAILURES:
                    return _failed(event, error)
                # The image may be gone.
                current = await self._resolve(event.image_id)
            except InvalidInput as error:
                return _failed(event, error)
            except ArgusError as error:
                failures += 1
                _log.warning("image %s failed: %s", event.image_id, error.message)
                if failures >= MAX_ITEM_FAILURES:
                    return _failed(event, IndexingFailed("the image could not be embedded"))
            await backoff.wait()
        return None

    async def _resolve(self, image_id: str) -> ImageContent | None:
        return (await patiently(lambda: self._contents.resolve([image_id]))).get(image_id)

    async def _alone(
        self, event: ImageEvent, content: ImageContent, space: Space, attempt_id: str
    ) -> ImagePoint:
        async with self._gate.alone():
            attempts = await self._events.begin_alone(event.message_id, attempt_id)
            if attempts > MAX_ATTEMPTS_ALONE:
                raise IndexingFailed(
                    "embedding this image ends the embedder; save it anew in another format"
                )
            try:
                return await self._once(content, space)
            except StreamBroke:
                raise
            except BaseException:
                # Former attempts still count: an embedder that was ended is not back at once.
                await self._events.end_alone(event.message_id, attempt_id)
                raise

    async def _once(self, content: ImageContent, space: Space) -> ImagePoint:
        if content.size_bytes > self._max_image_bytes:
            raise ContentTooLarge(
                f"images of more than {self._max_image_bytes} bytes cannot be searched;"
                " save it smaller"
            )
        started = time.perf_counter()
        image = await self._contents.fetch(content)
        fetched = time.perf_counter()
        index_stage_s.record(fetched - started, {STAGE: "fetch"})
        # An image of unknown size is one of former storage; the embedder sees.
        is_large = not content.width or min(content.width, content.height) >= LEAST_SIDE
        wanted = self.makes_crops and is_large
        embedded = await self._embedder.embed(content.image_id, image, space, crops=wanted)
        index_stage_s.record(time.perf_counter() - fetched, {STAGE: "embed"})
        crops: tuple[Crop, ...] | None = None
        # One without any, of an embedder of former code, is asked for them again.
        if self.makes_crops and (embedded.crops or not wanted):
            crops = embedded.crops
            embedded_crops.add(len(crops))
        return point_of(content, embedded.vector, crops)


def point_of(
    content: ImageContent, vector: list[float], crops: tuple[Crop, ...] | None
) -> ImagePoint:
    """The point of an image with this vector and these parts."""
    return ImagePoint(
        image_id=content.image_id,
        user_id=content.user_id,
        vector=vector,
        filename=content.filename,
        content_type=content.content_type,
        labels=content.labels,
        create_time_us=content.create_time_us,
        size_bytes=content.size_bytes,
        width=content.width,
        height=content.height,
        note=content.note,
        camera=content.camera,
        lens=content.lens,
        capture_time_us=content.capture_time_us,
        iso=content.iso,
        crops=crops,
    )


def _failed(event: ImageEvent, error: ArgusError) -> Outcome:
    _log.warning("image %s cannot be indexed: %s %s", event.image_id, error.reason, error.message)
    return Outcome(event.image_id, error.reason, error.message)
