"""A weighted semaphore: bounds the total weight of the work under way."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.storage.errors import TooManyCompletions
from services.storage.telemetry import StorageMetrics


class Budget:
    """Lets work in, first come first served, as long as its weight fits.

    Args:
        capacity: Weight that may be in hand at once.
        least: Weight that every piece of work has at least, so that at most
            `capacity // least` are in hand.
        max_waiting: How many may wait.
        metrics: Where it is recorded how many wait.
    """

    def __init__(
        self,
        capacity: int,
        *,
        least: int,
        max_waiting: int,
        metrics: StorageMetrics | None = None,
    ) -> None:
        self._free = capacity
        self._capacity = capacity
        self._least = least
        self._max_waiting = max_waiting
        self._metrics = metrics or StorageMetrics()
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @asynccontextmanager
    async def take(self, weight: int) -> AsyncIterator[None]:
        """Waits until the weight fits, and gives it back when the context ends.

        Raises:
            TooManyCompletions: Too many wait already.
        """
        weight = min(max(weight, self._least), self._capacity)
        if self._waiting or weight > self._free:
            if len(self._waiting) >= self._max_waiting:
                raise TooManyCompletions(
                    "too many uploads wait for verification; try again", retry_after_s=1
                )
            await self._wait(weight)
        else:
            self._free -= weight
        try:
            yield
        finally:
            self._give_back(weight)

    async def _wait(self, weight: int) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((weight, turn))
        self._measure()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back(weight)
            else:
                self._waiting.remove((weight, turn))
                self._admit()
            raise

    def _give_back(self, weight: int) -> None:
        self._free += weight
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free:
            weight, turn = self._waiting.popleft()
            self._free -= weight
            turn.set_result(None)
        self._measure()

    def _measure(self) -> None:
        self._metrics.record_depths({"completions": len(self._waiting)})
