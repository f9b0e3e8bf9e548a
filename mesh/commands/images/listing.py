"""`argus images list|labels`."""

import asyncio
from typing import Annotated, Literal

import typer
from argus.storage.v1 import image_pb2
from google.protobuf.json_format import MessageToDict
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from mesh.client.connection import connect
from mesh.client.images import list_images, list_labels
from mesh.commands.failures import explained
from mesh.commands.matches import named
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal, print_json, say
from mesh.commands.words import counted


@explained
def list_(
    filter_: Annotated[
        str,
        typer.Option(
            "--filter",
            help='Only these, such as \'labels.line = "3" AND create_time >= '
            '"2026-03-01T00:00:00Z"\', or \'note:"old town" AND camera:canon\'.',
        ),
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most images to show.")] = 20,
    oldest_first: Annotated[
        bool, typer.Option("--oldest-first", help="The oldest first, not the newest.")
    ] = False,
    by_capture: Annotated[
        bool, typer.Option("--by-capture", help="In the order in which they were taken.")
    ] = False,
    deleted: Annotated[
        bool, typer.Option("--deleted", help="Those that are deleted and can be brought back.")
    ] = False,
    format_: Annotated[
        Literal["table", "json"], typer.Option("--format", help="How to print them.")
    ] = "table",
    server: Server = DEFAULT_SERVER,
) -> None:
    """List stored images, the newest first."""

    async def run() -> tuple[list[image_pb2.Image], int]:
        async with connect(server) as connection:
            return await list_images(
                connection,
                filter_=filter_,
                oldest_first=oldest_first,
                by_capture=by_capture,
                deleted=deleted,
                limit=limit,
            )

    found, total = asyncio.run(run())
    if format_ == "json":
        print_json([MessageToDict(image) for image in found])
        return
    if not found:
        say("There are none.")
        return
    table = Table(
        Column("file", overflow="fold", min_width=10), "pixels", "created", "state", "labels",
        Column("image id", no_wrap=True), box=SIMPLE_HEAD,
    )  # fmt: skip
    for image in found:
        table.add_row(
            named(image),
            f"{image.width}×{image.height}" if image.width else "",
            image.create_time.ToDatetime().strftime("%Y-%m-%d %H:%M"),
            image_pb2.Image.State.Name(image.state).lower(),
            " ".join(f"{key}={value}" for key, value in sorted(image.labels.items())),
            image.image_id,
        )
    Terminal(fold=True).print(table)
    if total > len(found):
        say(f"{len(found)} of {counted(total, 'image')}; --limit shows more.")


@explained
def labels(
    key: Annotated[str, typer.Argument(help="Only this key.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most values of each key.")] = 10,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Show the labels that images have, and how many images have each."""

    async def run() -> list[image_pb2.LabelKey]:
        async with connect(server) as connection:
            return await list_labels(connection, key, max_values=limit)

    found = asyncio.run(run())
    if not found:
        say("No image has one.")
        return
    table = Table("key", "value", Column("images", justify="right"), box=SIMPLE_HEAD)
    for one in found:
        for value in one.values:
            table.add_row(one.key, value.value, str(value.image_count))
        more = one.value_count - len(one.values)
        if more > 0:
            table.add_row(one.key, f"… and {counted(more, 'other value')}", "")
    Terminal(fold=True).print(table)
