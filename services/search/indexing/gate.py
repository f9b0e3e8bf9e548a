"""How many images, and how many bytes of them, are worked on at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Gate:
    """Lets in several together, or one alone; those who wait go in in their order.

    Whoever leaves says so without waiting for anything, so that a cancellation
    cannot come between and leave the gate closed.

    Args:
        slots: Most images at once.
        budget_bytes: Most bytes of images at once; a larger image goes in when
            no other is in.
    """

    def __init__(self, *, slots: int, budget_bytes: int) -> None:
        self._slots = slots
        self._budget_bytes = budget_bytes
        self._inside = 0
        self._inside_bytes = 0
        self._want_alone = 0
        self._alone = False
        # In the order in which they came.
        self._waiting: dict[asyncio.Event, None] = {}

    @asynccontextmanager
    async def together(self, size_bytes: int) -> AsyncIterator[None]:
        """Goes in beside others, when there is room and nobody wants to be alone."""
        await self._until(lambda: self._has_room(size_bytes))
        self._inside += 1
        self._inside_bytes += size_bytes
        try:
            yield
        finally:
            self._inside -= 1
            self._inside_bytes -= size_bytes
            self._tell()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Goes in when all others are out, and keeps them out."""
        self._want_alone += 1
        try:
            await self._until(lambda: not self._inside and not self._alone)
            self._alone = True
        finally:
            self._want_alone -= 1
            self._tell()
        try:
            yield
        finally:
            self._alone = False
            self._tell()

    def _has_room(self, size_bytes: int) -> bool:
        return (
            not self._alone
            and not self._want_alone
            and self._inside < self._slots
            and (not self._inside or self._inside_bytes + size_bytes <= self._budget_bytes)
        )

    async def _until(self, may_enter: Callable[[], bool]) -> None:
        changed = asyncio.Event()
        self._waiting[changed] = None
        try:
            while not may_enter():
                changed.clear()
                await changed.wait()
        finally:
            del self._waiting[changed]

    def _tell(self) -> None:
        for changed in self._waiting:
            changed.set()
