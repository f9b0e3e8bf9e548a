"""A weighted semaphore: bounds the total weight of the work under way."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from services.runtime.fair_queue import FairQueue
from services.storage.errors import TooManyCompletions
from services.storage.telemetry import StorageMetrics


class Budget:
    """Lets work in as long as its weight fits: users take turns, each first come first served.

    One user may take half of the places to wait, so that others find one; with a share, no more
    than that may be in hand of one user, however slow they are to give it back.

    Args:
        capacity: Weight that may be in hand at once.
        least: Weight that every piece of work has at least, so that at most
            `capacity // least` are in hand.
        max_waiting: How many may wait.
        share: Weight that may be in hand of one owner; None: all.
        queue: Name of the queue of those who wait.
        metrics: Where it is recorded how many wait.
    """

    def __init__(
        self,
        capacity: int,
        *,
        least: int,
        max_waiting: int,
        share: int | None = None,
        queue: str = "completions",
        metrics: StorageMetrics | None = None,
    ) -> None:
        self._free = capacity
        self._capacity = capacity
        self._least = least
        self._max_waiting = max_waiting
        self._queue = queue
        self._metrics = metrics or StorageMetrics()
        self._share = capacity if share is None else min(share, capacity)
        self._held: Counter[Hashable] = Counter()
        self._waiting: FairQueue[tuple[int, asyncio.Future[None]]] = FairQueue()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @asynccontextmanager
    async def take(self, weight: int, owner: Hashable = None) -> AsyncIterator[None]:
        """Waits until the weight fits, and gives it back when the context ends.

        Args:
            weight: How much of the capacity it takes.
            owner: Whose turn it is.

        Raises:
            TooManyCompletions: Too many wait already, or too many of the owner's.
        """
        weight = min(max(weight, self._least), self._share)
        if self._waiting or weight > self._free or not self._may_have(owner, weight):
            theirs = self._waiting.size_of(owner)
            if len(self._waiting) >= self._max_waiting or theirs >= (self._max_waiting + 1) // 2:
                raise TooManyCompletions(
                    "too many uploads wait for verification; try again", retry_after_s=1
                )
            await self._wait(weight, owner)
        else:
            self._hold(weight, owner)
        try:
            yield
        finally:
            self._give_back(weight, owner)

    async def _wait(self, weight: int, owner: Hashable) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.put(owner, (weight, turn))
        # Who waits may wait for their own to end, and be passed by this one.
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back(weight, owner)
            else:
                self._waiting.remove(owner, (weight, turn))
                self._admit()
            raise

    def _may_have(self, owner: Hashable, weight: int) -> bool:
        return self._held[owner] + weight <= self._share

    def _hold(self, weight: int, owner: Hashable) -> None:
        self._free -= weight
        self._held[owner] += weight

    def _give_back(self, weight: int, owner: Hashable) -> None:
        self._free += weight
        self._held[owner] -= weight
        if not self._held[owner]:
            del self._held[owner]
        self._admit()

    def _admit(self) -> None:
        while (owner := self._next()) is not None:
            weight, turn = self._waiting.take(owner[0])
            self._hold(weight, owner[0])
            turn.set_result(None)
        self._measure()

    def _next(self) -> tuple[Hashable] | None:
        """Whose turn it is, if what they want fits; those who have their share are passed over."""
        for owner, (weight, _) in self._waiting.turns():
            if self._may_have(owner, weight):
                # Nobody else's goes before it, or a large one would wait for ever.
                return (owner,) if weight <= self._free else None
        return None

    def _measure(self) -> None:
        self._metrics.record_depths({self._queue: len(self._waiting)})
