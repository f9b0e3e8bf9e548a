"""`argus backup`: takes, checks, lists and restores backups of a mesh."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from mesh.archive.moment import backup_at, moment_of, windows
from mesh.archive.verify import verify_windows
from mesh.backup.create import create as create_backup
from mesh.backup.errors import BackupDamaged
from mesh.backup.manifest import Manifest, read_manifest
from mesh.backup.progress import Steps
from mesh.backup.repository import Repository
from mesh.backup.restore import check_target
from mesh.backup.restore import restore as restore_backup
from mesh.backup.verify import verify as verify_backup
from mesh.commands.failures import explained
from mesh.commands.terminal import Terminal, say
from mesh.commands.up import DataDir, ModelDir
from mesh.commands.words import counted
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.options import DEFAULT_DATA_DIR

INTERRUPTED = 130
PATIENCE_S = 30.0
"""How long to wait for an archive, which is at work for moments."""

T = TypeVar("T")

backup = typer.Typer(
    no_args_is_help=True,
    help="Backups: taken while the mesh runs, checked, restored into an empty folder.",
)

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of the backups.")]
Which = Annotated[
    str, typer.Option("--backup", metavar="ID", help="Which backup (default: the newest).")
]


@backup.command()
@explained
def create(
    folder: Folder, data_dir: DataDir = DEFAULT_DATA_DIR, model_dir: ModelDir = None
) -> None:
    """Take a backup of a mesh, whether it runs or not.

    Objects that a former backup in FOLDER has are not copied again. Exits with 0 if it is whole,
    with 1 if not or if the mesh itself has lost something.
    """
    layout = Layout.of(data_dir)
    repository = _made(folder)

    async def work(steps: Steps) -> Manifest:
        with repository.locked(for_writing=True, wait_s=PATIENCE_S):
            return await create_backup(layout, repository, steps, models=model_dir)

    manifest = _run(work, "No backup was taken.")
    say(
        f"{manifest.backup_id}: {_held(manifest)}; {_size(manifest.object_bytes)} of objects, "
        f"{_size(manifest.copied_bytes)} of them new."
    )
    if manifest.missing:
        for key in manifest.missing[:10]:
            say(f"The mesh has lost {key}, or it is damaged.", style="red", stderr=True)
        say(
            f"{counted(len(manifest.missing), 'object')} of the mesh cannot be backed up.",
            style="red",
            stderr=True,
        )
        raise typer.Exit(1)


@backup.command()
@explained
def verify(
    folder: Folder,
    which: Which = "",
    *,
    may_be_empty: Annotated[
        bool, typer.Option("--may-be-empty", help="A backup of nothing is nothing wrong.")
    ] = False,
) -> None:
    """Read a backup whole and compare it with what it says. Exits with 1 if something is wrong.

    Without --backup also what is archived: PostgreSQL's log must have no gap, and objects that were
    archived must be there.
    """
    repository = Repository.opened(folder)

    async def work(steps: Steps) -> tuple[Manifest, list[str]]:
        with repository.locked(for_writing=False, wait_s=PATIENCE_S):
            chosen = repository.chosen(which)
            manifest, problems = await verify_backup(
                repository,
                chosen,
                steps,
                # What an archive begins with may be a mesh that is new.
                may_be_empty=may_be_empty or repository.base(chosen) is not None,
            )
            if not which:
                problems += await verify_windows(repository, steps)
            return manifest, problems

    manifest, problems = _run(work, "Not verified.")
    if problems:
        for problem in problems[:50]:
            say(problem, style="red", stderr=True)
        say(
            f"{manifest.backup_id} is not whole: {counted(len(problems), 'problem')}.",
            style="red",
            stderr=True,
        )
        raise typer.Exit(1)
    say(
        f"{manifest.backup_id} is whole: {_held(manifest)}, "
        f"{counted(manifest.object_count, 'object')}, {_size(manifest.object_bytes)}."
    )


@backup.command()
@explained
def restore(
    folder: Folder,
    which: Which = "",
    at: Annotated[
        str,
        typer.Option(
            metavar="MOMENT",
            help="As of which moment, such as 2026-11-28T21:00:00Z; `list` says which there are.",
        ),
    ] = "",
    data_dir: DataDir = DEFAULT_DATA_DIR,
    *,
    without_missing: Annotated[
        bool,
        typer.Option("--without-missing", help="Also if objects of that moment are missing."),
    ] = False,
) -> None:
    """Restore a backup, or any moment that is archived, into a folder that is empty or not there.

    A moment is made a backup first, which `list` shows then. The folder has its name once
    everything is in it. A restore that was interrupted goes on where it was. `argus up` then brings
    rows of an older Argus forward, and search embeds all images anew.
    """
    if which and at:
        raise MeshError("--backup and --at name two moments.", "Give one of them.")
    moment = moment_of(at) if at else None
    repository = Repository.opened(folder)
    layout = Layout.of(data_dir)

    async def work(steps: Steps) -> Manifest:
        chosen = which
        if moment is not None:
            check_target(layout)
            with repository.locked(for_writing=True, wait_s=PATIENCE_S):
                chosen = await backup_at(
                    repository, moment, layout, steps, without_missing=without_missing
                )
        with repository.locked(for_writing=False, wait_s=PATIENCE_S):
            chosen = repository.chosen(chosen)
            return await restore_backup(repository, chosen, layout, steps)

    manifest = _run(
        work, f"Nothing is in {layout.data_dir} yet; the same command goes on where it was."
    )
    say(f"{layout.data_dir} is {manifest.backup_id}: {_held(manifest)}.")
    say(f"Start it: argus up --data-dir {layout.data_dir}")


@backup.command("list")
@explained
def list_(folder: Folder) -> None:
    """List the backups in a folder, the oldest first, and what moments can be restored.

    Exits with 1 if one cannot be read.
    """
    repository = Repository.opened(folder)
    table = Table(
        "backup", "taken", "argus", "accounts", "images", "objects", "new", "digest",
        box=SIMPLE_HEAD, pad_edge=False,
    )  # fmt: skip
    damaged = []
    for backup_id in repository.ids():
        try:
            manifest = read_manifest(repository.backup(backup_id))
        except BackupDamaged as error:
            damaged.append(str(error))
            table.add_row(backup_id, "damaged")
            continue
        table.add_row(
            backup_id,
            f"{manifest.taken:%Y-%m-%d %H:%M:%S} UTC",
            manifest.argus_version,
            f"{manifest.users:,}",
            f"{manifest.images:,}",
            _size(manifest.object_bytes),
            _size(manifest.copied_bytes),
            manifest.digest[:16],
        )
    Terminal(fold=True).print(table)
    try:
        for window in windows(repository):
            say(f"Any moment {window.words}: restore --at")
    except BackupDamaged as error:
        damaged.append(str(error))
    for sentence in damaged:
        say(sentence, style="red", stderr=True)
    if damaged:
        raise typer.Exit(1)


@backup.command()
@explained
def prune(
    folder: Folder,
    keep: Annotated[int, typer.Option(min=1, help="How many of the newest stay.")],
) -> None:
    """Remove old backups, what is archived after them, and the objects that no other one has."""
    repository = Repository.opened(folder)
    with repository.locked(for_writing=True, wait_s=PATIENCE_S):
        gone, freed = repository.prune(keep)
    say(f"Removed {counted(len(gone), 'backup')} and {_size(freed)} of what only they had.")


def _made(folder: Path) -> Repository:
    os.umask(0o077)
    return Repository.made(folder)


def _run(work: Callable[[Steps], Awaitable[T]], interrupted: str) -> T:
    """Runs it; Ctrl-C ends it cleanly."""
    # Data, and the keys to it, are nobody else's business.
    os.umask(0o077)

    async def run() -> T:
        return await work(Steps(Terminal(stderr=True)))

    try:
        return asyncio.run(run())
    except KeyboardInterrupt:
        say(f"Interrupted. {interrupted}", stderr=True)
        raise typer.Exit(INTERRUPTED) from None


def _held(manifest: Manifest) -> str:
    return f"{counted(manifest.users, 'account')}, {counted(manifest.images, 'image')}"


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:,.1f} MiB"
