"""`argus map`: where images are in the plane, as a table or as a picture."""

import asyncio
import csv
import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from argus.storage.v1 import image_pb2
from rich.text import Text

from mesh.client.connection import connect
from mesh.client.maps import ImageMap, image_map, records_of
from mesh.client.names import printable
from mesh.commands.failures import explained
from mesh.commands.map_picture import Group, as_png, groups_of
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import counted
from mesh.errors import MeshError

COLUMNS = ("image_id", "x", "y", "filename", "labels")
STDOUT = "-"


@explained
def map_(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="Where to write it: `.csv` or `.png`; `-`: CSV, to the output."
        ),
    ],
    filter_: Annotated[
        str,
        typer.Option(
            "--filter",
            help="Only images that it fits; they are where they are without it. "
            "Such as 'labels.line = \"3\"'.",
        ),
    ] = "",
    by: Annotated[
        str, typer.Option(metavar="KEY", help="Colour a picture by the values of this label.")
    ] = "",
    size: Annotated[
        int, typer.Option(min=64, max=8192, help="Pixels of each side of a picture.")
    ] = 1600,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Write a map of your images, on which those that look alike are near each other.

    As CSV: each image with its place, x and y from 0 to 1, name and labels. As PNG: a dot for each.
    At most 100,000 images are on it.
    """
    suffix = ".csv" if file == STDOUT else Path(file).suffix.lower()
    if suffix not in {".csv", ".png"}:
        raise MeshError(f"{printable(file)} is neither .csv nor .png.", "Name it so that it is.")
    if by and suffix != ".png":
        raise MeshError("Only pictures have colours.", "Give --by with a FILE that ends with .png.")

    async def read() -> tuple[ImageMap, dict[str, image_pb2.Image]]:
        async with connect(server) as connection:
            with Terminal(stderr=True).status("Waiting for the map …"):
                found = await image_map(connection, filter_)
            if suffix == ".png" and not by:
                return found, {}
            with Terminal(stderr=True).status("Reading names and labels …"):
                return found, await records_of(connection, found.image_ids)

    found, records = asyncio.run(read())
    if not found.image_ids:
        raise MeshError("No images are on the map.", "`argus import PATH…` imports some.")
    groups: list[Group] = []
    if suffix == ".csv":
        text = _as_csv(found, records)
        if file == STDOUT:
            sys.stdout.write(text)
        else:
            Path(file).write_text(text, encoding="utf-8", newline="")
    else:
        values = [_value(records, image_id, by) for image_id in found.image_ids]
        groups = groups_of(values) if by else []
        Path(file).write_bytes(as_png(found.points, values, groups, size))
    if file != STDOUT:
        say(f"{counted(len(found.image_ids), 'image')} in {printable(file)}.")
    for group in groups:
        # The colour's number, too: for those who see none, and for files.
        line = Text.assemble(("●", group.colour), f" {group.colour} {printable(group.name)}")
        line.append(f", {counted(group.count, 'image')}")
        Terminal().print(line)
    if not found.is_whole:
        say("Images that were indexed lately are not on it yet.", style="yellow", stderr=True)


def _value(records: Mapping[str, image_pb2.Image], image_id: str, key: str) -> str | None:
    """An image's value of a label; None if it has none."""
    image = records.get(image_id)
    return image.labels[key] if image is not None and key in image.labels else None


def _as_csv(found: ImageMap, records: Mapping[str, image_pb2.Image]) -> str:
    """A line for each image that is still there."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for image_id, (x, y) in zip(found.image_ids, found.points, strict=True):
        image = records.get(image_id)
        if image is None:
            continue
        labels = "; ".join(f"{key}={value}" for key, value in sorted(image.labels.items()))
        place = (f"{x:.6f}", f"{y:.6f}")
        writer.writerow((image_id, *place, printable(image.filename), printable(labels)))
    return out.getvalue()
