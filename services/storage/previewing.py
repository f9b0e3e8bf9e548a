"""Previews of images that have just been verified, from the pictures that are still at hand."""

import asyncio
from collections.abc import Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Self

from PIL.Image import Image as Picture

from services.imaging.thumbhash import thumbhash
from services.imaging.thumbnail import webp
from services.runtime.errors import ArgusError
from services.runtime.niceness import give_way
from services.runtime.telemetry_contract import OUTCOME
from services.storage.gathering import Gathering
from services.storage.model import Image, Rendered, Verified
from services.storage.object_keys import rendition_key
from services.storage.ports import Clock, ObjectStore, Renditions
from services.storage.rendering import NICENESS
from services.storage.showing import (
    PREVIEW_SIDE,
    RENDITION_TYPE,
    preview_suffices,
    wanted_sides,
)
from services.storage.telemetry import StorageMetrics

MAX_WAITING = 48
"""Pictures that wait, of up to 0.8 MB each; images beyond are rendered from their bytes later."""

BATCH = 32

_Done = tuple[Image, Rendered]


class Previews:
    """Makes previews beside the calls. What it does not get to, `Renderer` does.

    Args:
        renditions: What images have.
        store: Objects.
        clock: What time it is.
        metrics: Where outcomes are counted.
    """

    def __init__(
        self,
        renditions: Renditions,
        store: ObjectStore,
        *,
        clock: Clock,
        metrics: StorageMetrics | None = None,
    ) -> None:
        self._renditions = renditions
        self._store = store
        self._clock = clock
        self._metrics = metrics or StorageMetrics()
        self._thread = ThreadPoolExecutor(1, "preview", initializer=partial(give_way, NICENESS))
        self._tasks: set[asyncio.Task[None]] = set()
        self._finished = Gathering[_Done, None](self._finish, most=BATCH)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._thread.shutdown(wait=False, cancel_futures=True)

    def takes(self, image: Image, verified: Verified) -> bool:
        """Whether an image's preview can be made here, and soon.

        Only if its picture is at hand, and nothing larger is to be made of it.
        """
        return (
            verified.preview is not None
            and preview_suffices(image)
            and len(self._tasks) < MAX_WAITING
        )

    def make(self, image: Image, verified: Verified) -> None:
        """Makes the preview of an image that is kept."""
        if verified.preview is None:
            return
        wanted = bool(wanted_sides(image))
        task = asyncio.create_task(self._make(image, verified.preview, wanted=wanted))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _make(self, image: Image, picture: Picture, *, wanted: bool) -> None:
        rendered = await asyncio.get_running_loop().run_in_executor(
            self._thread, _render, picture, wanted
        )
        try:
            for side, rendition in rendered.renditions.items():
                key = rendition_key(image.user_id, image.image_id, side)
                await self._store.put(key, rendition, RENDITION_TYPE)
            await self._finished.do(None, (image, rendered))
        except ArgusError:
            # It is still due, and rendered from its bytes once the stores are back.
            return
        self._metrics.renderings.add(1, {OUTCOME: "rendered"})

    async def _finish(self, _: Hashable, done: Sequence[_Done]) -> Sequence[Exception | None]:
        await self._renditions.finish(done, self._clock())
        return [None] * len(done)


def _render(picture: Picture, wanted: bool) -> Rendered:
    """Renders a picture that has been scaled down to the preview's size. CPU work."""
    return Rendered(thumbhash(picture), {PREVIEW_SIDE: webp(picture)} if wanted else {})
