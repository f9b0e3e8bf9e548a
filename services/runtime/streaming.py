"""Answers the items of a stream as they are done, with a bounded number under way."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import TypeVar, cast

Q = TypeVar("Q")
A = TypeVar("A")

TURN = 4
"""Items of a group that are begun before everybody else on the event loop has a turn."""

HOLD_S = 0.05
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
    groups: AsyncIterable[Sequence[Q]], answer: Callable[[Q], Awaitable[A]], *, window: int
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
    done: list[asyncio.Task[A]] = []
    under_way: set[asyncio.Task[A]] = set()
    changed = asyncio.Event()
    room = asyncio.Event()
    loop = asyncio.get_running_loop()
    enough = 1
    late: asyncio.TimerHandle | None = None

    async def work(item: Q) -> A:
        nonlocal late
        failed = True
        try:
            result = await answer(item)
            failed = False
            return result
        finally:
            # Here and not in a callback of the task, which would come a turn of the loop later.
            done.append(cast("asyncio.Task[A]", asyncio.current_task()))
            if failed or len(done) >= min(enough, len(under_way)):
                changed.set()
            elif late is None:
                late = loop.call_later(HOLD_S, changed.set)

    async def read() -> None:
        nonlocal enough
        async for group in groups:
            enough = max(1, len(group))
            for number, item in enumerate(group, 1):
                under_way.add(loop.create_task(work(item)))
                if number % TURN == 0:
                    # A person's text must not wait for the whole group's first steps.
                    await asyncio.sleep(0)
            while len(under_way) >= window:
                room.clear()
                await room.wait()

    reader = asyncio.create_task(read())
    reader.add_done_callback(lambda _: changed.set())
    try:
        while under_way or not reader.done():
            await changed.wait()
            changed.clear()
            if late is not None:
                late.cancel()
                late = None
            if reader.done():
                await reader
            ready = done[:]
            done.clear()
            good = [task for task in ready if not task.cancelled() and not task.exception()]
            if good:
                yield [task.result() for task in good]
            for task in ready:
                task.result()
            under_way.difference_update(ready)
            room.set()
        await reader
    finally:
        if late is not None:
            late.cancel()
        for unfinished in (reader, *under_way):
            unfinished.cancel()
        await asyncio.gather(reader, *under_way, return_exceptions=True)


async def _singly(items: AsyncIterable[Q]) -> AsyncGenerator[Sequence[Q], None]:
    async for item in items:
        yield (item,)
