"""Answers the items of a stream as they are done, with a bounded number under way."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Generic, TypeVar, cast

Q = TypeVar("Q")
A = TypeVar("A")

TURN = 4
"""Items of a group that are begun before everybody else on the event loop has a turn."""

HOLD_S = 0.1
"""How long an answer may wait for as many others as the reader sends at once."""


async def answer_each(
    items: AsyncIterable[Q], answer: Callable[[Q], Awaitable[A]], *, window: int
) -> AsyncGenerator[A, None]:
    """Answers each item once, in the order in which they are done.

    Args:
        items: Read only as far as `window` allows, which is the back-pressure
            on whoever sends them.
        answer: Answers one item; what it raises ends the stream.
        window: Most items read and not yet taken by the reader of the answers.

    When the stream ends early, the items under way are cancelled.
    """
    async with aclosing(answer_groups(_singly(items), answer, window=window)) as groups:
        async for group in groups:
            for done in group:
                yield done


async def answer_groups(
    groups: AsyncIterable[Sequence[Q]],
    answer: Callable[[Q], Awaitable[A]],
    *,
    window: int,
) -> AsyncGenerator[Sequence[A], None]:
    """Answers each item of each group once, in groups of their own.

    Sending and reading a message wakes five threads on both sides, so answers
    wait for company: until they are as many as the items of the last group, or
    nothing else is under way, or one has failed, for `HOLD_S` at most.

    Args:
        groups: The next is read while fewer items than `window` are under way.
        answer: Answers one item; what it raises ends the stream, after the
            answers that were there before.
        window: Items read and not yet taken by the reader of the answers, from
            which on nothing is read.

    When the stream ends early, the items under way are cancelled.
    """
    gathering = _Gathering(answer)
    room = asyncio.Event()

    async def read() -> None:
        async for group in groups:
            gathering.enough = max(1, len(group))
            for number, item in enumerate(group, 1):
                gathering.begin(item)
                if number % TURN == 0:
                    # A person's text must not wait for the whole group's first steps.
                    await asyncio.sleep(0)
            while len(gathering.under_way) >= window:
                room.clear()
                await room.wait()

    reader = asyncio.create_task(read())
    reader.add_done_callback(lambda _: gathering.changed.set())
    try:
        while gathering.under_way or not reader.done():
            ready = await gathering.take()
            if reader.done():
                await reader
            good = [task for task in ready if not task.cancelled() and not task.exception()]
            if good:
                yield [task.result() for task in good]
            for task in ready:
                task.result()
            gathering.under_way.difference_update(ready)
            room.set()
        await reader
    finally:
        gathering.end_timer()
        for unfinished in (reader, *gathering.under_way):
            unfinished.cancel()
        await asyncio.gather(reader, *gathering.under_way, return_exceptions=True)


class _Gathering(Generic[Q, A]):
    """Answers of one stream, from when they are begun until the reader has them."""

    def __init__(self, answer: Callable[[Q], Awaitable[A]]) -> None:
        self._answer = answer
        self.under_way: set[asyncio.Task[A]] = set()
        """Those that are begun and not yet with the reader."""
        self.enough = 1
        """So many need not wait for more."""
        self.changed = asyncio.Event()
        """Something is to be done."""
        self._done: list[asyncio.Task[A]] = []
        self._loop = asyncio.get_running_loop()
        self._late: asyncio.TimerHandle | None = None

    def begin(self, item: Q) -> None:
        self.under_way.add(self._loop.create_task(self._work(item)))

    async def take(self) -> list[asyncio.Task[A]]:
        """Those that go to the reader together; perhaps none."""
        await self.changed.wait()
        self.changed.clear()
        self.end_timer()
        taken = self._done[:]
        self._done.clear()
        return taken

    def end_timer(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    async def _work(self, item: Q) -> A:
        failed = True
        try:
            result = await self._answer(item)
            failed = False
            return result
        finally:
            # Here and not in a callback of the task, which would come a turn of the loop later.
            self._done.append(cast("asyncio.Task[A]", asyncio.current_task()))
            if failed or len(self._done) >= min(self.enough, len(self.under_way)):
                self.changed.set()
            elif self._late is None:
                self._late = self._loop.call_later(HOLD_S, self.changed.set)


async def _singly(items: AsyncIterable[Q]) -> AsyncGenerator[Sequence[Q], None]:
    async for item in items:
        yield (item,)
