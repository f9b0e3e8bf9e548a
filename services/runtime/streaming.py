"""Answers the items of a stream as they are done, with a bounded number under way."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import TypeVar

Q = TypeVar("Q")
A = TypeVar("A")

TURN = 4
"""Items of a group that are begun before everybody else on the event loop has a turn."""


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
    """Answers each item of each group once, together with the others that are done by then.

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

    def finished(task: asyncio.Task[A]) -> None:
        done.append(task)
        changed.set()

    async def read() -> None:
        async for group in groups:
            for number, item in enumerate(group, 1):
                task = asyncio.ensure_future(answer(item))
                under_way.add(task)
                task.add_done_callback(finished)
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
        for unfinished in (reader, *under_way):
            unfinished.cancel()
        await asyncio.gather(reader, *under_way, return_exceptions=True)


async def _singly(items: AsyncIterable[Q]) -> AsyncGenerator[Sequence[Q], None]:
    async for item in items:
        yield (item,)
