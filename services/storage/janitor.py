"""Upkeep in the background: expired uploads, trash, objects to remove, reminders to search."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from services.runtime.wakeup import Wakeup
from services.storage.ports import (
    Clock,
    EventStream,
    MultipartRecords,
    ObjectStore,
    PartedObjects,
    Upkeep,
)
from services.storage.telemetry import StorageMetrics
from services.storage.watching import KEEP_CHANGES_FOR

BATCH = 200
TIDY_BATCH = 5_000
REMIND_AFTER = timedelta(seconds=60)
REMIND_BELOW_BACKLOG = 100
REMEMBER_DELETED_FOR = timedelta(days=30)
"""How long search is told again of a deletion, in case Redis or search went back in time."""


class Janitor:
    """Does what has to be done later; replicas share the work.

    Args:
        upkeep: What there is to do.
        store: Objects to remove.
        multiparts: Uploads in parts.
        parts: Objects in parts.
        stream: The stream that search reads.
        every_s: Seconds between looks.
        clock: What time it is.
        announced: Told when there are new events in the outbox.
        metrics: Where the depths of queues are recorded.
    """

    def __init__(
        self,
        upkeep: Upkeep,
        store: ObjectStore,
        multiparts: MultipartRecords,
        parts: PartedObjects,
        stream: EventStream,
        *,
        every_s: float,
        clock: Clock,
        announced: Callable[[], None],
        metrics: StorageMetrics | None = None,
    ) -> None:
        self._upkeep = upkeep
        self._store = store
        self._multiparts = multiparts
        self._parts = parts
        self._stream = stream
        self._every_s = every_s
        self._clock = clock
        self._announced = announced
        self._metrics = metrics or StorageMetrics()
        self._wakeup = Wakeup()

    def wake(self) -> None:
        """Says that there are objects to remove, instead of waiting for the next round."""
        self._wakeup.call()

    async def expire(self) -> None:
        """Fails uploads that were not completed in time, for ever."""

        async def once() -> int:
            return await self._upkeep.expire_uploads(self._clock(), BATCH)

        async def end() -> int:
            return await self._multiparts.end(self._parts.abort, BATCH)

        while True:
            await _all(once)
            await _all(end)
            await asyncio.sleep(self._every_s)

    async def empty_trash(self) -> None:
        """Purges images whose time in the trash is over, for ever."""

        async def once() -> int:
            return await self._upkeep.purge_trash(self._clock(), BATCH)

        while True:
            if await _all(once):
                self._announced()
                self.wake()
            await asyncio.sleep(self._every_s)

    async def tidy(self) -> None:
        """Keeps what is counted and what is watched small, for ever."""
        while True:
            while await self._upkeep.sum_up_labels(TIDY_BATCH) == TIDY_BATCH:
                pass
            await self._upkeep.forget_changes(self._clock() - KEEP_CHANGES_FOR, TIDY_BATCH)
            await asyncio.sleep(self._every_s)

    async def purge(self) -> None:
        """Removes objects that are to go, for ever."""
        while True:
            self._wakeup.clear()
            await self.purge_once()
            await self._wakeup.rest(self._every_s)

    async def purge_once(self) -> None:
        """Removes all objects whose time has come."""

        async def once() -> int:
            return await self._upkeep.purge(self._store.remove, self._clock(), BATCH)

        await _all(once)

    async def remind(self) -> None:
        """Announces again what search may not have dealt with, for ever."""
        while True:
            await self.remind_once()
            await self._upkeep.forget_deletions(self._clock() - REMEMBER_DELETED_FOR)
            dead = await self._stream.dead()
            self._metrics.record_depths({**await self._upkeep.depths(), "dead_events": dead})
            await asyncio.sleep(self._every_s)

    async def remind_once(self) -> None:
        """Announces one batch of each kind again, unless search is busy with what it was told.

        Whether search has dealt with an image is known, by its state; with a deletion it is not,
        so that is told several times, at growing intervals.
        """
        if await self._stream.backlog() >= REMIND_BELOW_BACKLOG:
            return
        now = self._clock()
        count = await self._upkeep.announce_again(now - REMIND_AFTER, now, BATCH)
        count += await self._upkeep.announce_deletions_again(now, BATCH)
        if count:
            self._announced()


async def _all(once: Callable[[], Awaitable[int]]) -> int:
    """Goes on as long as batches are full; how much was done."""
    done = 0
    while True:
        count = await once()
        done += count
        if count < BATCH:
            return done
