"""Finds out how images were taken that were stored before anybody asked, beside the calls."""

import asyncio
import logging
from dataclasses import replace

from services.imaging.capture import Capture, capture_of
from services.imaging.decode import ImageLimits, header_of
from services.runtime.errors import InvalidInput
from services.storage.model import Image
from services.storage.object_keys import content_key
from services.storage.ports import Clock, LateCaptures, ObjectStore

BATCH = 20
_log = logging.getLogger(__name__)


class LateReader:
    """Reads the headers of images that were stored by former code, one at a time.

    Places are not kept: nobody asked for that.

    Args:
        images: Which there are to read.
        store: Objects.
        limits: What an image may measure.
        every_s: Seconds between looks.
        clock: What time it is.
    """

    def __init__(
        self,
        images: LateCaptures,
        store: ObjectStore,
        *,
        limits: ImageLimits,
        every_s: float,
        clock: Clock,
    ) -> None:
        self._images = images
        self._store = store
        self._limits = limits
        self._every_s = every_s
        self._clock = clock

    async def run(self) -> None:
        """Reads until there is nothing left; fails with the stores, and may be run again."""
        while True:
            while await self.read_once():
                pass
            await asyncio.sleep(self._every_s)

    async def read_once(self) -> bool:
        """Reads one batch; whether there was anything to read.

        Raises:
            ObjectStoreUnavailable: what was not read is tried again.
        """
        batch = await self._images.unread(BATCH)
        for image in batch:
            capture, page_count = await self._read(image)
            await self._images.record(image, capture, page_count, self._clock())
        return bool(batch)

    async def _read(self, image: Image) -> tuple[Capture | None, int]:
        key = content_key(image.user_id, image.image_id)
        async with self._store.open(key) as opened:
            content = None if opened is None else await opened.read()
        if content is None:
            return None, 1
        try:
            # Headers alone.
            source = header_of(content, self._limits)
        except InvalidInput as error:
            _log.warning("the header of image %s is not read: %s", image.image_id, error.message)
            return None, 1
        capture = capture_of(source.exif)
        if capture is not None:
            capture = replace(capture, location=None)
        return None if capture == Capture() else capture, source.page_count
