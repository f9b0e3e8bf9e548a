import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.runtime import message_limits
from services.runtime.message_limits import MessagePace
from services.runtime.policy import Cost

ADA, EVE = "ada", "eve"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def limits(file: Path, *, per_second: int, burst: int) -> None:
    rate = f"{{per_second = {per_second}, burst = {burst}}}"
    fresh = file.with_suffix(".new")
    fresh.write_text(f"[calls]\nread = {rate}\n[messages]\nembed = {rate}\ninspect = {rate}\n")
    fresh.replace(file)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    limits(tmp_path / "limits.toml", per_second=10, burst=3)
    return tmp_path / "limits.toml"


def test_whoever_sends_more_than_it_may_waits_for_its_turn(file: Path) -> None:
    clock = Clock()
    pace = MessagePace(file, clock=clock)
    waits = [pace.wait_s(ADA, "embed") for _ in range(6)]
    assert waits == pytest.approx([0, 0, 0, 0.1, 0.2, 0.3])
    # Others, and what costs otherwise, have their own.
    assert pace.wait_s(EVE, "embed") == pace.wait_s(ADA, "inspect") == 0
    clock.now += 0.4
    assert pace.wait_s(ADA, "embed") == 0
    # After a rest there is the burst again, and no more.
    clock.now += 1000
    waits = [pace.wait_s(ADA, "embed") for _ in range(4)]
    assert waits == pytest.approx([0, 0, 0, 0.1])


def test_without_a_file_nobody_waits(tmp_path: Path) -> None:
    for pace in (MessagePace(None), MessagePace(tmp_path / "none.toml")):
        assert {pace.wait_s(ADA, "embed") for _ in range(10_000)} == {0}


def test_changed_limits_hold_at_once_and_wrong_ones_never(file: Path) -> None:
    clock = Clock()
    pace = MessagePace(file, clock=clock)
    assert [pace.wait_s(ADA, "embed") for _ in range(4)][-1] == pytest.approx(0.1)
    limits(file, per_second=1, burst=1)
    clock.now += 1000
    assert [pace.wait_s(ADA, "embed") for _ in range(2)][-1] == pytest.approx(1)
    for wrong in ("[messages]\nembed = {per_second = 0, burst = 1}", "[messages", ""):
        file.write_text(wrong)
        clock.now += 1000
        assert [pace.wait_s(ADA, "embed") for _ in range(2)][-1] == pytest.approx(1)
    file.unlink()
    clock.now += 1000
    assert [pace.wait_s(ADA, "embed") for _ in range(2)][-1] == pytest.approx(1)


def test_so_many_users_are_remembered(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_limits, "MAX_USERS", 2)
    pace = MessagePace(file, clock=Clock())
    for _ in range(3):
        pace.wait_s(ADA, "embed")
    assert pace.wait_s(ADA, "embed") > 0
    pace.wait_s(EVE, "embed")
    pace.wait_s("mallory", "embed")
    assert pace.wait_s(ADA, "embed") == 0


async def test_no_message_is_lost_to_whoever_stops_waiting(file: Path) -> None:
    limits(file, per_second=20, burst=1)

    async def numbers() -> AsyncIterator[int]:
        for number in range(4):
            yield number

    paced = MessagePace(file).paced(numbers(), ADA, Cost.EMBED)
    assert await anext(paced) == 0
    impatient = asyncio.ensure_future(anext(paced))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.wait([impatient])
    assert [number async for number in paced] == [1, 2, 3]
