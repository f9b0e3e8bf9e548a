"""Images of before are read how they were taken."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import pytest

from services.imaging.capture import Capture
from services.imaging.decode import ImageLimits
from services.storage.errors import ObjectStoreUnavailable
from services.storage.late_captures import LateReader
from services.storage.model import Image
from services.storage.object_keys import content_key
from services.storage.ports import ObjectStore
from tests.support.captures import GPS, photograph
from tests.support.pictures import drawing, encoded
from tests.unit.storage.images import NOW, image


class Shelf:
    """Images that were not read, and their objects."""

    def __init__(self, *contents: bytes | None) -> None:
        self.images = [image(image_id=UUID(int=n)) for n in range(len(contents))]
        self.objects = {
            content_key(one.user_id, one.image_id): content
            for one, content in zip(self.images, contents, strict=True)
        }
        self.read: dict[int, tuple[Capture | None, int]] = {}
        self.down = False

    async def unread(self, limit: int) -> list[Image]:
        return [one for one in self.images if one.image_id.int not in self.read][:limit]

    async def record(
        self, image: Image, capture: Capture | None, page_count: int, now: datetime
    ) -> None:
        assert now == NOW
        self.read[image.image_id.int] = capture, page_count

    @asynccontextmanager
    async def open(self, key: str) -> AsyncIterator[Any]:
        if self.down:
            raise ObjectStoreUnavailable("down")
        content = self.objects[key]
        yield None if content is None else Opened(content)


class Opened:
    def __init__(self, content: bytes) -> None:
        self._content = content

    async def read(self) -> bytes:
        return self._content


def reader(shelf: Shelf) -> LateReader:
    store = cast("ObjectStore", shelf)
    return LateReader(shelf, store, limits=ImageLimits(), every_s=1, clock=lambda: NOW)


async def test_each_is_read_once_whatever_is_in_it() -> None:
    pages = [drawing(n) for n in range(3)]
    shelf = Shelf(
        photograph(gps=GPS),
        photograph(tags={}, gps=GPS),
        encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:]),
        b"no image any more",
        None,
    )
    assert await reader(shelf).read_once()
    assert not await reader(shelf).read_once()
    capture, page_count = shelf.read[0]
    assert capture is not None
    assert (capture.camera, capture.location, page_count) == ("Canon EOS R5", None, 1)
    assert [shelf.read[n] for n in (1, 2, 3, 4)] == [(None, 1), (None, 3), (None, 1), (None, 1)]


async def test_what_could_not_be_fetched_is_tried_again() -> None:
    shelf = Shelf(photograph())
    shelf.down = True
    with pytest.raises(ObjectStoreUnavailable):
        await reader(shelf).read_once()
    shelf.down = False
    assert await reader(shelf).read_once()
    assert shelf.read[0][0] is not None
