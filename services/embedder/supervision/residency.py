"""Which models are in memory: loaded when asked for, evicted when their memory is needed."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.embedder.errors import ModelUnavailable
from services.embedder.model import Modality
from services.embedder.supervision.supervisor import Supervisor

PATIENCE_S = 10.0
"""How long a model waits for one that is busy to become idle before that one must make room,
and how long each may stay at least."""

CHECK_EVERY_S = 1.0

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Member:
    """An installed model."""

    folder: Path
    source: str
    """Id that it was built from."""
    expected_bytes: int
    """Resident memory that its worker is expected to take."""
    worker: Supervisor
    last_used: float = 0.0
    """When an item of it was last answered, by `time.monotonic`."""
    wanted_since: float | None = None
    """Since when items wait for it to be loaded."""
    started_at: float = 0.0
    modalities: frozenset[Modality] = field(init=False)

    def __post_init__(self) -> None:
        self.modalities = frozenset(self.worker.info.modalities)

    @property
    def footprint(self) -> int:
        """Bytes that it takes, or will once it is loaded."""
        rss = self.worker.rss()
        return rss if rss and self.worker.loaded else max(rss, self.expected_bytes)


class ResidencyManager:
    """Loads and evicts models within a memory budget; one decision at a time.

    A model that is wanted is loaded as soon as it fits. To make it fit, models
    other than the default are evicted while they are idle, least recently used
    first. If only busy ones are left it waits; after `PATIENCE_S` the least
    recently used of those gets nothing more until it has made room.

    Args:
        memory_bytes: Resident memory that all models together may take.
    """

    def __init__(self, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._event = asyncio.Event()
        self._members: Callable[[], Sequence[Member]] = list
        self._default: Member | None = None
        self._loads: set[asyncio.Task[None]] = set()
        self._manager: asyncio.Task[None] | None = None

    def changed(self) -> None:
        """To be called when items wait for a model that is not loaded, or a model became idle."""
        self._event.set()

    async def open(self, default: Member, members: Callable[[], Sequence[Member]]) -> None:
        """Loads the default model, and manages all others from then on.

        Raises:
            ModelUnavailable: if the default model cannot be loaded.
        """
        self._default, self._members = default, members
        await default.worker.start()
        self._manager = asyncio.create_task(self._manage(), name="residency")

    async def close(self) -> None:
        """Ends all workers."""
        if self._manager:
            self._manager.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._manager
        for load in self._loads:
            load.cancel()
        await asyncio.gather(*self._loads, return_exceptions=True)
        await asyncio.gather(*(member.worker.stop() for member in self._members()))

    def could_fit(self, member: Member) -> bool:
        """Whether a model would fit if it were alone with the default."""
        if member is self._default or self._default is None:
            return True
        return self._default.footprint + member.expected_bytes <= self._memory_bytes

    async def _manage(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHECK_EVERY_S if self._wanted() else None):
                    await self._event.wait()
            self._event.clear()
            wanted = self._wanted()
            if not wanted:
                self._unpause()
            for member in wanted:
                if not await self._make_room(member):
                    # Nobody overtakes: a large model would wait for ever.
                    break
                self._load(member)

    def _wanted(self) -> list[Member]:
        """Models that items wait for and that have no worker, first come first."""
        now = time.monotonic()
        wanted = []
        for member in self._members():
            if member.worker.running or not member.worker.items.waiting:
                member.wanted_since = None
            else:
                member.wanted_since = member.wanted_since or now
                wanted.append(member)
        return sorted(wanted, key=lambda member: member.wanted_since or now)

    async def _make_room(self, member: Member) -> bool:
        if member is self._default:
            return True
        others = [other for other in self._members() if other.worker.running]
        missing = sum(other.footprint for other in others) + member.expected_bytes
        missing -= self._memory_bytes
        if missing <= 0:
            return True
        leaving: list[Member] = []
        for other in sorted(others, key=lambda other: other.last_used):
            if other is self._default or not other.worker.loaded:
                continue
            if self._may_leave(other):
                leaving.append(other)
                missing -= other.footprint
                if missing <= 0:
                    break
        if missing > 0:
            self._hurry(member, others)
            return False
        for other in leaving:
            # The one before took its time, and somebody may have come.
            if not self._may_leave(other):
                return False
            await self._evict(other)
        return True

    def _may_leave(self, other: Member) -> bool:
        items = other.worker.items
        return items.idle or (items.paused and not items.under_work)

    def _hurry(self, member: Member, others: Sequence[Member]) -> None:
        """Pauses the busy model that was here longest, if the wait has been long enough."""
        now = time.monotonic()
        if member.wanted_since is None or now - member.wanted_since < PATIENCE_S:
            return
        busy = [
            other
            for other in others
            if other is not self._default
            and other.worker.loaded
            and not other.worker.items.paused
            and now - other.started_at >= PATIENCE_S
        ]
        if busy:
            min(busy, key=lambda other: other.started_at).worker.items.paused = True

    def _unpause(self) -> None:
        """Lets go on who was to make room for a model that nobody wants any more."""
        for member in self._members():
            if member.worker.items.paused:
                member.worker.items.paused = False
                member.worker.items.pump()

    async def _evict(self, other: Member) -> None:
        _log.info("%s leaves the memory", other.worker.info.model)
        await other.worker.stop()
        other.worker.items.paused = False

    def _load(self, member: Member) -> None:
        async def load() -> None:
            with contextlib.suppress(ModelUnavailable):
                await member.worker.start()
            member.started_at = time.monotonic()
            self._event.set()

        member.wanted_since = None
        task = asyncio.create_task(load(), name=f"load {member.worker.info.model}")
        self._loads.add(task)
        task.add_done_callback(self._loads.discard)
