"""Work is let in by weight, in order."""

import asyncio

import pytest

from services.storage.budget import Budget
from services.storage.errors import TooManyCompletions


class Work:
    """Pieces of work that hold their weight until they are let go."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.running: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def start(self, name: str, weight: int, owner: str = "") -> None:
        self._ends[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._run(name, weight, owner))
        await settle()

    async def end(self, name: str) -> None:
        self._ends[name].set()
        await self._tasks[name]
        await settle()

    async def cancel(self, name: str) -> None:
        self._tasks[name].cancel()
        await asyncio.gather(self._tasks[name], return_exceptions=True)
        await settle()

    async def _run(self, name: str, weight: int, owner: str) -> None:
        async with self.budget.take(weight, owner):
            self.running.append(name)
            try:
                await self._ends[name].wait()
            finally:
                self.running.remove(name)


async def settle() -> None:
    """Lets every task run until it waits."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_weight_in_hand_stays_below_the_capacity() -> None:
    work = Work(Budget(100, least=10, max_waiting=9))
    await work.start("a", 60)
    await work.start("b", 60)
    await work.start("c", 10)
    # c would fit, but came after b: no stream of small ones keeps a large one out.
    assert work.running == ["a"]

    await work.end("a")

    assert work.running == ["b", "c"]
    await work.end("b")
    await work.end("c")


async def test_small_work_weighs_the_least_and_huge_work_all() -> None:
    work = Work(Budget(100, least=50, max_waiting=9))
    for name in "abc":
        await work.start(name, 1)
    assert work.running == ["a", "b"]
    await work.start("huge", 10_000)
    for name in "abc":
        await work.end(name)
    assert work.running == ["huge"]
    await work.end("huge")


async def test_cancelled_work_gives_its_weight_back() -> None:
    work = Work(Budget(100, least=1, max_waiting=9))
    await work.start("a", 100)
    await work.start("b", 100)
    await work.start("c", 100)
    await work.cancel("b")
    assert work.budget.waiting == 1
    await work.cancel("a")
    assert work.running == ["c"]
    await work.end("c")
    await work.start("d", 100)
    assert work.running == ["d"]
    await work.end("d")


async def test_work_that_is_cancelled_as_it_is_let_in_gives_its_weight_back() -> None:
    budget = Budget(1, least=1, max_waiting=9)

    async def hold() -> None:
        async with budget.take(1):
            pass

    async with budget.take(1):
        waiting = asyncio.create_task(hold())
        await settle()
    # Let in just now, and not yet run.
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    async with asyncio.timeout(1), budget.take(1):
        assert budget.waiting == 0


async def test_too_many_waiting_are_refused_with_a_time_to_come_back() -> None:
    work = Work(Budget(1, least=1, max_waiting=1))
    await work.start("a", 1)
    await work.start("b", 1)

    with pytest.raises(TooManyCompletions) as caught:
        async with work.budget.take(1):
            pass

    assert caught.value.retry_after_s
    await work.end("a")
    await work.end("b")


async def test_nobody_has_more_than_their_share_and_others_pass_them() -> None:
    work = Work(Budget(100, least=1, max_waiting=20, share=60))
    for name in ("eve 1", "eve 2", "eve 3"):
        await work.start(name, 30, "eve")
    assert work.running == ["eve 1", "eve 2"]
    await work.start("ada 1", 40, "ada")
    assert work.running == ["eve 1", "eve 2", "ada 1"], "eve waits for her own"
    await work.start("bob 1", 30, "bob")
    await work.start("ada 2", 5, "ada")
    assert work.budget.waiting == 3

    await work.end("ada 1")
    assert work.running == ["eve 1", "eve 2", "bob 1", "ada 2"]
    await work.end("eve 1")
    assert "eve 3" in work.running
    for name in list(work.running):
        await work.end(name)
    # All is given back: a share can be had as a whole.
    await work.start("eve 4", 1000, "eve")
    await work.start("ada 3", 40, "ada")
    assert work.running == ["eve 4", "ada 3"]
    for name in list(work.running):
        await work.end(name)


async def test_a_large_one_is_not_passed_by_whoever_has_not_their_share() -> None:
    work = Work(Budget(100, least=1, max_waiting=20, share=60))
    await work.start("eve", 60, "eve")
    await work.start("bob", 60, "bob")
    await work.start("ada", 10, "ada")
    assert work.running == ["eve"]
    await work.end("eve")
    assert work.running == ["bob", "ada"]
    await work.end("bob")
    await work.end("ada")


async def test_who_waits_for_their_own_may_give_up() -> None:
    work = Work(Budget(100, least=1, max_waiting=20, share=60))
    await work.start("eve 1", 60, "eve")
    await work.start("eve 2", 60, "eve")
    await work.cancel("eve 2")
    assert work.budget.waiting == 0
    await work.cancel("eve 1")
    await work.start("eve 3", 60, "eve")
    assert work.running == ["eve 3"]
    await work.end("eve 3")


async def test_users_take_turns_and_leave_places_to_others() -> None:
    work = Work(Budget(1, least=1, max_waiting=6))
    for name in ("eve 1", "eve 2", "eve 3", "eve 4"):
        await work.start(name, 1, "eve")
    with pytest.raises(TooManyCompletions):
        async with work.budget.take(1, "eve"):
            pass
    await work.start("ada 1", 1, "ada")
    await work.start("ada 2", 1, "ada")
    came = []
    while work.running:
        [name] = work.running
        came.append(name)
        await work.end(name)
    assert came == ["eve 1", "eve 2", "ada 1", "eve 3", "ada 2", "eve 4"]
