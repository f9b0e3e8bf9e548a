"""A weighted semaphore: bounds the total weight of the work under way."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from services.runtime.fair_queue import FairQueue
from services.storage.errors import TooManyCompletions
from services.storage.telemetry import StorageMetrics


class Budget:
    """Lets work in as long as its weight fits: users take turns, each first come first served.

    One user may take half of the places to wait, so that others find one.

    Args:
        capacity: Weight that may be in hand at once.
        least: Weight that every piece of work has at least, so that at most
            `capacity // least` are in hand.
        max_waiting: How many may wait.
        queue: Name of the queue of those who wait.
        metrics: Where it is recorded how many wait.
    """

    def __init__(
        self,
        capacity: int,
        *,
        least: int,
        max_waiting: int,
        queue: str = "completions",
        metrics: StorageMetrics | None = None,
    ) -> None:
        self._free = capacity
        self._capacity = capacity
        self._least = least
        self._max_waiting = max_waiting
        self._queue = queue
        self._metrics = metrics or StorageMetrics()
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
        weight = min(max(weight, self._least), self._capacity)
        if self._waiting or weight > self._free:
            theirs = self._waiting.size_of(owner)
            if len(self._waiting) >= self._max_waiting or theirs >= (self._max_waiting + 1) // 2:
                raise TooManyCompletions(
                    "too many uploads wait for verification; try again", retry_after_s=1
                )
            await self._wait(weight, owner)
        else:
            self._free -= weight
        try:
            yield
        finally:
            self._give_back(weight)

    async def _wait(self, weight: int, owner: Hashable) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.put(owner, (weight, turn))
        self._measure()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back(weight)
            else:
                self._waiting.remove(owner, (weight, turn))
                self._admit()
            raise

    def _give_back(self, weight: int) -> None:
        self._free += weight
        self._admit()

    def _admit(self) -> None:
        while (first := self._waiting.first()) and first[0] <= self._free:
            weight, turn = self._waiting.take()
            self._free -= weight
            turn.set_result(None)
        self._measure()

    def _measure(self) -> None:
        self._metrics.record_depths({self._queue: len(self._waiting)})
