"""Points into the index: waits while it is down, and finds out which point it refuses."""

import logging
from collections.abc import Mapping, Sequence

from services.clients.model import Space
from services.clients.patience import waits
from services.clients.telemetry import retries
from services.runtime.telemetry_contract import REASON
from services.search.errors import IndexUnavailable, PointRefused, SpaceGone
from services.search.model import ImagePoint
from services.search.ports import VectorIndex

MAX_FAILURES_TOGETHER = 3
"""Times that points may fail together while the index takes another; then they are tried apart."""

MAX_FAILURES_ALONE = 4
"""Times that a point may fail by itself while the index takes another."""

TRIAL_ID = "00000000-0000-0000-0000-000000000000"
"""Image and user of a point that says whether the index takes any; nobody finds it."""

_log = logging.getLogger(__name__)


class PointWriter:
    """Writes points of one space.

    An index that is down is waited for, however long, and that is never held
    against an image. An image that the index refuses holds up nobody else: its
    batch is halved until it is by itself, and it is given up. What an engine
    does not say clearly is found out by writing another point.
    """

    def __init__(self, index: VectorIndex, space: Space) -> None:
        self._index = index
        self._space = space

    async def write(self, points: Sequence[ImagePoint]) -> Mapping[str, PointRefused]:
        """Keeps points; why each that is refused is so, by its image's id.

        Raises:
            SpaceGone: the index lost the space.
        """
        if not points:
            return {}
        refusal = await self._try(points)
        if refusal is None:
            return {}
        if len(points) == 1:
            _log.error("the index refuses image %s: %s", points[0].image_id, refusal.message)
            return {points[0].image_id: refusal}
        half = len(points) // 2
        return {**await self.write(points[:half]), **await self.write(points[half:])}

    async def _try(self, points: Sequence[ImagePoint]) -> PointRefused | None:
        """Writes points all together; None if they are kept, else why they are not."""
        backoff = waits()
        most = MAX_FAILURES_ALONE if len(points) == 1 else MAX_FAILURES_TOGETHER
        failures = 0
        while failures < most:
            try:
                await self._index.upsert(self._space, points)
            except SpaceGone:
                raise
            except PointRefused as error:
                return error
            except Exception as error:  # noqa: BLE001 - an engine may raise anything
                _log.warning("%d points wait for the index: %r", len(points), error)
                kind = error if isinstance(error, IndexUnavailable) else IndexUnavailable
                retries.add(1, {REASON: kind.reason})
            else:
                return None
            await backoff.wait()
            if await self._takes_another():
                failures += 1
        return PointRefused("the index fails on this image, and takes others")

    async def _takes_another(self) -> bool:
        vector = [1.0] + [0.0] * (self._space.dimension - 1)
        trial = ImagePoint(TRIAL_ID, TRIAL_ID, vector, "trial", "image/png", {"trial": "trial"})
        try:
            await self._index.upsert(self._space, [trial])
            await self._index.delete([TRIAL_ID])
        except SpaceGone:
            raise
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            _log.warning("the index takes no point: %r", error)
            return False
        return True
