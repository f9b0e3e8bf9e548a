"""Makes renditions and placeholders of images beside the calls, after their uploads."""

import logging

from services.runtime.errors import InvalidInput
from services.runtime.telemetry_contract import OUTCOME
from services.runtime.wakeup import Wakeup
from services.storage.errors import ObjectStoreUnavailable
from services.storage.model import Image
from services.storage.object_keys import content_key, rendition_key
from services.storage.ports import Clock, ObjectStore, Render, Renditions
from services.storage.showing import RENDITION_TYPE, wanted_sides
from services.storage.telemetry import StorageMetrics

BATCH = 4
_log = logging.getLogger(__name__)


class Renderer:
    """Renders what was uploaded, and what was before there were renditions; one at a time.

    Args:
        renditions: Which images there are to render; replicas share them.
        store: Objects.
        render: Renders bytes.
        every_s: Seconds between looks.
        clock: What time it is.
        metrics: Where outcomes are counted.
    """

    def __init__(
        self,
        renditions: Renditions,
        store: ObjectStore,
        render: Render,
        *,
        every_s: float,
        clock: Clock,
        metrics: StorageMetrics | None = None,
    ) -> None:
        self._renditions = renditions
        self._store = store
        self._render = render
        self._every_s = every_s
        self._clock = clock
        self._metrics = metrics or StorageMetrics()
        self._wakeup = Wakeup()

    def wake(self) -> None:
        """Says that there is something to render, instead of waiting for the next look."""
        self._wakeup.call()

    async def run(self) -> None:
        """Renders for ever; fails with the stores, and may be run again."""
        while True:
            self._wakeup.clear()
            while await self.render_once():
                pass
            await self._wakeup.rest(self._every_s)

    async def render_once(self) -> bool:
        """Renders one batch; whether there was anything to render.

        Raises:
            ObjectStoreUnavailable: what was not rendered is tried again.
        """
        batch = await self._renditions.take(self._clock(), BATCH)
        for at, image in enumerate(batch):
            try:
                await self._render_one(image)
            except ObjectStoreUnavailable:
                for left in batch[at:]:
                    await self._renditions.give_back(left, self._clock())
                raise
        return bool(batch)

    async def _render_one(self, image: Image) -> None:
        async with self._store.open(content_key(image.user_id, image.image_id)) as opened:
            content = None if opened is None else await opened.read()
        if content is None:
            # It is being purged, or its bytes are lost; the lease decides whether to look again.
            self._count("lost")
            return
        sides = wanted_sides(image)
        try:
            rendered = await self._render(content, (image.width, image.height), sides)
        except InvalidInput as error:
            _log.warning("image %s cannot be rendered: %s", image.image_id, error.message)
            self._count(error.reason)
            return
        for side, rendition in rendered.renditions.items():
            key = rendition_key(image.user_id, image.image_id, side)
            await self._store.put(key, rendition, RENDITION_TYPE)
        await self._renditions.finish([(image, rendered)], self._clock())
        self._count("rendered")

    def _count(self, outcome: str) -> None:
        self._metrics.renderings.add(1, {OUTCOME: outcome})
