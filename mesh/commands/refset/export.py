"""`argus refset export`: labelled images for other tools and for people; a version as a file."""

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
    "pdf": inspection_pb2.ExportFeedbackRequest.PDF,
}
REPORTS = {
    ".html": inspection_pb2.ExportFeedbackRequest.HTML,
    ".pdf": inspection_pb2.ExportFeedbackRequest.PDF,
}
OFFLINE = "offline"
OFFLINE_SUFFIX = ".argus"
LONG_CALL_S = 3600.0


@explained
def export(
    set_name: SetName,
    output: Annotated[
        Path, typer.Option("--output", "--out", "-o", help="File to write; - is standard output.")
    ],
    format_: Annotated[
        Literal["coco", "csv", "html", "pdf", "offline"] | None,
        typer.Option(
            "--format",
            help="Feedback: COCO as JSON, CSV with a line for each image, or a report as HTML or "
            "PDF. `offline`: a version for `argus inspect --offline`, which is also what a "
            "file that ends with .argus gets. COCO otherwise.",
            show_default=False,
        ),
    ] = None,
    version: Annotated[
        int, typer.Option(min=0, help="Version for --format offline; 0 is the one in use.")
    ] = 0,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Export the feedback on a set's images, or a version that inspects without a mesh."""
    chosen = format_ or (OFFLINE if output.suffix == OFFLINE_SUFFIX else "coco")
    if version and chosen != OFFLINE:
        raise MeshError(
            "--version works only with --format offline.",
            f"For example: argus refset export {printable(set_name)} --version {version} "
            f"-o part{OFFLINE_SUFFIX}",
        )

    async def run() -> int:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            if chosen == OFFLINE:
                return await _write(
                    exported_version(connection, found.reference_set_id, version), output
                )
            return await _write(_pieces(connection, found, FORMATS[chosen]), output)

    size = asyncio.run(run())
    if str(output) != "-":
        say(f"Wrote {output}, {size:,} bytes.", stderr=True)


@explained
def report(
    set_name: SetName,
    output: Annotated[
        Path,
        typer.Option("--output", "--out", "-o", help="File to write: NAME.pdf or NAME.html."),
    ],
    version: Annotated[
        int, typer.Option(min=0, help="Version that it is of; 0 is the one in use.")
    ] = 0,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Write a report of what a version is worth, with graphs, pictures and 95 % intervals."""
    format_ = REPORTS.get(output.suffix.lower())
    if format_ is None:
        raise MeshError(
            f"{printable(str(output))} is neither .pdf nor .html.",
            "Name the file NAME.pdf or NAME.html.",
        )

    async def run() -> int:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            return await _write(_pieces(connection, found, format_, version), output)

    size = asyncio.run(run())
    say(f"Wrote {output}, {size:,} bytes.", stderr=True)


async def exported_version(
    connection: Connection, set_id: str, version: int
) -> AsyncIterator[bytes]:
    """The pieces of a version's file; of the current one if `version` is 0."""
    stream = connection.inspection.ExportVersion(
        inspection_pb2.ExportVersionRequest(reference_set_id=set_id, version=version),
        metadata=await connection.metadata(),
        timeout=LONG_CALL_S,
    )
    async for body in stream:
        yield body.data


async def _pieces(
    connection: Connection,
    found: inspection_pb2.ReferenceSet,
    format_: inspection_pb2.ExportFeedbackRequest.Format,
    version: int = 0,
) -> AsyncIterator[bytes]:
    stream = connection.inspection.ExportFeedback(
        inspection_pb2.ExportFeedbackRequest(
            reference_set_id=found.reference_set_id, format=format_, version=version
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
