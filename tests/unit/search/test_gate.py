import asyncio
from contextlib import AsyncExitStack

import pytest

from services.search.indexing.gate import Gate


async def settle() -> None:
    """Lets every task that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


async def enter(gate: Gate, size: int, inside: list[int], leave: asyncio.Event) -> None:
    async with gate.together(size):
        inside.append(size)
        await leave.wait()


async def test_lets_in_as_many_as_there_are_slots_and_bytes() -> None:
    gate = Gate(slots=3, budget_bytes=100)
    inside: list[int] = []
    leave = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for size in (60, 30, 20, 10, 5):
            tasks.create_task(enter(gate, size, inside, leave))
        await settle()
        assert inside == [60, 30, 10]
        leave.set()
    assert sorted(inside) == [5, 10, 20, 30, 60]


async def test_one_above_the_budget_goes_in_by_itself() -> None:
    gate = Gate(slots=3, budget_bytes=100)
    async with asyncio.timeout(5), gate.together(1000):
        pass


async def test_alone_is_alone_and_is_not_overtaken() -> None:
    gate = Gate(slots=3, budget_bytes=100)
    inside: list[int] = []
    first, second = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(enter(gate, 1, inside, first))
        await settle()
        entered, done = asyncio.Event(), asyncio.Event()

        async def alone() -> None:
            async with gate.alone():
                entered.set()
                await done.wait()

        tasks.create_task(alone())
        await settle()
        tasks.create_task(enter(gate, 2, inside, second))
        await settle()
        assert inside == [1]
        assert not entered.is_set()
        first.set()
        await settle()
        assert entered.is_set()
        assert inside == [1]
        done.set()
        await settle()
        assert inside == [1, 2]
        second.set()


@pytest.mark.parametrize("alone", [False, True])
async def test_whoever_gives_up_waiting_leaves_no_trace(alone: bool) -> None:
    gate = Gate(slots=1, budget_bytes=100)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(gate.together(1))
        waiting = gate.alone() if alone else gate.together(1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), waiting:
                pass
    async with asyncio.timeout(5):
        async with gate.together(1):
            pass
        async with gate.alone():
            pass


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("steps", range(8))
async def test_whoever_is_cancelled_at_any_moment_leaves_the_gate_open(
    alone: bool, steps: int
) -> None:
    gate = Gate(slots=1, budget_bytes=100)
    passed: list[int] = []

    async def cancelled() -> None:
        async with gate.alone() if alone else gate.together(1):
            await asyncio.sleep(0)

    async def follow(number: int) -> None:
        async with gate.together(1):
            passed.append(number)

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        async with gate.together(1):
            task = asyncio.create_task(cancelled())
            await settle()
            for number in range(4):
                tasks.create_task(follow(number))
            await settle()
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
    assert passed == [0, 1, 2, 3]
    async with asyncio.timeout(5), gate.alone():
        pass


async def test_whoever_came_first_goes_in_first() -> None:
    gate = Gate(slots=1, budget_bytes=100)
    inside: list[int] = []
    leave = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for size in (1, 2, 3, 4):
            tasks.create_task(enter(gate, size, inside, leave))
            await settle()
        leave.set()
    assert inside == [1, 2, 3, 4]
