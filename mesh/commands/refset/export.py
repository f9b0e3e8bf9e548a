"""`argus refset export`: a set's labelled images, for other tools and for people."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

import typer
from argus.inspection.v1 import inspection_pb2

from mesh.client.connection import Connection, connect
from mesh.client.names import printable
from mesh.client.reference_sets import find_set
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.refset.options import SetName
from mesh.commands.terminal import say
from mesh.errors import MeshError

FORMATS = {
    "coco": inspection_pb2.ExportFeedbackRequest.COCO,
    "csv": inspection_pb2.ExportFeedbackRequest.CSV,
    "html": inspection_pb2.ExportFeedbackRequest.HTML,
}
LONG_CALL_S = 600.0


@explained
def export(
    set_name: SetName,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write; - is standard output.")
    ],
    format_: Annotated[
        Literal["coco", "csv", "html"],
        typer.Option(
            "--format",
            help="COCO as JSON, CSV with a line for each image, or a report with pictures.",
        ),
    ] = "coco",
    server: Server = DEFAULT_SERVER,
) -> None:
    """Export the feedback on a set's images."""

    async def run() -> int:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            return await _write(_pieces(connection, found, FORMATS[format_]), output)

    size = asyncio.run(run())
    if str(output) != "-":
        say(f"Wrote {output}, {size:,} bytes.", stderr=True)


async def _pieces(
    connection: Connection,
    found: inspection_pb2.ReferenceSet,
    format_: inspection_pb2.ExportFeedbackRequest.Format,
) -> AsyncIterator[bytes]:
    stream = connection.inspection.ExportFeedback(
        inspection_pb2.ExportFeedbackRequest(
            reference_set_id=found.reference_set_id, format=format_
        ),
        metadata=await connection.metadata(),
        timeout=LONG_CALL_S,
    )
    async for body in stream:
        yield body.data


async def _write(pieces: AsyncIterator[bytes], output: Path) -> int:
    """Writes a file, whole or not at all; its size in bytes."""
    if str(output) == "-":
        return await _copy(pieces, sys.stdout.buffer)
    fresh = output.with_name(f"{output.name}.part")
    try:
        with fresh.open("wb") as file:
            size = await _copy(pieces, file)
        fresh.replace(output)
    except OSError as error:
        words = f"{printable(str(output))} cannot be written: {error.strerror or error}."
        raise MeshError(words) from error
    finally:
        fresh.unlink(missing_ok=True)
    return size


async def _copy(pieces: AsyncIterator[bytes], file: BinaryIO) -> int:
    size = 0
    async for piece in pieces:
        size += file.write(piece)
    file.flush()
    return size
