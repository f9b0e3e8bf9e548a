"""The use case: a user's cut-offs, kept beside calls and learnt anew as the collection changes."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass

from services.clients.model import Space
from services.runtime.errors import ArgusError
from services.search.meaning.learning import learn
from services.search.meaning.model import LEAST_IMAGES, Calibration, Kind, NoCutoff
from services.search.meaning.reference_vectors import ReferenceVectors
from services.search.meaning.sample import listed, vectors_of
from services.search.model import Scope
from services.search.ports import VectorIndex
from services.search.telemetry import cutoff_learning_s

WAIT_S = 1.0
"""How long a search waits for its first cut-off; from then on it gets the one that is kept."""
LOOK_EVERY_S = 10.0
"""How often is looked, at most, whether a collection has changed."""
CHANGE = 0.1
"""Of its size that a collection may change before its cut-off is learnt anew."""
MOST_AGE_S = 600.0
"""Age from which it is learnt anew: as many images may have come as went."""
REST_S = 30.0
"""How long is not tried again what failed."""
MOST_KEPT = 10_000
"""Cut-offs that are kept, a few hundred bytes each; the longest unused go first."""
MOST_WAITING = 64
"""Cut-offs that are learnt or wait for it; whoever comes then has none yet."""

_log = logging.getLogger(__name__)
_Key = tuple[str, Space, Kind]


@dataclass(slots=True)
class _Learnt:
    calibration: Calibration
    collection_size: int
    learnt_at: float
    looked_at: float


class Cutoffs:
    """Learns cut-offs, one at a time, and keeps them in memory.

    Each is learnt from one user's images alone, and told to that user alone.

    Args:
        index: Vectors of the users' images.
        references: What stands for unrelated queries.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        index: VectorIndex,
        references: ReferenceVectors,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._index = index
        self._references = references
        self._clock = clock
        self._kept: OrderedDict[_Key, _Learnt] = OrderedDict()
        self._learning: dict[_Key, asyncio.Task[None]] = {}
        self._rests_until: dict[_Key, float] = {}
        self._turn = asyncio.Lock()

    async def of(self, user_id: str, space: Space, kind: Kind | None) -> Calibration | NoCutoff:
        """What scores of a kind of query mean among all of a user's images.

        Args:
            user_id: Whose images.
            space: An open space.
            kind: None for a query that is of no single kind.

        Raises:
            IndexUnavailable: the index does not answer.
        """
        if kind is None:
            return NoCutoff.MIXED
        key = (user_id, space, kind)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            if self._clock() - kept.looked_at >= LOOK_EVERY_S:
                self._begin(key)
            return kept.calibration
        few = await self._index.image_ids(space, Scope(user_id), limit=LEAST_IMAGES)
        if len(few) < LEAST_IMAGES:
            return NoCutoff.TOO_FEW_IMAGES
        if task := self._begin(key):
            await asyncio.wait({task}, timeout=WAIT_S)
        kept = self._kept.get(key)
        return kept.calibration if kept is not None else NoCutoff.NOT_READY

    async def aclose(self) -> None:
        """Ends what is being learnt."""
        tasks = list(self._learning.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _begin(self, key: _Key) -> asyncio.Task[None] | None:
        """Has a cut-off learnt; None if that has just failed, or too many wait."""
        if (task := self._learning.get(key)) is not None:
            return task
        if len(self._learning) >= MOST_WAITING:
            return None
        if self._clock() < self._rests_until.get(key, float("-inf")):
            return None
        self._rests_until.pop(key, None)
        # Without the call's context: it outlives the call and its deadline.
        task = asyncio.get_running_loop().create_task(self._learn(key), context=Context())
        self._learning[key] = task
        return task

    async def _learn(self, key: _Key) -> None:
        try:
            async with self._turn:
                await self._renew(key)
        except ArgusError as error:
            _log.warning("a cut-off was not learnt: %s", error)
            self._rest(key)
        except Exception:  # noqa: BLE001 - nobody need wait for this task, so it is said here
            _log.exception("a cut-off was not learnt")
            self._rest(key)
        finally:
            del self._learning[key]

    async def _renew(self, key: _Key) -> None:
        user_id, space, kind = key
        now = self._clock()
        there = await listed(self._index, space, user_id)
        kept = self._kept.get(key)
        if kept is not None and _still_holds(kept, there.collection_size, now):
            kept.looked_at = now
            return
        started = time.perf_counter()
        images = await vectors_of(self._index, space, user_id, there.ids)
        references = await self._references.of(kind, space)
        calibration = await asyncio.to_thread(
            learn, kind, references, images, there.collection_size
        )
        cutoff_learning_s.record(time.perf_counter() - started)
        if calibration is None:
            self._kept.pop(key, None)
            return
        self._kept[key] = _Learnt(calibration, there.collection_size, now, now)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def _rest(self, key: _Key) -> None:
        now = self._clock()
        for other in [one for one, until in self._rests_until.items() if until <= now]:
            del self._rests_until[other]
        self._rests_until[key] = now + REST_S
        if (kept := self._kept.get(key)) is not None:
            kept.looked_at = now


def _still_holds(kept: _Learnt, collection_size: int, now: float) -> bool:
    changed = abs(collection_size - kept.collection_size)
    return changed <= CHANGE * kept.collection_size and now - kept.learnt_at < MOST_AGE_S
