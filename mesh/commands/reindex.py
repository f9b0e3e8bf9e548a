"""`argus reindex`: all images embedded with another model, while searches go on."""

import asyncio
from typing import Annotated, Literal

import typer
from argus.search.v1 import reindex_pb2
from google.protobuf.json_format import MessageToDict
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mesh.client.connection import Connection, connect
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal, print_json, say
from mesh.commands.words import counted
from mesh.errors import MeshError

ASK_EVERY_S = 1.0
CHANGE_PATIENCE = 30
"""Times that it is asked after the end whether searches have changed over."""
START_TIMEOUT_S = 120.0
"""The mesh tries the model first, and a large one takes long to load."""

_STATES = {
    reindex_pb2.Reindex.RUNNING: "running",
    reindex_pb2.Reindex.DONE: "done",
    reindex_pb2.Reindex.CANCELLED: "cancelled",
}


@explained
def reindex(
    model: Annotated[
        str, typer.Option(help="Model to go over to, as `argus models list` shows it.")
    ] = "",
    cancel: Annotated[
        bool, typer.Option("--cancel", help="End the one that is on its way.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Begin, and do not wait for its end.")
    ] = False,
    format_: Annotated[
        Literal["text", "json"], typer.Option("--format", help="How to print how far it is.")
    ] = "text",
    server: Server = DEFAULT_SERVER,
) -> None:
    """Embed all images with another model; searches use the present one until all have it.

    Without --model: say how far it is. It goes on when this command ends, and
    when the mesh is started again. For administrators.
    """
    if model and cancel:
        raise MeshError("Begin one or cancel one?", "Give --model or --cancel, not both.")
    if detach and not model:
        raise MeshError("There is nothing to begin.", "Give --model with --detach.")
    as_json = format_ == "json"

    async def run() -> None:
        async with connect(server) as connection:
            client = connection.client
            if cancel:
                told = await client.call(
                    client.index.CancelReindex, reindex_pb2.CancelReindexRequest()
                )
            elif model:
                with Terminal(stderr=True).status("Trying the model …"):
                    told = await client.call(
                        client.index.StartReindex,
                        reindex_pb2.StartReindexRequest(model=model),
                        timeout_s=START_TIMEOUT_S,
                    )
                if not detach:
                    told = await _follow(connection, told)
            else:
                told = await _ask(connection)
            _print(told, as_json=as_json)
            if model and told.current_model == model and not as_json:
                say(f"`argus models use {model}` has it in memory from the next start on.")
            if model and not detach and told.current_model != model:
                raise typer.Exit(1)

    asyncio.run(run())


async def _ask(connection: Connection) -> reindex_pb2.Reindex:
    client = connection.client
    return await client.call(client.index.GetReindex, reindex_pb2.GetReindexRequest())


async def _follow(connection: Connection, told: reindex_pb2.Reindex) -> reindex_pb2.Reindex:
    """Shows how far it is until it is over, and searches have changed over."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Terminal(stderr=True, fold=True)) as bars:
        bar = bars.add_task("embedded", total=told.image_count)
        patience = CHANGE_PATIENCE
        while told.state == reindex_pb2.Reindex.RUNNING or (_is_changing(told) and patience):
            bars.update(bar, completed=told.embedded_count, total=told.image_count)
            await asyncio.sleep(ASK_EVERY_S)
            patience -= _is_changing(told)
            told = await _ask(connection)
        bars.update(bar, completed=told.embedded_count, total=told.image_count)
    return told


def _is_changing(told: reindex_pb2.Reindex) -> bool:
    """True in the seconds in which a replica has not noticed yet that it is done."""
    version = told.current_model_version
    return told.state == reindex_pb2.Reindex.DONE and version != told.model_version


def _print(told: reindex_pb2.Reindex, *, as_json: bool) -> None:
    if as_json:
        print_json(MessageToDict(told))
        return
    say(f"Searches use {told.current_model}: {counted(told.image_count, 'image')}.")
    if told.state not in _STATES:
        return
    by_itself = ", begun by itself because the default model changed" if told.automatic else ""
    say(
        f"To {told.model}: {_STATES[told.state]}{by_itself}; it has "
        f"{counted(told.embedded_count, 'image')}."
    )
    if told.failed_count:
        say(
            f"{counted(told.failed_count, 'image')} could not be embedded with it; in the list of "
            "images they are FAILED, with the reason, after the change.",
            style="yellow",
        )
