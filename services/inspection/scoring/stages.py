"""What an inspection's time goes to."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum


class Stage(StrEnum):
    """A part of an inspection."""

    FETCH = "fetch"
    FEATURES = "features"
    SCORE = "score"
    DRAW = "draw"


class StageWatch:
    """Measures stages, from when it is made."""

    def __init__(self) -> None:
        self.spent_s: dict[Stage, float] = {}
        self._started = time.perf_counter()

    @property
    def total_s(self) -> float:
        """Seconds until now."""
        return time.perf_counter() - self._started

    @contextmanager
    def time(self, stage: Stage) -> Iterator[None]:
        """Measures what is done inside; not what raises."""
        started = time.perf_counter()
        yield
        self.spent_s[stage] = time.perf_counter() - started
