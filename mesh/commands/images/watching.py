"""`argus images watch`."""

import asyncio
import sys
from typing import Annotated, Literal

import typer
from argus.storage.v1 import image_pb2
from google.protobuf.json_format import MessageToJson

from mesh.client.connection import connect
from mesh.client.images import watch_images
from mesh.client.names import printable
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import say


@explained
def watch(
    after: Annotated[
        str, typer.Option(metavar="CURSOR", help="Begin after this `cursor` of an earlier watch.")
    ] = "",
    format_: Annotated[
        Literal["text", "json"],
        typer.Option("--format", help="How to print it; JSON has cursors and checkpoints, too."),
    ] = "text",
    until_checkpoint: Annotated[
        bool, typer.Option("--until-checkpoint", help="Stop when nothing more is known.")
    ] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Show what happens to your images, as it happens; a line for each change."""

    async def run() -> None:
        async with connect(server) as connection:
            async for told in watch_images(connection, after):
                _print(told, as_json=format_ == "json")
                if until_checkpoint and told.HasField("checkpoint"):
                    return

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _print(told: image_pb2.WatchImagesResponse, *, as_json: bool) -> None:
    if as_json:
        # Without line ends in it; what a terminal would obey is escaped.
        sys.stdout.write(MessageToJson(told, indent=None, ensure_ascii=True) + "\n")
        sys.stdout.flush()
    elif told.deleted_image_id:
        say(f"{told.deleted_image_id}  deleted")
    elif told.HasField("image"):
        state = image_pb2.Image.State.Name(told.image.state).lower()
        say(f"{told.image.image_id}  {state:8}  {printable(told.image.filename)}")
