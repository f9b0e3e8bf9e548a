"""An event loop whose clock goes on only when everybody waits: waits take no time."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Does not wait for what only time brings, and notes how long that would have been."""

    skipped_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or not timeout:
            return ready if timeout is not None else super().select(None)
        self.skipped_s += timeout
        return []


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._watched = _Selector()
        super().__init__(self._watched)

    def time(self) -> float:
        return self._watched.skipped_s


def run(main: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine in virtual time, which begins at 0."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)
