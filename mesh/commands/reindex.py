"""`argus reindex`: all images embedded with another model, or again, while searches go on."""

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
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help="Embed also images that the model has; without --model, with the one in use.",
        ),
    ] = False,
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

    Without --model and --again: say how far it is. It goes on when this command
    ends, and when the mesh is started again. For administrators.
    """
    begins = again or bool(model)
    if begins and cancel:
        given = "--model" if model else "--again"
        raise MeshError("Begin one or cancel one?", f"Give {given} or --cancel, not both.")
    if detach and not begins:
        raise MeshError("There is nothing to begin.", "Give --model or --again with --detach.")
    as_json = format_ == "json"

    async def run() -> None:
        async with connect(server) as connection:
            client = connection.client
            chosen, in_place = model, False
            if cancel:
                told = await client.call(
                    client.index.CancelReindex, reindex_pb2.CancelReindexRequest()
                )
            elif begins:
                chosen = model or (await _ask(connection)).current_model
                with Terminal(stderr=True).status("Trying the model …"):
                    told = await client.call(
                        client.index.StartReindex,
                        reindex_pb2.StartReindexRequest(model=chosen, again=again),
                        timeout_s=START_TIMEOUT_S,
                    )
                in_place = told.again and told.current_model_version == told.model_version
                if not detach:
                    told = await _follow(connection, told)
            else:
                told = await _ask(connection)
            _print(told, as_json=as_json)
            if begins and not in_place and told.current_model == chosen and not as_json:
                say(f"`argus models use {chosen}` has it in memory from the next start on.")
            is_ended = again and told.state == reindex_pb2.Reindex.CANCELLED
            if begins and not detach and (is_ended or told.current_model != chosen):
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
    state, has = _STATES[told.state], counted(told.embedded_count, "image")
    if told.again:
        say(f"Embedded again with {told.model}: {state}; {has}.")
    else:
        by_itself = ", begun by itself because the default model changed" if told.automatic else ""
        say(f"To {told.model}: {state}{by_itself}; it has {has}.")
    if told.failed_count:
        failed = f"{counted(told.failed_count, 'image')} could not be embedded with it"
        what = "in the list of images they are FAILED, with the reason, after the change"
        if told.again:
            what = "those that had a vector of it keep that, the others are FAILED"
        say(f"{failed}; {what}.", style="yellow")
