"""A rest between two rounds of work that can be cut short."""

import asyncio
from contextlib import suppress


class Wakeup:
    """Rests until it is called, or for so long at most.

    A round of work begins with `clear`: a call that comes while it is under way may
    mean what it has not looked at, and cuts the next rest short.
    """

    def __init__(self) -> None:
        self._called = asyncio.Event()

    def call(self) -> None:
        """Ends the rest; the one under way, or the next."""
        self._called.set()

    def clear(self) -> None:
        """Forgets calls that came until now."""
        self._called.clear()

    async def rest(self, at_most_s: float) -> None:
        """Returns when it is called, or after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._called.wait()
