import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from services.runtime.streaming import answer_each, answer_groups


class Source:
    def __init__(self, count: int) -> None:
        self.count = count
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[int]:
        for index in range(self.count):
            self.read += 1
            yield index
            await asyncio.sleep(0)


async def test_answers_come_as_they_are_done_each_once() -> None:
    gates = [asyncio.Event() for _ in range(4)]

    async def answer(index: int) -> int:
        await gates[index].wait()
        return index

    answers = answer_each(Source(4), answer, window=4)
    order = [2, 0, 3, 1]
    got = []
    for index in order:
        gates[index].set()
        got.append(await anext(answers))
    assert got == order
    assert [rest async for rest in answers] == []


async def test_no_more_is_read_than_the_window_allows() -> None:
    source = Source(100)
    under_way = 0
    most = 0

    async def answer(index: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return index

    got = []
    async for index in answer_each(source, answer, window=3):
        got.append(index)
        assert source.read <= len(got) + 3
    assert sorted(got) == list(range(100))
    assert most <= 3


async def test_an_error_ends_the_stream_and_cancels_the_rest() -> None:
    cancelled = []
    all_begun = asyncio.Event()

    async def answer(index: int) -> int:
        if index == 1:
            await all_begun.wait()
            raise LookupError("no such model")
        try:
            if index == 2:
                all_begun.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(index)
            raise
        return index

    with pytest.raises(LookupError):
        async for _ in answer_each(Source(9), answer, window=3):
            pass
    assert sorted(cancelled) == [0, 2]


async def test_a_source_that_breaks_is_told_even_if_nothing_is_under_way() -> None:
    async def broken() -> AsyncIterator[int]:
        yield 1
        raise ConnectionError("gone")

    async def answer(index: int) -> int:
        return index

    with pytest.raises(ConnectionError):
        [_ async for _ in answer_each(broken(), answer, window=3)]


async def test_a_reader_that_leaves_cancels_what_is_under_way() -> None:
    cancelled = asyncio.Event()

    async def answer(index: int) -> int:
        if index:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
        return index

    async with aclosing(answer_each(Source(2), answer, window=2)) as answers:
        assert await anext(answers) == 0
        await asyncio.sleep(0.001)
    assert cancelled.is_set()


async def grouped(*groups: list[int]) -> AsyncIterator[list[int]]:
    for group in groups:
        yield group


async def test_answers_that_are_there_together_come_together() -> None:
    gates = [asyncio.Event() for _ in range(6)]

    async def answer(index: int) -> int:
        await gates[index].wait()
        return index

    answers = answer_groups(grouped([0, 1, 2], [], [3, 4, 5]), answer, window=4)
    for index in (1, 3):
        gates[index].set()
    assert await anext(answers) == [1, 3]
    for index in (5, 0, 2):
        gates[index].set()
    assert sorted(await anext(answers)) == [0, 2, 5]
    gates[4].set()
    assert await anext(answers) == [4]
    assert [rest async for rest in answers] == []


async def test_an_answer_waits_for_company_only_while_there_may_be_some() -> None:
    gates = [asyncio.Event() for _ in range(8)]

    async def answer(index: int) -> int:
        await gates[index].wait()
        return index

    answers = answer_groups(grouped([0, 1, 2, 3], [4, 5, 6, 7]), answer, window=8)
    reading = asyncio.ensure_future(anext(answers))
    for index in (0, 5, 6):
        gates[index].set()
        await asyncio.sleep(0)
    assert not reading.done()
    gates[3].set()
    # As many as a group has.
    assert await reading == [0, 5, 6, 3]
    gates[1].set()
    # None of the others comes.
    assert await anext(answers) == [1]
    for index in (2, 4, 7):
        gates[index].set()
    # All that are left.
    assert sorted(await anext(answers)) == [2, 4, 7]
    assert [rest async for rest in answers] == []


async def test_no_group_is_read_while_the_window_is_full() -> None:
    read = 0

    async def source() -> AsyncIterator[list[int]]:
        nonlocal read
        for first in range(0, 100, 5):
            read += 5
            yield list(range(first, first + 5))

    async def answer(index: int) -> int:
        await asyncio.sleep(0)
        return index

    got: list[int] = []
    async for answers in answer_groups(source(), answer, window=8):
        got += answers
        assert read <= len(got) + 8 + 5
    assert sorted(got) == list(range(100))


async def test_answers_that_came_before_an_error_are_given() -> None:
    async def answer(index: int) -> int:
        if index == 2:
            raise LookupError("no such model")
        return index

    answers = answer_groups(grouped([0, 1, 2, 3]), answer, window=8)
    assert sorted(await anext(answers)) == [0, 1, 3]
    with pytest.raises(LookupError):
        await anext(answers)
