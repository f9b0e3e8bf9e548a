"""How long to wait before trying again."""

import asyncio
import random
from collections.abc import Callable

MAX_DOUBLINGS = 32

Draw = Callable[[float, float], float]
"""A number between two others, such as `random.uniform`."""


def full_jitter_s(
    attempt: int, *, first_s: float, max_s: float, draw: Draw = random.uniform
) -> float:
    """Seconds to wait after the n-th attempt that failed (from 1 on).

    Drawn between nothing and a ceiling that doubles, so that many that failed at
    the same moment do not come back at the same moment ("full jitter").
    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.

    Args:
        attempt: How many have failed.
        first_s: Ceiling of the first wait.
        max_s: Highest ceiling.
        draw: Where waits are drawn from.
    """
    doublings = min(attempt - 1, MAX_DOUBLINGS)
    return draw(0, min(first_s * 2.0**doublings, max_s))


class Backoff:
    """Waits after failures in a row, as `full_jitter_s` says."""

    def __init__(self, first_s: float, max_s: float, *, draw: Draw = random.uniform) -> None:
        self._first_s = first_s
        self._max_s = max_s
        self._draw = draw
        self._attempt = 0

    def next_s(self) -> float:
        """Seconds to wait now."""
        self._attempt += 1
        return full_jitter_s(
            self._attempt, first_s=self._first_s, max_s=self._max_s, draw=self._draw
        )

    def reset(self) -> None:
        """Begins anew: what was tried has succeeded."""
        self._attempt = 0

    async def wait(self) -> None:
        """Waits, as `next_s` says."""
        await asyncio.sleep(self.next_s())
