"""The database and the bucket of a mesh, whether it runs or not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from mesh.archive.record import archive_record
from mesh.backup.bucket import Bucket
from mesh.backup.store_tools import StoreTools
from mesh.credentials import load_credentials
from mesh.errors import MeshError
from mesh.layout import Layout, usable
from mesh.options import MeshOptions
from mesh.parts.objects import certificate_files, objects_environment
from mesh.parts.postgres import make_reachable
from mesh.supervision.leftovers import end_leftovers
from mesh.supervision.lock import only_supervisor, supervisor_pid
from mesh.supervision.part import Part
from mesh.supervision.plan import (
    Plan,
    build_plan,
    object_store_environment,
    objects_are_external,
    postgres_is_external,
)
from mesh.supervision.ports import Ports, draw_port
from mesh.supervision.state import MeshState, new_state, read_state
from mesh.supervision.supervisor import Supervisor, this_process

_STORES = ("postgres", "objects")
_HOPELESS_RESTARTS = 3


@dataclass(frozen=True)
class Stores:
    """What a mesh keeps for good."""

    postgres_url: str
    bucket: Bucket
    tools: StoreTools | None
    """For the object store; None if it runs elsewhere."""


@asynccontextmanager
async def stores_of(layout: Layout) -> AsyncIterator[Stores]:
    """The stores of a mesh; if it does not run, they alone are started for as long as this lasts.

    Raises:
        MeshError: They do not start, or the mesh is just starting.
    """
    if supervisor_pid(layout) is not None:
        state = read_state(layout)
        if state is None or any(state.part(name).status != "ready" for name in _STORES):
            raise MeshError(
                f"The mesh on {layout.data_dir} is starting, stopping or not well.",
                "`argus status` shows it. Try again when it is ready.",
            )
        _check_external(state)
        yield _stores(state.options, state.ports, layout)
        return
    with only_supervisor(layout):
        async with _started(layout) as stores:
            yield stores


def _check_external(state: MeshState) -> None:
    """Makes sure that what runs elsewhere is known here, too.

    Raises:
        MeshError: Variables that the mesh was started with are missing.
    """
    for name, variable, here in (
        ("postgres", "ARGUS_POSTGRES_URL", postgres_is_external()),
        ("objects", "ARGUS_S3_URL", objects_are_external()),
    ):
        if state.part(name).external != here:
            raise MeshError(
                f"The mesh was started {'without' if here else 'with'} {variable}.",
                "Give `argus backup` the same variables as `argus up`.",
            )


def _stores(options: MeshOptions, ports: Ports, layout: Layout) -> Stores:
    credentials = load_credentials(layout)
    plan = build_plan(options, ports, credentials)
    return Stores(
        plan.postgres_url,
        Bucket(object_store_environment(options, ports, credentials)),
        None
        if objects_are_external()
        else StoreTools(ports, objects_environment(credentials, certificate_files(layout))),
    )


@asynccontextmanager
async def _started(layout: Layout) -> AsyncIterator[Stores]:
    end_leftovers(layout)
    record = archive_record(layout)
    # Whoever archives goes on with the log of this run.
    options = MeshOptions(data_dir=layout.data_dir, archive=record.folder if record else None)
    ports = _inner_ports()
    with usable(layout):
        if not postgres_is_external():
            make_reachable(layout)
        plan = build_plan(options, ports, load_credentials(layout))
    alone = tuple(part for part in plan.parts if part.name in _STORES)
    async with running_alone(alone, layout, options, ports):
        yield _stores(options, ports, layout)


@asynccontextmanager
async def running_alone(
    parts: tuple[Part, ...],
    layout: Layout,
    options: MeshOptions | None = None,
    ports: Ports | None = None,
) -> AsyncIterator[None]:
    """Runs a few parts and nothing else, for as long as this lasts.

    Raises:
        MeshError: One does not start.
    """
    options = options or MeshOptions(data_dir=layout.data_dir)
    state = new_state(options, ports or _inner_ports(), *this_process())
    changed, stop, hurry = asyncio.Event(), asyncio.Event(), asyncio.Event()
    supervisor = Supervisor(Plan(parts, _nothing), layout, state, [lambda _: changed.set()])
    running = asyncio.create_task(supervisor.run(stop, hurry))
    try:
        await _ready(state, changed, running)
        yield
    finally:
        stop.set()
        await running


async def _ready(state: MeshState, changed: asyncio.Event, running: asyncio.Task[None]) -> None:
    while any(part.status != "ready" for part in state.parts):
        for part in state.parts:
            if part.restarts >= _HOPELESS_RESTARTS:
                raise MeshError(f"{part.name} does not start: {part.detail}", part.advice)
        changed.clear()
        waiting = asyncio.create_task(changed.wait())
        await asyncio.wait({waiting, running}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if running.done():
            running.result()


async def _nothing() -> None:
    """There is no edge to ask."""


def _inner_ports() -> Ports:
    """Ports that nobody listens on: those of the mesh itself may be somebody else's now."""
    drawn: dict[str, int] = {}
    for name in Ports.model_fields:
        if not name.startswith("more_"):
            drawn[name] = draw_port("127.0.0.1", drawn.values())
    return Ports(**drawn)
