"""Many small pieces of blocking work in threads, in order, so many at once."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

_AHEAD = 4
"""Pieces that wait for each thread, so that none idles."""

T = TypeVar("T")
R = TypeVar("R")


async def in_threads(
    work: Callable[[T], R], items: Iterable[T], threads: int
) -> AsyncGenerator[R, None]:
    """What `work` makes of each item, in their order.

    The first failure, or the end of whoever iterates, ends it: what was not begun is not begun
    any more, and what was is waited for.
    """
    pool = ThreadPoolExecutor(threads)
    left = iter(items)
    running = [pool.submit(work, item) for item in islice(left, threads * _AHEAD)]
    running.reverse()
    try:
        while running:
            yield await asyncio.wrap_future(running.pop())
            for item in islice(left, 1):
                running.insert(0, pool.submit(work, item))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
