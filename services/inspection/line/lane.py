"""Which item of a stream is begun next, and which frame is dropped because it would be late."""

import asyncio
import heapq
import math
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.inspection.errors import FrameLate

REMEMBERED = 15
"""Durations of inspections of which the second longest is what one may take; a single one that was
out of the ordinary, such as the first with a version that had to be fetched, does not count."""

MARGIN = 1.1
"""So many times that a frame must have left to go on waiting."""

MOST_WAITING = 64
MOST_WAITING_BYTES = 16 * 2**20
"""Frames that wait for a turn; beyond, nothing more is read."""


@dataclass(slots=True)
class Turn:
    """An item's turn: since when its time runs, how long it has, and what became of it."""

    since: float
    """By the clock of the lane."""
    budget_s: float = math.inf
    waited_s: float = 0.0

    @property
    def until(self) -> float:
        """When it is late."""
        return self.since + self.budget_s


@dataclass(order=True, slots=True)
class _Waiter:
    until: float
    number: int
    size: int = field(compare=False)
    called: "asyncio.Future[None]" = field(compare=False)


class Begun:
    """An item that is under way."""

    def __init__(self, limit: asyncio.Timeout) -> None:
        self._limit = limit

    async def decided(self) -> None:
        """Says that what comes now is done to its end: from here on the item is not dropped."""
        if self._limit.expired():
            # It is dropped already, and hears of it where it waits next.
            await asyncio.sleep(0)
        self._limit.reschedule(None)


class Lane:
    """Lets a number of items of one stream be under way, the most urgent first.

    Whoever gets a place at once is begun, whatever its budget. Of those that wait, each is dropped
    when what is left of its budget is less than an inspection may take in this stream, so that
    places go to frames that can still be in time. One that was begun and is not done at the end of
    its budget is dropped, too.

    Args:
        places: Items under way at once.
        clock: Seconds of a clock that only goes forward, the event loop's.
        dropped: Told of each that is dropped: `waiting` or `under_way`.
    """

    def __init__(
        self, places: int, *, clock: Callable[[], float], dropped: Callable[[str], None]
    ) -> None:
        self._free = places
        self._clock = clock
        self._dropped = dropped
        self._waiting: list[_Waiter] = []
        self._waiting_bytes = 0
        self._patient = 0
        """Items without a budget that wait."""
        self._numbers = 0
        self._took: deque[float] = deque(maxlen=REMEMBERED)
        self._moved = asyncio.Event()

    def may_take_s(self) -> float:
        """What an inspection may take from its begin; 0 as long as nobody knows."""
        return sorted(self._took)[-2] if len(self._took) > 1 else 0.0

    async def readable(self) -> None:
        """Returns when there is room to read another item."""
        while self._patient or self._full():
            self._moved.clear()
            await self._moved.wait()

    @asynccontextmanager
    async def turn(self, turn: Turn, size: int) -> AsyncIterator["Begun"]:
        """A place among those under way, until the end of the turn's budget.

        Args:
            turn: Whose `waited_s` is set.
            size: Bytes that wait with it.

        Raises:
            FrameLate: It was dropped, before it was begun or after.
        """
        began_waiting = self._clock()
        try:
            await self._place(turn, size)
        finally:
            turn.waited_s = self._clock() - began_waiting
        begun, least_s = self._clock(), 0.0
        try:
            until = None if math.isinf(turn.budget_s) else turn.until
            async with asyncio.timeout_at(until) as limit:
                yield Begun(limit)
        except TimeoutError:
            if not limit.expired():
                raise
            # It would have taken longer.
            least_s = self.may_take_s()
            raise self._late(turn, "under_way") from None
        finally:
            self._took.append(max(self._clock() - begun, least_s))
            self._free += 1
            self._call_next()

    async def _place(self, turn: Turn, size: int) -> None:
        if turn.until <= self._clock():
            raise self._late(turn, "waiting")
        if self._free:
            # Whoever waited was called before.
            self._free -= 1
            return
        self._numbers += 1
        called = asyncio.get_running_loop().create_future()
        waiter = _Waiter(turn.until, self._numbers, size, called)
        self._enter(waiter)
        try:
            while True:
                left_s = self._left_s(turn)
                if called.done():
                    return
                # Looks again when it would be dropped; by then inspections may take less.
                await asyncio.wait({called}, timeout=None if math.isinf(left_s) else left_s)
        except BaseException:
            if called.done():
                # It has a place that it cannot use.
                self._free += 1
            raise
        finally:
            self._leave(waiter)
            self._call_next()

    def _left_s(self, turn: Turn) -> float:
        """How much longer an item may wait for its place.

        Raises:
            FrameLate: No longer.
        """
        left_s = turn.until - MARGIN * self.may_take_s() - self._clock()
        if left_s <= 0:
            raise self._late(turn, "waiting")
        return left_s

    def _call_next(self) -> None:
        uncalled = (one for one in self._waiting if not one.called.done())
        for waiter in heapq.nsmallest(self._free, uncalled):
            self._free -= 1
            waiter.called.set_result(None)

    def _enter(self, waiter: _Waiter) -> None:
        self._waiting.append(waiter)
        self._waiting_bytes += waiter.size
        self._patient += math.isinf(waiter.until)

    def _leave(self, waiter: _Waiter) -> None:
        self._waiting.remove(waiter)
        self._waiting_bytes -= waiter.size
        self._patient -= math.isinf(waiter.until)
        self._moved.set()

    def _full(self) -> bool:
        return len(self._waiting) >= MOST_WAITING or self._waiting_bytes >= MOST_WAITING_BYTES

    def _late(self, turn: Turn, stage: str) -> FrameLate:
        self._dropped(stage)
        budget_ms, elapsed_ms = turn.budget_s * 1000, (self._clock() - turn.since) * 1000
        words = "it waited" if stage == "waiting" else "it was not done after"
        return FrameLate(
            f"the frame was dropped: {words} {elapsed_ms:.0f} of its {budget_ms:.0f} ms",
            metadata={
                "budget_ms": f"{budget_ms:.0f}",
                "elapsed_ms": f"{elapsed_ms:.0f}",
                "stage": stage,
            },
        )
