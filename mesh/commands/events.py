"""`argus events`: events that services gave up, for whoever runs the mesh or administers it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from argus.storage.v1 import operator_pb2, operator_pb2_grpc
from google.protobuf.json_format import MessageToDict
from rich.box import SIMPLE_HEAD
from rich.table import Table

from mesh.client.connection import connect
from mesh.client.names import printable
from mesh.client.operator import TIMEOUT_S, Metadata, at_service
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, AsAdmin, Server
from mesh.commands.terminal import Terminal, print_json_line, say
from mesh.commands.up import DataDir
from mesh.commands.words import counted, when
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.options import DEFAULT_DATA_DIR

if TYPE_CHECKING:
    Stub = operator_pb2_grpc.StorageOperatorServiceAsyncStub

events = typer.Typer(
    no_args_is_help=True,
    help="Events that services gave up: they cannot be read, or fail again and again.",
)

PAGE_SIZE = 500
SHOWN_WORDS = 80

Ids = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]...", help="Events, as `argus events list` says.")
]
All = Annotated[bool, typer.Option("--all", help="All that are there now.")]


@events.command("list")
@explained
def list_(
    limit: Annotated[int, typer.Option(help="Most events.", min=1, max=100_000)] = 100,
    format_: Annotated[
        Literal["text", "json"],
        typer.Option("--format", help="How to print them; JSON is an event a line."),
    ] = "text",
    as_admin: AsAdmin = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    server: Server = DEFAULT_SERVER,
) -> None:
    """List events that were given up, the oldest first."""

    async def run() -> list[operator_pb2.DeadEvent]:
        async with _operator(data_dir, server, as_admin=as_admin) as (stub, metadata):
            return await _listed(stub, metadata, limit)

    found = asyncio.run(run())
    if format_ == "json":
        for event in found:
            print_json_line(MessageToDict(event))
        return
    if not found:
        say("No event was given up.")
        return
    table = Table(
        "event", "given up", "by", "why", "after", "says", box=SIMPLE_HEAD, pad_edge=False
    )
    for event in found:
        table.add_row(
            event.dead_event_id,
            when(event.death_time),
            printable(event.service),
            printable(event.cause),
            counted(event.attempts, "attempt"),
            printable(event.event[:SHOWN_WORDS]),
        )
    Terminal(fold=True).print(table)


@events.command()
@explained
def explain(
    event_id: Annotated[str, typer.Argument(metavar="ID", help="Which event.")],
    as_admin: AsAdmin = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Say all that is known of an event, and what to do."""

    async def run() -> operator_pb2.DeadEvent:
        async with _operator(data_dir, server, as_admin=as_admin) as (stub, metadata):
            request = operator_pb2.GetDeadEventRequest(dead_event_id=event_id)
            return await stub.GetDeadEvent(request, metadata=metadata, timeout=TIMEOUT_S)

    event = asyncio.run(run())
    say(f"Event {event.dead_event_id} of {printable(event.stream)}")
    say(f"  told      {when(event.tell_time)} UTC")
    say(
        f"  given up  {when(event.death_time)} UTC by {printable(event.service)} "
        f"({printable(event.replica)}), after {counted(event.attempts, 'attempt')}"
    )
    say(f"  why       {printable(event.cause)}: {printable(event.message)}")
    say(f"  says      {printable(event.event)}")
    say(printable(event.advice))


@events.command()
@explained
def replay(
    event_ids: Ids = None,
    every: All = False,
    as_admin: AsAdmin = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Send events to their streams again. Twice is as good as once."""

    async def run() -> int:
        async with _operator(data_dir, server, as_admin=as_admin) as (stub, metadata):
            done = 0
            for ids in await _chosen(stub, metadata, event_ids, every=every):
                request = operator_pb2.ReplayDeadEventsRequest(dead_event_ids=ids)
                answer = await stub.ReplayDeadEvents(request, metadata=metadata, timeout=TIMEOUT_S)
                done += len(answer.dead_event_ids)
            return done

    say(f"Sent {counted(asyncio.run(run()), 'event')} again.")


@events.command()
@explained
def discard(
    event_ids: Ids = None,
    every: All = False,
    as_admin: AsAdmin = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Forget events; what they ask for is never done."""

    async def run() -> int:
        async with _operator(data_dir, server, as_admin=as_admin) as (stub, metadata):
            done = 0
            for ids in await _chosen(stub, metadata, event_ids, every=every):
                request = operator_pb2.DiscardDeadEventsRequest(dead_event_ids=ids)
                answer = await stub.DiscardDeadEvents(request, metadata=metadata, timeout=TIMEOUT_S)
                done += len(answer.dead_event_ids)
            return done

    say(f"Forgot {counted(asyncio.run(run()), 'event')}.")


@asynccontextmanager
async def _operator(
    data_dir: DataDir, server: str, *, as_admin: bool
) -> AsyncIterator[tuple["Stub", Metadata]]:
    if as_admin:
        async with connect(server) as connection:
            yield connection.storage_operator, await connection.metadata()
        return
    async with at_service(Layout.of(data_dir), "storage") as (channel, metadata):
        yield operator_pb2_grpc.StorageOperatorServiceStub(channel), metadata


async def _listed(stub: "Stub", metadata: Metadata, limit: int) -> list[operator_pb2.DeadEvent]:
    found: list[operator_pb2.DeadEvent] = []
    request = operator_pb2.ListDeadEventsRequest(page_size=min(limit, PAGE_SIZE))
    while len(found) < limit:
        page = await stub.ListDeadEvents(request, metadata=metadata, timeout=TIMEOUT_S)
        found += page.events
        request.page_token = page.next_page_token
        if not page.next_page_token:
            break
    return found[:limit]


async def _chosen(
    stub: "Stub", metadata: Metadata, event_ids: list[str] | None, *, every: bool
) -> list[list[str]]:
    """Ids of what was chosen, as many at once as a call takes.

    Raises:
        MeshError: Nothing was chosen, or both some and all.
    """
    if bool(event_ids) == every:
        raise MeshError("Name the events, or say --all.", "`argus events list` has their ids.")
    ids = event_ids or [
        event.dead_event_id for event in await _listed(stub, metadata, limit=100_000)
    ]
    return [ids[start : start + PAGE_SIZE] for start in range(0, len(ids), PAGE_SIZE)]
