"""Loops that run beside the calls and outlive their own failures."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from services.runtime.backoff import Backoff
from services.runtime.errors import Unavailable

FIRST_BACKOFF_S = 0.1
MAX_BACKOFF_S = 5.0
CANCEL_AGAIN_AFTER_S = 0.5

FAILING_AFTER_S = 30.0
"""A loop that has only failed for this long is reported as down. Most outages of its dependencies,
which health reports by their own names, are over by then."""
SETTLED_AFTER_S = 5.0
MAX_SETTLED_AFTER_S = 60.0
"""A loop is well again when it has run for so long, and for twice as long as it took to fail."""

_log = logging.getLogger(__name__)


class LoopFailing(Unavailable):
    """A loop fails again and again; its work is not done."""


class BackgroundTasks:
    """Runs named loops until the context ends; one that fails is started again.

    The ceiling of the wait between starts doubles from 0.1 s to 5 s. What a loop
    raises is logged with its stack, unless the last failure was the same.

    Args:
        failing_after_s: Seconds of failing after which `probe` raises.
        settled_after_s: A loop is healthy again once it has run for at least this long.
    """

    def __init__(
        self,
        *,
        failing_after_s: float = FAILING_AFTER_S,
        settled_after_s: float = SETTLED_AFTER_S,
    ) -> None:
        self._failing_after_s = failing_after_s
        self._settled_after_s = settled_after_s
        self._tasks: list[asyncio.Task[None]] = []
        self._vital: list[_Loop] = []

    def start(self, name: str, loop: Callable[[], Awaitable[None]], *, vital: bool = True) -> None:
        """Starts a loop; it may return, which ends it.

        Args:
            name: For the log and for health.
            loop: Runs for ever; is called again when it raises.
            vital: Without it the service does not do its work. Housekeeping is not:
                the service serves while it fails.
        """
        kept = _Loop(name, loop, self._settled_after_s)
        if vital:
            self._vital.append(kept)
        self._tasks.append(asyncio.create_task(kept.keep(), name=name))

    async def probe(self) -> None:
        """Raises if a vital loop fails again and again.

        Raises:
            LoopFailing: says which, and why.
        """
        failing = [loop for loop in self._vital if loop.has_failed_for(self._failing_after_s)]
        if failing:
            raise LoopFailing(
                "; ".join(f"{loop.name} fails: {loop.last_error!r}" for loop in failing)
            )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pending = set(self._tasks)
        while pending:
            for task in pending:
                task.cancel()
            # Python 3.11's `asyncio.wait_for`, which the Redis client writes under, may swallow
            # a cancellation: cancel again what goes on.
            _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_AFTER_S)


class _Loop:
    """One loop, and how it fares."""

    def __init__(
        self, name: str, loop: Callable[[], Awaitable[None]], settled_after_s: float
    ) -> None:
        self.name = name
        self.last_error: Exception | None = None
        """Why it failed last; None while it is well."""
        self._loop = loop
        self._least_settled_s = settled_after_s
        self._settled_s = settled_after_s
        self._clock = asyncio.get_running_loop().time
        self._started = self._clock()
        self._failing_since = self._started
        self._backoff = Backoff(FIRST_BACKOFF_S, MAX_BACKOFF_S)
        self._running = False

    def has_failed_for(self, seconds: float) -> bool:
        """Whether it has been failing for that long."""
        if self._running and self._clock() - self._started > self._settled_s:
            self._settle()
        return self.last_error is not None and self._clock() - self._failing_since >= seconds

    async def keep(self) -> None:
        """Runs it again and again until it returns."""
        while True:
            self._started = self._clock()
            self._running = True
            try:
                await self._loop()
            except Exception as error:  # noqa: BLE001 - a loop must survive whatever it meets
                wait_s = self._failed(error)
                await asyncio.sleep(wait_s)
            else:
                self._settle()
                return

    def _failed(self, error: Exception) -> float:
        """Remembers and logs a failure; seconds to wait."""
        now = self._clock()
        ran_s = now - self._started
        self._running = False
        if ran_s > self._settled_s:
            self._settle()
        else:
            self._settled_s = min(max(self._settled_s, 2 * ran_s), MAX_SETTLED_AFTER_S)
        last, self.last_error = self.last_error, error
        if last is None:
            self._failing_since = now
        wait_s = self._backoff.next_s()
        _log.warning(
            "%s failed, starts again in %.1f s: %r",
            self.name,
            wait_s,
            error,
            exc_info=None if _same(error, last) else error,
        )
        return wait_s

    def _settle(self) -> None:
        self.last_error = None
        self._settled_s = self._least_settled_s
        self._backoff.reset()


def _same(error: Exception, other: Exception | None) -> bool:
    return type(error) is type(other) and str(error) == str(other)
