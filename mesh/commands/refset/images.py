"""`argus refset add|remove|proposals`: which images are in a set."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from argus.inspection.v1 import inspection_pb2
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from mesh.client.connection import PATIENCE_S, Connection, connect
from mesh.client.files import FileProblem, collect
from mesh.client.reference_sets import find_set, is_uuid
from mesh.client.stored import batches, file_names, labelled, stored_id
from mesh.commands.failures import explained
from mesh.commands.importing import import_files, parse_labels, print_problems
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.refset.options import SetName, plain_console
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
        help="key=value: every stored image that has it; of several, those that have them all.",
    ),
]


@explained
def add(
    set_name: SetName,
    paths: Paths = None,
    image_id: ImageIds = None,
    label: Labels = None,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Files under way at once.")] = 8,
    wait: Annotated[bool, typer.Option(help="Wait until search finds the images.")] = True,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Add normal images: files (imported if they are not stored yet) or stored images.

    What is there already is skipped, so it can be run again. Images count from
    the next calibration on.
    """
    labels = _checked(paths, image_id, label)

    async def find() -> tuple[inspection_pb2.ReferenceSet, list[str]]:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            return found, await labelled(connection, labels) if labels else []

    # A wrong name is told before anything is imported.
    found, ids = asyncio.run(find())
    if labels and not ids:
        raise MeshError("No stored image has these labels.", "`argus import PATH… --label` gives.")
    ids += image_id or []
    problems = False
    if paths:
        report = import_files(_files(paths), {}, jobs=jobs, wait=wait, server=server)
        ids += report.image_ids.values()
        print_problems(report, Console(stderr=True))
        problems = bool(report.problems)
    ids = list(dict.fromkeys(ids))
    if ids:
        after = asyncio.run(_change(server, found, ids, remove=False))
        plain_console().print(
            Text(
                f"{after.image_count - found.image_count} images added to {found.display_name}, "
                f"which has {after.image_count} now. They count from the next "
                f"`argus refset calibrate {set_name}` on."
            )
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
    """Take images out of a set; they stay stored, and count until the next calibration."""
    labels = _checked(paths, image_id, label)
    files = _files(paths) if paths else []

    async def find() -> tuple[inspection_pb2.ReferenceSet, list[str]]:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            ids = [*(image_id or []), *(await labelled(connection, labels) if labels else [])]
            for file in files:
                try:
                    stored = await stored_id(connection, file)
                except FileProblem as problem:
                    raise MeshError(f"{file}: {problem}.") from problem
                if not stored:
                    raise MeshError(f"No stored image has the bytes of {file}.")
                ids.append(stored)
            return found, list(dict.fromkeys(ids))

    found, ids = asyncio.run(find())
    if not ids:
        raise MeshError("No stored image has these labels.")
    after = asyncio.run(_change(server, found, ids, remove=True))
    plain_console().print(
        Text(
            f"{found.image_count - after.image_count} images taken out of {found.display_name}, "
            f"which has {after.image_count} now."
        )
    )


@explained
def proposals(
    set_name: SetName,
    add: Annotated[bool, typer.Option("--add", help="Add them all to the set.")] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """List images that people marked normal and that are not in the set yet."""

    async def run() -> tuple[inspection_pb2.ReferenceSet, list[str], dict[str, str]]:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            answer = await connection.call(
                connection.inspection.ListProposedImages,
                inspection_pb2.ListProposedImagesRequest(reference_set_id=found.reference_set_id),
            )
            ids = list(answer.image_ids)
            return found, ids, await file_names(connection, ids)

    found, ids, names = asyncio.run(run())
    if not ids:
        plain_console().print(Text(f"Nothing is proposed for {found.display_name}."))
        return
    table = Table.grid(padding=(0, 2))
    for one in ids:
        table.add_row(Text(one, no_wrap=True), Text(names.get(one, "")))
    Console().print(table)
    if not add:
        plain_console().print(Text(f"`argus refset proposals {set_name} --add` adds them."))
        return
    after = asyncio.run(_change(server, found, ids, remove=False))
    plain_console().print(
        Text(
            f"Added. {found.display_name} has {after.image_count} images now; "
            f"`argus refset calibrate {set_name}` makes the next version of them."
        )
    )


def _checked(
    paths: Sequence[Path] | None, image_ids: Sequence[str] | None, labels: Sequence[str] | None
) -> dict[str, str]:
    """The labels, if what was named makes sense together."""
    if not (paths or image_ids or labels):
        raise MeshError("Say which images.", "Name files or folders, --image-id ID, or --label.")
    if paths and labels:
        raise MeshError(
            "--label chooses among stored images, so it does not go with files.",
            "`argus import PATH… --label key=value` first, then --label without files.",
        )
    for one in image_ids or []:
        if not is_uuid(one):
            raise MeshError(f"`{one}` is no image id.", "`argus search` shows the ids of images.")
    return parse_labels(labels or [])


def _files(paths: Sequence[Path]) -> list[Path]:
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise MeshError(f"There is no {missing[0]}.")
    files = list(collect(paths))
    if not files:
        raise MeshError("There are no images in these folders.")
    return files


async def _change(
    server: str, found: inspection_pb2.ReferenceSet, ids: Sequence[str], *, remove: bool
) -> inspection_pb2.ReferenceSet:
    """Adds or removes images, in batches; the set after that."""
    async with connect(server) as connection:
        after = found
        console = Console(stderr=True)
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
