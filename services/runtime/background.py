"""Loops that run beside the calls and outlive their own failures."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

FIRST_BACKOFF_S = 0.1
MAX_BACKOFF_S = 5.0
CANCEL_AGAIN_AFTER_S = 0.5

_log = logging.getLogger(__name__)


class BackgroundTasks:
    """Runs named loops until the context ends; one that fails is started again.

    The wait between starts doubles from 0.1 s to 5 s and shrinks back after a
    run of a minute.
    """

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        """Starts a loop; it may return, which ends it."""
        self._tasks.append(asyncio.create_task(self._keep(name, loop), name=name))

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

    async def _keep(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        clock = asyncio.get_running_loop().time
        backoff_s = FIRST_BACKOFF_S
        while True:
            started = clock()
            try:
                await loop()
            except Exception as error:  # noqa: BLE001 - a loop must survive whatever it meets
                if clock() - started > 60:
                    backoff_s = FIRST_BACKOFF_S
                _log.warning(
                    "%s failed, starts again in %.1f s: %r",
                    name,
                    backoff_s,
                    error,
                    exc_info=_log.isEnabledFor(logging.DEBUG),
                )
                await asyncio.sleep(backoff_s)
                backoff_s = min(backoff_s * 2, MAX_BACKOFF_S)
            else:
                return
