import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mesh.errors import NotReadyError
from mesh.layout import Layout
from mesh.options import MeshOptions
from mesh.supervision import supervisor
from mesh.supervision.leftovers import find_leftovers
from mesh.supervision.part import Part, Stage
from mesh.supervision.plan import Plan
from mesh.supervision.ports import Ports
from mesh.supervision.state import MeshState, new_state, read_state
from mesh.supervision.supervisor import Supervisor, this_process

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


@asynccontextmanager
async def supervised(layout: Layout, *parts: Part) -> AsyncIterator[MeshState]:
    async def ready() -> None:
        pass

    names = [name for name in Ports.model_fields if name != "more_embedders"]
    ports = Ports(**dict.fromkeys(names, 1))
    state = new_state(MeshOptions(data_dir=layout.data_dir), ports, *this_process())
    stop = asyncio.Event()
    running = asyncio.create_task(
        Supervisor(Plan(parts, ready), layout, state).run(stop, asyncio.Event())
    )
    await asyncio.sleep(0)
    try:
        yield state
    finally:
        stop.set()
        await running


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not done():  # noqa: ASYNC110 - what is waited for are other processes
            await asyncio.sleep(0.01)


async def test_a_part_waits_for_its_needs_and_the_mesh_for_all(layout: Layout) -> None:
    yard = Yard(layout)
    store, service = yard.part("store", Stage.STORE), yard.part("service", Stage.SERVICE, "store")
    async with supervised(layout, store, service) as state:
        await until(lambda: state.part("store").status == "starting")
        assert state.part("service").status == "waiting"
        assert state.part("service").detail == "for store"
        yard.flag("store").touch()
        await until(lambda: state.part("service").detail == "no flag")
        assert not state.ready
        yard.flag("service").touch()
        await until(lambda: state.ready)
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
        await until(lambda: state.ready)
        before, dependent = state.part("store").pid, state.part("service").pid
        os.kill(before, signal.SIGKILL)
        await until(lambda: state.part("store").status == "restarting")
        assert "killed by signal 9" in state.part("store").detail
        await until(lambda: state.part("store").status == "ready" and state.ready)
        assert state.part("store").restarts == 1
        assert state.part("store").pid not in {0, before}
        assert state.part("service").pid == dependent


async def test_a_part_that_never_starts_is_tried_again_and_says_why(layout: Layout) -> None:
    yard = Yard(layout)
    broken = yard.part("broken", Stage.STORE, script="echo the disk is full; exit 4")
    async with supervised(layout, broken) as state:
        await until(lambda: state.part("broken").restarts >= 2)
        assert "exit code 4: the disk is full" in state.part("broken").detail
        assert not state.part("broken").was_ready


async def test_a_part_that_stops_answering_is_named_and_comes_back(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_POLL_S", {})
    yard = Yard(layout)
    yard.flag("store").touch()
    async with supervised(layout, yard.part("store", Stage.STORE)) as state:
        await until(lambda: state.ready)
        yard.flag("store").unlink()
        await until(lambda: state.part("store").status == "unhealthy")
        assert state.part("store").detail == "no flag"
        await until(lambda: not state.ready)
        yard.flag("store").touch()
        await until(lambda: state.ready)
        assert state.part("store").restarts == 0
