"""In virtual time: `asyncio.sleep` is the work that an inspection is."""

import asyncio
import math
from collections.abc import Awaitable, Callable

import pytest

from services.inspection.errors import FrameLate
from services.inspection.line.lane import MOST_WAITING, MOST_WAITING_BYTES, Lane, Turn
from tests.support.virtual_time import run


class Line:
    """A lane, and what became of the items that were sent into it."""

    def __init__(self, places: int = 1) -> None:
        self.loop = asyncio.get_running_loop()
        self.dropped: list[str] = []
        self.begun: list[str] = []
        self.done: dict[str, float] = {}
        self.late: dict[str, FrameLate] = {}
        self.lane = Lane(places, clock=self.loop.time, dropped=self.dropped.append)
        self._tasks: list[asyncio.Task[None]] = []

    def send(
        self,
        name: str,
        budget_s: float = math.inf,
        *,
        takes_s: float = 1.0,
        size: int = 1,
        since: float | None = None,
    ) -> asyncio.Task[None]:
        now = self.loop.time()
        turn = Turn(now if since is None else since, budget_s)
        task = asyncio.create_task(self._inspect(name, turn, takes_s, size))
        self._tasks.append(task)
        return task

    async def _inspect(self, name: str, turn: Turn, takes_s: float, size: int) -> None:
        try:
            async with self.lane.turn(turn, size):
                self.begun.append(name)
                await asyncio.sleep(takes_s)
        except FrameLate as late:
            self.late[name] = late
        self.done[name] = self.loop.time()

    async def ended(self) -> None:
        await asyncio.gather(*self._tasks)


def in_virtual_time(scenario: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    def test() -> None:
        async def main() -> None:
            await scenario()

        run(main())

    test.__name__ = scenario.__name__
    return test


@in_virtual_time
async def test_items_without_a_budget_are_begun_in_their_order_and_never_dropped() -> None:
    line = Line(places=2)
    for name in "abcdef":
        line.send(name, takes_s=1000)
    await line.ended()
    assert line.begun == list("abcdef")
    assert line.done == {"a": 1000, "b": 1000, "c": 2000, "d": 2000, "e": 3000, "f": 3000}
    assert not line.dropped


@in_virtual_time
async def test_the_most_urgent_frame_is_next() -> None:
    line = Line()
    line.send("first")
    line.send("patient")
    line.send("in 9 s", 9.0)
    line.send("in 5 s", 5.0)
    await line.ended()
    assert line.begun == ["first", "in 5 s", "in 9 s", "patient"]


@in_virtual_time
async def test_a_frame_that_was_late_before_it_came_is_not_begun() -> None:
    line = Line()
    await asyncio.sleep(10)
    line.send("old", 3.0, since=6.0)
    await line.ended()
    assert not line.begun
    assert line.dropped == ["waiting"]
    assert line.late["old"].metadata == {
        "budget_ms": "3000", "elapsed_ms": "4000", "stage": "waiting",
    }  # fmt: skip


@in_virtual_time
async def test_a_frame_that_is_not_done_in_time_is_cut_off_at_the_end_of_its_budget() -> None:
    line = Line()
    line.send("slow", 2.0, takes_s=60)
    await line.ended()
    assert line.done == {"slow": 2.0}
    assert line.dropped == ["under_way"]
    line.send("next", 2.0)
    await line.ended()
    assert line.done["next"] == 3.0
    assert "next" not in line.late


@in_virtual_time
async def test_a_frame_is_dropped_as_soon_as_it_cannot_be_in_time_any_more() -> None:
    line = Line()
    for name in "abc":
        line.send(name)
    await line.ended()
    line.send("under way", takes_s=1.5)
    line.send("hopeless", 2.1)
    line.send("in time", 3.0)
    await line.ended()
    # An inspection takes 1 s: what has not begun at 4 s is hardly done at 5.1 s.
    assert {name: round(at, 6) for name, at in line.done.items()} == {
        "a": 1.0, "b": 2.0, "c": 3.0, "hopeless": 4.0, "under way": 4.5, "in time": 5.5,
    }  # fmt: skip
    assert list(line.late) == ["hopeless"]


@in_virtual_time
async def test_under_twice_the_load_half_are_in_time_and_no_others_are_begun() -> None:
    line = Line()
    for number in range(40):
        line.send(f"frame {number}", 3.0)
        await asyncio.sleep(0.5)
    await line.ended()
    answered = [name for name in line.begun if name not in line.late]
    assert len(answered) >= 19
    assert len(line.begun) - len(answered) <= 1
    assert len(line.done) == 40


@in_virtual_time
async def test_a_free_place_is_given_whatever_the_last_ones_took() -> None:
    line = Line()
    line.send("loads a version", takes_s=30)
    await line.ended()
    line.send("quick", 2.0)
    await line.ended()
    assert line.done["quick"] == 31.0
    assert not line.late


@in_virtual_time
async def test_what_is_decided_is_done_to_its_end() -> None:
    line = Line()
    turn = Turn(line.loop.time(), 2.0)
    async with line.lane.turn(turn, 1) as begun:
        await asyncio.sleep(1.9)
        await begun.decided()
        await asyncio.sleep(5)
    assert not line.dropped


@in_virtual_time
async def test_what_is_dropped_is_not_decided_any_more() -> None:
    line = Line()
    came_so_far: list[str] = []

    async def inspect() -> None:
        async with line.lane.turn(Turn(0.0, 2.0), 1) as begun:
            # The time is over while the event loop is busy, and nothing has waited since.
            line.loop.call_later(2.0, done.set_result, None)
            await done
            await begun.decided()
            came_so_far.append("kept")

    done = line.loop.create_future()
    with pytest.raises(FrameLate):
        await inspect()
    assert not came_so_far
    assert line.dropped == ["under_way"]


@in_virtual_time
async def test_somebody_else_s_timeout_is_no_late_frame() -> None:
    line = Line()
    with pytest.raises(TimeoutError):
        async with line.lane.turn(Turn(0.0, 9.0), 1):
            raise TimeoutError
    assert not line.dropped


@in_virtual_time
async def test_a_waiter_that_is_given_up_leaves_its_place_to_others() -> None:
    line = Line()
    line.send("first")
    given_up = line.send("given up")
    line.send("second")
    await asyncio.sleep(0.5)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    await asyncio.wait(line._tasks)
    assert line.begun == ["first", "second"]


@in_virtual_time
async def test_nothing_is_read_while_an_item_without_a_budget_waits() -> None:
    line = Line()
    line.send("under way", takes_s=10)
    await asyncio.sleep(0)
    await line.lane.readable()
    line.send("frame", 60.0)
    await asyncio.sleep(0)
    await line.lane.readable()
    line.send("patient")
    await asyncio.sleep(0)
    await line.lane.readable()
    # The frame went first; then the patient one was begun.
    assert line.begun == ["under way", "frame", "patient"]
    await line.ended()


@pytest.mark.parametrize(
    ("frames", "size"), [(MOST_WAITING, 1), (2, MOST_WAITING_BYTES // 2)], ids=["many", "large"]
)
def test_no_more_is_read_than_may_wait(frames: int, size: int) -> None:
    async def main() -> None:
        line = Line()
        line.send("under way", takes_s=10)
        for number in range(frames):
            await line.lane.readable()
            line.send(str(number), 40.0, takes_s=0, size=size)
            await asyncio.sleep(0)
        await line.lane.readable()
        assert line.loop.time() == 10.0
        await line.ended()
        assert not line.late

    run(main())
