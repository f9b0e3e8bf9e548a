import asyncio
import errno
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil
import pytest

from mesh.errors import NotReadyError
from mesh.layout import Layout
from mesh.options import MeshOptions
from mesh.supervision import child, supervisor
from mesh.supervision.child import MARK
from mesh.supervision.leftovers import find_leftovers
from mesh.supervision.part import Part, Stage
from mesh.supervision.plan import Plan
from mesh.supervision.ports import Ports
from mesh.supervision.state import MeshState, new_state, read_state
from mesh.supervision.supervisor import Supervisor, Watcher, this_process
from services.runtime.backoff import Backoff
from tests.support.eventually import eventually

RUN = "trap 'exit 0' TERM; while :; do sleep 0.05; done"


class Yard:
    """Parts that are shell scripts, ready when a file of theirs exists."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.order: list[str] = []

    def flag(self, name: str) -> Path:
        return self.layout.run / f"{name}.ready"

    def part(self, name: str, stage: Stage, *needs: str, script: str = RUN) -> Part:
        async def ready() -> None:
            if not self.flag(name).exists():
                raise NotReadyError("no flag")

        async def drain() -> None:
            self.order.append(f"stop {name}")

        return Part(
            name=name,
            stage=stage,
            ready=ready,
            command=("/bin/sh", "-c", script),
            needs=needs,
            prepare=lambda: self.order.append(f"start {name}"),
            drain=drain,
            advice="Look at the yard.",
        )


def fill_disk(layout: Layout) -> Path:
    """Lets the state no longer be written, until what is returned is removed."""
    in_the_way = layout.state_file.with_suffix(".new")
    in_the_way.mkdir()
    return in_the_way


def running(layout: Layout) -> list[int]:
    """The processes that a supervisor in this process runs now."""
    found = []
    for process in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if process.environ().get(MARK) == str(layout.data_dir):
                found.append(process.pid)
    return found


@asynccontextmanager
async def supervised(
    layout: Layout, *parts: Part, watchers: Sequence[Watcher] = ()
) -> AsyncIterator[MeshState]:
    async def ready() -> None:
        pass

    names = [name for name in Ports.model_fields if not name.startswith("more_")]
    ports = Ports(**dict.fromkeys(names, 1))
    state = new_state(MeshOptions(data_dir=layout.data_dir), ports, *this_process())
    stop = asyncio.Event()
    run = asyncio.create_task(
        Supervisor(Plan(parts, ready), layout, state, watchers).run(stop, asyncio.Event())
    )
    await asyncio.sleep(0)
    try:
        yield state
    finally:
        stop.set()
        await run


async def test_a_mesh_is_ready_without_what_is_optional(layout: Layout) -> None:
    yard = Yard(layout)
    onlooker = replace(yard.part("onlooker", Stage.STORE, script="exit 1"), optional=True)
    yard.flag("service").touch()
    async with supervised(layout, yard.part("service", Stage.SERVICE), onlooker) as state:
        await eventually(lambda: state.ready and state.part("onlooker").restarts > 0)
        assert state.part("onlooker").optional


async def test_a_part_waits_for_its_needs_and_the_mesh_for_all(layout: Layout) -> None:
    yard = Yard(layout)
    store, service = yard.part("store", Stage.STORE), yard.part("service", Stage.SERVICE, "store")
    async with supervised(layout, store, service) as state:
        await eventually(lambda: state.part("store").status == "starting")
        assert state.part("service").status == "waiting"
        assert state.part("service").detail == "for store"
        yard.flag("store").touch()
        await eventually(lambda: state.part("service").detail == "no flag")
        assert not state.ready
        yard.flag("service").touch()
        await eventually(lambda: state.ready)
        kept = read_state(layout)
        assert kept is not None
        assert kept.part("service").pid == state.part("service").pid > 0
    assert yard.order == ["start store", "start service", "stop service", "stop store"]
    assert {part.status for part in state.parts} == {"stopped"}
    assert find_leftovers(layout) == []


async def test_what_dies_is_started_again_and_its_dependents_run_on(layout: Layout) -> None:
    yard = Yard(layout)
    for name in ("store", "service"):
        yard.flag(name).touch()
    store, service = yard.part("store", Stage.STORE), yard.part("service", Stage.SERVICE, "store")
    async with supervised(layout, store, service) as state:
        await eventually(lambda: state.ready)
        before, dependent = state.part("store").pid, state.part("service").pid
        os.kill(before, signal.SIGKILL)
        await eventually(lambda: state.part("store").status == "restarting")
        assert "killed by signal 9" in state.part("store").detail
        await eventually(lambda: state.part("store").status == "ready" and state.ready)
        assert state.part("store").restarts == 1
        assert state.part("store").pid not in {0, before}
        assert state.part("service").pid == dependent


@pytest.fixture
def _longest_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that ended waits as long as it may, so that one can read why."""
    monkeypatch.setattr(supervisor, "Backoff", partial(Backoff, draw=lambda _, longest: longest))


