"""How long to wait before trying again."""

import asyncio
import random
from collections.abc import Callable

Draw = Callable[[float, float], float]
"""A number between two others, such as `random.uniform`."""


class Backoff:
    """Waits that grow: each is drawn between nothing and a ceiling that doubles ("full jitter").

    Many that failed at the same moment do not come back at the same moment.
    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.

    Args:
        first_s: Ceiling of the first wait.
        max_s: Highest ceiling.
        draw: Where waits are drawn from.
    """

    def __init__(self, first_s: float, max_s: float, *, draw: Draw = random.uniform) -> None:
        self._first_s = first_s
        self._max_s = max_s
        self._draw = draw
        self._ceiling_s = first_s

    def next_s(self) -> float:
        """Seconds to wait now; the next ceiling is twice as high."""
        wait_s = self._draw(0, self._ceiling_s)
        self._ceiling_s = min(2 * self._ceiling_s, self._max_s)
        return wait_s

    def reset(self) -> None:
        """Begins again with the first ceiling: what was tried has succeeded."""
        self._ceiling_s = self._first_s

    async def wait(self) -> None:
        """Waits, as `next_s` says."""
        await asyncio.sleep(self.next_s())
