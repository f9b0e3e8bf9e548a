"""Work on many things, some at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def at_once(things: Sequence[T], work: Callable[[T], Awaitable[R]], limit: int) -> list[R]:
    """What comes of each thing, in their order.

    Args:
        things: To work on.
        work: What to do; the first error that it raises ends the others and is raised itself, so
            that it keeps its meaning.
        limit: How many are worked on at the same time.
    """
    places = asyncio.Semaphore(limit)

    async def one(thing: T) -> R:
        async with places:
            return await work(thing)

    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(one(thing)) for thing in things]
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
    return [task.result() for task in running]
