"""`argus refset add|remove|proposals`: which images are in a set."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from argus.inspection.v1 import inspection_pb2
from rich.progress import track
from rich.table import Column, Table

from argus_client.reading import FileProblem
from mesh.client.connection import PATIENCE_S, Connection, connect
from mesh.client.files import Collection, collect
from mesh.client.names import printable
from mesh.client.paging import pages
from mesh.client.reference_sets import find_set, is_uuid
from mesh.client.stored import batches, file_names, labelled, stored_id
from mesh.commands.failures import explained
from mesh.commands.importing import (
    check_found,
    import_collection,
    parse_labels,
    print_problems,
    say_passed_over,
)
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.refset.options import SetName
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import counted
from mesh.errors import MeshError

BATCH = 500

Paths = Annotated[list[Path] | None, typer.Argument(help="Files and folders.")]
ImageIds = Annotated[
    list[str] | None, typer.Option("--image-id", help="Id of a stored image; repeatable.")
]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label",
        "-l",
        help="Stored images with this label, as key=value; of several, those that have all.",
    ),
]


@explained
def add(
    set_name: SetName,
    paths: Paths = None,
    image_id: ImageIds = None,
    label: Labels = None,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="How many files to send at once.")] = 8,
    wait: Annotated[bool, typer.Option(help="Wait until search finds the images.")] = True,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Add normal images to a set: files, which are imported, or stored images.

    Images that are in the set already are skipped, so this can be run again.
    The added images count from the next calibration on. Exits with 1 if a file
    could not be added or a folder could not be read.
    """
    labels = _checked(paths, image_id, label)

    async def find() -> tuple[inspection_pb2.ReferenceSet, list[str]]:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            return found, await labelled(connection, labels) if labels else []

    # A wrong name is reported before anything is imported.
    found, ids = asyncio.run(find())
    if labels and not ids:
        raise MeshError(
            "No stored image has these labels.",
            "`argus import PATH… --label key=value` gives labels to new images.",
        )
    ids += image_id or []
    problems = False
    if paths:
        report = import_collection(_found(paths, "add"), {}, jobs=jobs, wait=wait, server=server)
        ids += report.image_ids.values()
        print_problems(report, Terminal(stderr=True, fold=True))
        problems = bool(report.problems)
    ids = list(dict.fromkeys(ids))
    if ids:
        after = asyncio.run(_change(server, found, ids, remove=False))
        added = counted(after.image_count - found.image_count, "image")
        say(
            f"{added} added to {found.display_name}, "
            f"which has {after.image_count} now. They count from the next "
            f"`argus refset calibrate {set_name}` on."
        )
    if problems:
        raise typer.Exit(1)


@explained
def remove(
    set_name: SetName,
    paths: Paths = None,
    image_id: ImageIds = None,
    label: Labels = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Remove images from a set. They stay stored, and count until the next calibration."""
    labels = _checked(paths, image_id, label)
    collection = _found(paths, "remove") if paths else Collection()
    for folder, problem in collection.problems:
        raise MeshError(f"{printable(str(folder))}: {problem}.")
    say_passed_over(collection)

    async def find() -> tuple[inspection_pb2.ReferenceSet, list[str]]:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            ids = [*(image_id or []), *(await labelled(connection, labels) if labels else [])]
            for file in collection.files:
                try:
                    stored = await stored_id(connection, file)
                except FileProblem as problem:
                    raise MeshError(f"{printable(str(file))}: {problem}.") from problem
                if not stored:
                    raise MeshError(f"{printable(str(file))} is not stored.")
                ids.append(stored)
            return found, list(dict.fromkeys(ids))

    found, ids = asyncio.run(find())
    if not ids:
        raise MeshError("No stored image has these labels.")
    after = asyncio.run(_change(server, found, ids, remove=True))
    removed = counted(found.image_count - after.image_count, "image")
    say(f"{removed} removed from {found.display_name}, which has {after.image_count} now.")


@explained
def proposals(
    set_name: SetName,
    add: Annotated[bool, typer.Option("--add", help="Add all of them to the set.")] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """List images that people called normal and that are not in the set yet."""

    async def run() -> tuple[inspection_pb2.ReferenceSet, list[str], dict[str, str]]:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            request = inspection_pb2.ListProposedImagesRequest(
                reference_set_id=found.reference_set_id, page_size=500
            )
            listed = pages(connection, connection.inspection.ListProposedImages, request)
            ids = [image_id async for page in listed for image_id in page.image_ids]
            return found, ids, await file_names(connection, ids)

    found, ids, names = asyncio.run(run())
    if not ids:
        say(f"No images are proposed for {found.display_name}.")
        return
    table = Table.grid(Column(no_wrap=True), Column(overflow="fold"), padding=(0, 2))
    for one in ids:
        table.add_row(one, names.get(one, ""))
    Terminal(fold=True).print(table)
    if not add:
        say(f"`argus refset proposals {set_name} --add` adds them to the set.")
        return
    after = asyncio.run(_change(server, found, ids, remove=False))
    say(
        f"Added. {found.display_name} has {counted(after.image_count, 'image')} now; "
        f"`argus refset calibrate {set_name}` makes the next version from them."
    )


def _checked(
    paths: Sequence[Path] | None, image_ids: Sequence[str] | None, labels: Sequence[str] | None
) -> dict[str, str]:
    """The labels.

    Raises:
        MeshError: What was named does not make sense together.
    """
    if not (paths or image_ids or labels):
        raise MeshError(
            "Say which images.",
            "Name files or folders, or give --image-id ID or --label key=value.",
        )
    if paths and labels:
        raise MeshError(
            "--label chooses among stored images, so it cannot be combined with files.",
            "Run `argus import PATH… --label key=value` first, then this with --label alone.",
        )
    for one in image_ids or []:
        if not is_uuid(one):
            raise MeshError(
                f"`{printable(one)}` is not an image id.", "`argus search` shows the ids of images."
            )
    return parse_labels(labels or [])


def _found(paths: Sequence[Path], what: str) -> Collection:
    collection = collect(paths)
    check_found(collection, what)
    return collection


async def _change(
    server: str, found: inspection_pb2.ReferenceSet, ids: Sequence[str], *, remove: bool
) -> inspection_pb2.ReferenceSet:
    """Adds or removes images, in batches; the set after that."""
    async with connect(server) as connection:
        after = found
        console = Terminal(stderr=True, fold=True)
        words = "removing" if remove else "adding"
        for batch in track(batches(ids, BATCH), description=words, console=console, transient=True):
            after = await _change_some(connection, found, batch, remove=remove)
        return after


async def _change_some(
    connection: Connection,
    found: inspection_pb2.ReferenceSet,
    ids: Sequence[str],
    *,
    remove: bool,
) -> inspection_pb2.ReferenceSet:
    set_id = found.reference_set_id
    if remove:
        return await connection.call(
            connection.inspection.RemoveReferenceImages,
            inspection_pb2.RemoveReferenceImagesRequest(reference_set_id=set_id, image_ids=ids),
            patience_s=PATIENCE_S,
        )
    return await connection.call(
        connection.inspection.AddReferenceImages,
        inspection_pb2.AddReferenceImagesRequest(reference_set_id=set_id, image_ids=ids),
        patience_s=PATIENCE_S,
    )
