import asyncio

import pytest

from services.runtime.concurrency import at_once


async def test_results_keep_their_order_and_few_are_worked_on() -> None:
    under_way = most = 0

    async def work(number: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _ in range(5 - number):
            await asyncio.sleep(0)
        under_way -= 1
        return number * number

    assert await at_once(range(5), work, 2) == [0, 1, 4, 9, 16]
    assert most == 2


async def test_the_first_error_is_raised_as_it_is_and_ends_the_others() -> None:
    ended = []

    async def work(number: int) -> None:
        if number == 1:
            raise KeyError(number)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(number)

    with pytest.raises(KeyError):
        await at_once([0, 1, 2], work, 3)
    assert sorted(ended) == [0, 2]
