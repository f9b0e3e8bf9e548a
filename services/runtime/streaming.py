"""Answers the items of a stream as they are done, with a bounded number under way."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from typing import TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


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
    done: asyncio.Queue[asyncio.Task[A] | None] = asyncio.Queue()
    free = asyncio.Semaphore(window)
    under_way: set[asyncio.Task[A]] = set()

    async def read() -> None:
        iterator = aiter(items)
        while True:
            await free.acquire()
            try:
                item = await anext(iterator)
            except StopAsyncIteration:
                return
            task = asyncio.ensure_future(answer(item))
            under_way.add(task)
            task.add_done_callback(done.put_nowait)

    reader = asyncio.create_task(read())
    reader.add_done_callback(lambda _: done.put_nowait(None))
    try:
        while not reader.done() or under_way:
            task = await done.get()
            if task is None:
                await reader
                continue
            under_way.discard(task)
            yield task.result()
            free.release()
        await reader
    finally:
        for unfinished in (reader, *under_way):
            unfinished.cancel()
        await asyncio.gather(reader, *under_way, return_exceptions=True)
