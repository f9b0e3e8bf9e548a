"""Waiting for what happens in other tasks and other processes: poll until it is so, or fail."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

DEADLINE_S = 20.0
EVERY_S = 0.005


async def eventually(
    done: Callable[[], bool | Awaitable[bool]],
    what: str = "it is so",
    *,
    within_s: float = DEADLINE_S,
) -> None:
    """Polls `done`, a function or a coroutine function, until it is true.

    Raises:
        AssertionError: It was not true in time; names `what`.
    """
    try:
        async with asyncio.timeout(within_s):
            while not await _answer(done):  # noqa: ASYNC110 - often of another process
                await asyncio.sleep(EVERY_S)
    except TimeoutError:
        raise AssertionError(f"not within {within_s:g} s: {what}") from None


def wait_until(done: Callable[[], bool], what: str, *, within_s: float = DEADLINE_S) -> None:
    """`eventually` where no event loop runs.

    Raises:
        AssertionError: It was not true in time; names `what`.
    """
    deadline = time.monotonic() + within_s
    while not done():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s:g} s: {what}")
        time.sleep(EVERY_S)


async def _answer(done: Callable[[], bool | Awaitable[bool]]) -> bool:
    answer = done()
    return await answer if inspect.isawaitable(answer) else answer