@pytest.mark.usefixtures("_longest_waits")
async def test_a_part_that_never_starts_is_tried_again_and_says_why(layout: Layout) -> None:
    yard = Yard(layout)
    broken = yard.part("broken", Stage.STORE, script="echo the disk is full; exit 4")
    async with supervised(layout, broken) as state:
        await eventually(lambda: state.part("broken").restarts >= 2)
        assert "exit code 4: the disk is full" in state.part("broken").detail
        assert not state.part("broken").was_ready


async def test_a_part_that_stops_answering_is_named_and_comes_back(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_POLL_S", {})
    yard = Yard(layout)
    yard.flag("store").touch()
    async with supervised(layout, yard.part("store", Stage.STORE)) as state:
        await eventually(lambda: state.ready)
        yard.flag("store").unlink()
        await eventually(lambda: state.part("store").status == "unhealthy")
        assert state.part("store").detail == "no flag"
        await eventually(lambda: not state.ready)
        yard.flag("store").touch()
        await eventually(lambda: state.ready)
        assert state.part("store").restarts == 0


async def test_a_state_that_cannot_be_written_neither_ends_nor_doubles_a_part(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_POLL_S", {})
    yard = Yard(layout)
    async with supervised(layout, yard.part("store", Stage.STORE)) as state:
        await eventually(lambda: state.part("store").detail == "no flag")
        in_the_way = fill_disk(layout)
        yard.flag("store").touch()
        await eventually(lambda: state.ready)
        assert state.part("store").restarts == 0
        kept = read_state(layout)
        assert kept is not None
        assert not kept.ready
        in_the_way.rmdir()
        await eventually(lambda: bool((kept := read_state(layout)) and kept.ready))
        assert running(layout) == [state.part("store").pid]


async def test_a_full_disk_keeps_nothing_from_being_stopped_in_order(layout: Layout) -> None:
    yard = Yard(layout)
    for name in ("store", "service"):
        yard.flag(name).touch()
    parts = [
        yard.part("store", Stage.STORE),
        yard.part("service", Stage.SERVICE, "store"),
    ]
    async with supervised(layout, *parts) as state:
        await eventually(lambda: state.ready)
        fill_disk(layout)
    assert yard.order[-2:] == ["stop service", "stop store"]
    assert running(layout) == []
    assert {part.status for part in state.parts} == {"stopped"}


async def test_what_cannot_be_cleaned_up_keeps_nothing_from_being_stopped(layout: Layout) -> None:
    def clean() -> None:
        raise PermissionError("somebody else's")

    yard = Yard(layout)
    for name in ("store", "service"):
        yard.flag(name).touch()
    parts = [
        yard.part("store", Stage.STORE),
        yard.part("service", Stage.SERVICE, "store"),
    ]
    async with supervised(layout, *(replace(part, clean=clean) for part in parts)) as state:
        await eventually(lambda: state.ready)
    assert running(layout) == []
    assert {part.status for part in state.parts} == {"stopped"}


@pytest.mark.usefixtures("_longest_waits")
async def test_a_part_that_cannot_be_followed_is_gone_before_it_starts_again(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed: list[Path] = []

    def last_message(path: Path) -> str:
        followed.append(path)
        if len(followed) == 1:
            raise OSError(errno.EIO, "Input/output error")
        return ""

    monkeypatch.setattr(supervisor, "last_message", last_message)
    yard = Yard(layout)
    service = yard.part("service", Stage.SERVICE)
    async with supervised(layout, service) as state:
        await eventually(lambda: state.part("service").restarts == 1)
        assert "Input/output error" in state.part("service").detail
        yard.flag("service").touch()
        await eventually(lambda: state.ready)
        assert running(layout) == [state.part("service").pid]


async def test_a_log_that_cannot_be_moved_aside_stays_and_the_mesh_runs_on(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervisor, "_LOG_CHECK_S", 0.01)
    monkeypatch.setattr(child, "_MAX_LOG_BYTES", 10)
    yard = Yard(layout)
    yard.flag("store").touch()
    log = layout.log("store")
    in_the_way = log.with_name(f"{log.name}.1")
    in_the_way.mkdir()
    part = yard.part("store", Stage.STORE, script=f"echo 0123456789; {RUN}")
    async with supervised(layout, part) as state:
        await eventually(lambda: state.ready and "store.log cannot be written" in caplog.text)
        assert log.read_text() == "0123456789\n"
        in_the_way.rmdir()
        await eventually(lambda: log.stat().st_size == 0)
        assert in_the_way.read_text() == "0123456789\n"
        assert state.part("store").restarts == 0


async def test_what_shows_the_mesh_cannot_end_it(layout: Layout) -> None:
    def closed_terminal(_: MeshState) -> None:
        raise OSError(errno.EIO, "Input/output error")

    yard = Yard(layout)
    yard.flag("store").touch()
    part = yard.part("store", Stage.STORE)
    async with supervised(layout, part, watchers=[closed_terminal]) as state:
        await eventually(lambda: state.ready)
        assert state.part("store").restarts == 0
    assert state.part("store").status == "stopped"
