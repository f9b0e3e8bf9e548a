"""A bound on the bytes that are in flight."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Room:
    """Lets work begin as long as all that is under way takes at most so many bytes.

    First come, first served, so that something large is not passed by for ever.
    What is larger than all of the room goes alone.

    Args:
        most_bytes: How much there is.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._taken_bytes = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def take(self, size_bytes: int) -> AsyncIterator[None]:
        """Waits for room, and gives it back at the end."""
        if self._waiting or not self._fits(size_bytes):
            entry = (size_bytes, asyncio.get_running_loop().create_future())
            self._waiting.append(entry)
            try:
                await entry[1]
            except asyncio.CancelledError:
                if entry in self._waiting:
                    self._waiting.remove(entry)
                else:
                    self._taken_bytes -= size_bytes
                self._let_in()
                raise
        else:
            self._taken_bytes += size_bytes
        try:
            yield
        finally:
            self._taken_bytes -= size_bytes
            self._let_in()

    def _fits(self, size_bytes: int) -> bool:
        return not self._taken_bytes or self._taken_bytes + size_bytes <= self._most_bytes

    def _let_in(self) -> None:
        while self._waiting and self._fits(self._waiting[0][0]):
            size_bytes, admitted = self._waiting.popleft()
            if not admitted.done():
                self._taken_bytes += size_bytes
                admitted.set_result(None)
