"""`argus vectors`: the index's vectors in a file, so that images need not be embedded again."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, TextColumn

from mesh.client.vectors import export_vectors, import_vectors, search_operator
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, AsAdmin, Server
from mesh.commands.terminal import Terminal, say
from mesh.commands.up import DataDir
from mesh.commands.words import counted
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.options import DEFAULT_DATA_DIR
from services.search.errors import SnapshotDamaged
from services.search.snapshots.files import read_snapshot

vectors = typer.Typer(
    no_args_is_help=True,
    help="The index's vectors in a file, so that images need not be embedded again.",
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="File of the vectors.")]


@vectors.command("export")
@explained
def export(
    file: File,
    as_admin: AsAdmin = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Write the vectors of all images to FILE, while the mesh goes on.

    It has ids of images and vectors of the model in use, 4 bytes a number, and nothing else.
    `argus backup create` puts one into each backup by itself.
    """
    if file.is_dir():
        raise MeshError(f"{file} is a folder.", "Name a file.")

    async def run() -> int:
        layout = Layout.of(data_dir)
        async with search_operator(layout, server, as_admin=as_admin) as (stub, metadata):
            with _progress("exported") as advance:
                return await export_vectors(stub, metadata, file, advance)

    count = asyncio.run(run())
    say(f"{file} has the vectors of {counted(count, 'image')}.")


@vectors.command("import")
@explained
def import_(
    file: File,
    as_admin: AsAdmin = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Take the vectors of FILE in, for images that the index lacks.

    Which images there are, whose, and with which labels says the mesh; images that have a vector
    keep it. So it can be ended, and done again.
    """

    async def run() -> None:
        layout = Layout.of(data_dir)
        async with search_operator(layout, server, as_admin=as_admin) as (stub, metadata):
            with _progress("sent") as advance:
                done = await import_vectors(stub, metadata, read_snapshot(file), advance)
        say(f"{counted(done.taken_count, 'image')} got their vector.")
        if done.present_count:
            say(f"{counted(done.present_count, 'image')} had one.")
        if done.unknown_count:
            say(f"{counted(done.unknown_count, 'image')} of the file are not here.")

    try:
        # What is no snapshot is refused before anybody is asked.
        next(read_snapshot(file), None)
        asyncio.run(run())
    except SnapshotDamaged as error:
        raise MeshError(
            f"{file} cannot be used: {error.message}.",
            "What came before is taken in; export it anew.",
        ) from error


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("{task.description}"), TextColumn("{task.completed:,.0f} images"))
    with Progress(*columns, console=Terminal(stderr=True, fold=True), transient=True) as bars:
        bar = bars.add_task(what, total=None)
        yield lambda count: bars.advance(bar, count)
