"""A rest lasts until its time is over, or until it is called."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.runtime.wakeup import Wakeup

FOR_EVER_S = 3600


@asynccontextmanager
async def resting(wakeup: Wakeup) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(wakeup.rest(FOR_EVER_S))
    for _ in range(3):
        await asyncio.sleep(0)
    yield task
    task.cancel()


async def test_a_call_cuts_the_rest_short() -> None:
    wakeup = Wakeup()
    async with resting(wakeup) as rest:
        assert not rest.done()
        wakeup.call()
        await rest


async def test_the_rest_ends_by_itself() -> None:
    await Wakeup().rest(0)


async def test_a_call_before_the_round_is_done_with() -> None:
    wakeup = Wakeup()
    wakeup.call()
    wakeup.clear()
    async with resting(wakeup) as rest:
        assert not rest.done()


async def test_a_call_during_the_round_is_not_missed() -> None:
    wakeup = Wakeup()
    wakeup.clear()
    wakeup.call()
    async with resting(wakeup) as rest:
        assert rest.done()
