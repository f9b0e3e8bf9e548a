"""Streams that people's items travel over, kept while they go on coming."""

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from services.clients.item_stream import Answer, ItemStream

Q = TypeVar("Q")
A = TypeVar("A", bound=Answer)

IDLE_S = 15.0
"""For how long a caller's streams are kept after the last item: to open one costs a millisecond,
which an image out of a camera would pay each time."""


@dataclass(eq=False)
class _Caller(Generic[Q, A]):
    lanes: list[ItemStream[Q, A]] = field(default_factory=list)
    leaves: asyncio.TimerHandle | None = None

    @property
    def under_way(self) -> int:
        return sum(lane.under_way for lane in self.lanes)


class CallerStreams(Generic[Q, A]):
    """Sends each caller's items over streams of the caller's own.

    A stream is opened in the context of the item that needs it, and so with its
    caller's identity. What ends a stream harms no other caller.

    Args:
        make: Makes a stream, which opens with its first item.
        each: Most streams of one caller, each of which a balancer may send elsewhere.
        idle_s: For how long they are kept without an item.
    """

    def __init__(
        self, make: Callable[[], ItemStream[Q, A]], *, each: int = 1, idle_s: float = IDLE_S
    ) -> None:
        self._make = make
        self._each = each
        self._idle_s = idle_s
        self._callers: dict[Hashable, _Caller[Q, A]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def ask(self, caller: Hashable, named: Callable[[str], Q]) -> A:
        """Sends an item of a caller and waits for its answer, as `ItemStream.ask`."""
        found = self._callers.setdefault(caller, _Caller())
        if found.leaves is not None:
            found.leaves.cancel()
            found.leaves = None
        try:
            return await self._lane(found).ask(named)
        finally:
            if not found.under_way and self._callers.get(caller) is found:
                loop = asyncio.get_running_loop()
                found.leaves = loop.call_later(self._idle_s, self._leave, caller)

    async def aclose(self) -> None:
        """Ends all streams; items under way are given up."""
        for caller in list(self._callers):
            self._leave(caller)
        await asyncio.gather(*self._closing)

    def _lane(self, caller: _Caller[Q, A]) -> ItemStream[Q, A]:
        """The stream with the fewest items; a new one while all have some."""
        least = min(caller.lanes, key=lambda lane: lane.under_way, default=None)
        if least is None or (least.under_way and len(caller.lanes) < self._each):
            least = self._make()
            caller.lanes.append(least)
        return least

    def _leave(self, caller: Hashable) -> None:
        left = self._callers.pop(caller)
        if left.leaves is not None:
            left.leaves.cancel()
        for lane in left.lanes:
            closing = asyncio.get_running_loop().create_task(lane.aclose())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
