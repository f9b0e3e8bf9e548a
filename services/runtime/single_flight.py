"""One piece of work for all who want its result at the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Work that runs at most once at a time, however many wait for it.

    It belongs to no caller: it runs without their context, and goes on when they
    are cancelled.

    Args:
        work: What is done.
    """

    def __init__(self, work: Callable[[], Awaitable[T]]) -> None:
        self._work = work
        self._flight: asyncio.Task[T] | None = None

    @property
    def under_way(self) -> bool:
        """Whether somebody began it and it has not ended."""
        return self._flight is not None and not self._flight.done()

    def start(self) -> asyncio.Task[T]:
        """The work under way, begun now if there is none; need not be awaited."""
        if self._flight is None or self._flight.done():
            self._flight = asyncio.get_running_loop().create_task(self._run(), context=Context())
            # Marks its failure as seen: perhaps nobody waits for it.
            self._flight.add_done_callback(lambda done: done.cancelled() or done.exception())
        return self._flight

    async def result(self) -> T:
        """Waits for the work; what it raises is raised to all who wait."""
        return await asyncio.shield(self.start())

    async def _run(self) -> T:
        return await self._work()
