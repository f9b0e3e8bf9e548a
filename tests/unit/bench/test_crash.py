"""What kills processes in the crash benchmark, and what its page says."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.crash.command import Ended, goals_of
from bench.crash.pictures import pictures
from bench.crash.rounds import Killer, Round
from bench.crash.targets import TARGETS
from mesh.client.importer import Outcome
from mesh.options import MeshOptions
from mesh.supervision.ports import Ports
from mesh.supervision.state import PartState, new_state, write_state
from mesh.supervision.supervisor import this_process
from tests.support.layouts import temporary_layout

IMAGES = 10
WHOLE = Round(
    label="7",
    images=500,
    killed=dict.fromkeys(TARGETS, 3),
    imported=497,
    sent_again=1,
    resumed=2,
    problems=(),
    forgotten=(),
    lost=(),
    twice=(),
    unshown=(),
    findings=(),
    seconds=60.0,
)


@pytest.fixture
async def part() -> AsyncIterator[asyncio.subprocess.Process]:
    running = await asyncio.create_subprocess_exec("sleep", "600")
    yield running
    if running.returncode is None:
        running.kill()
    await running.wait()


@pytest.fixture
def killer(part: asyncio.subprocess.Process) -> Iterator[Killer]:
    """Of a mesh that has the process as its only part."""
    with temporary_layout() as layout:
        names = [name for name in Ports.model_fields if not name.startswith("more_")]
        options = MeshOptions(data_dir=layout.data_dir)
        state = new_state(options, Ports(**dict.fromkeys(names, 1)), *this_process())
        state.parts.append(PartState(name="auth", status="ready", pid=part.pid))
        write_state(layout, state)
        yield Killer(layout, ["auth"], IMAGES, random.Random(3))  # noqa: S311 - moments


async def test_a_process_is_killed_once_its_moment_has_come(
    killer: Killer, part: asyncio.subprocess.Process
) -> None:
    async with killer.at_work():
        for _ in range(IMAGES):
            killer.progress(Outcome.IMPORTED)
            killer.progress(None)
        assert await part.wait() == -signal.SIGKILL
    assert killer.dead == {part.pid}
    assert killer.killed == {"auth": IMAGES}


async def test_what_is_left_is_killed_at_the_end(
    killer: Killer, part: asyncio.subprocess.Process
) -> None:
    async with killer.at_work():
        pass
    assert await part.wait() == -signal.SIGKILL
    assert killer.killed == {"auth": 0}


async def test_an_import_that_fails_ends_the_killing(
    killer: Killer, part: asyncio.subprocess.Process
) -> None:
    with pytest.raises(RuntimeError, match="the import failed"):
        async with killer.at_work():
            raise RuntimeError("the import failed")
    assert killer.killed == {}
    assert part.returncode is None


def test_no_two_pictures_are_the_same_and_a_seed_makes_them_again(tmp_path: Path) -> None:
    first, again, other = (
        [file.read_bytes() for file in pictures(tmp_path / name, 3, seed)]
        for name, seed in (("first", 1), ("again", 1), ("other", 2))
    )
    assert first == again
    assert len({*first, *other}) == 6


@pytest.mark.parametrize(
    "broken",
    [
        replace(WHOLE, problems=["one.jpg"]),
        replace(WHOLE, forgotten=["one.jpg"]),
        replace(WHOLE, lost=["one.jpg"]),
        replace(WHOLE, twice=["one.jpg"]),
        replace(WHOLE, unshown=["one.jpg"]),
        replace(WHOLE, findings=["VECTOR_MISSING one"]),
    ],
)
def test_whatever_is_wrong_with_a_round_is_a_missed_goal(broken: Round) -> None:
    assert not broken.whole
    (missed,) = (goal for goal in goals_of(Ended([WHOLE, broken], [])) if goal.reached is False)
    assert missed.measured.startswith("1")


def test_a_whole_round_misses_nothing() -> None:
    assert WHOLE.whole
    assert not [goal for goal in goals_of(Ended([WHOLE], [])) if goal.reached is False]


def test_an_image_that_is_never_rendered_and_a_process_that_lives_are_missed_goals() -> None:
    spared = replace(WHOLE, killed={})
    missed = [goal.what for goal in goals_of(Ended([spared], ["one.jpg"])) if goal.reached is False]
    assert missed == ["processes killed", "without preview or placeholder"]
