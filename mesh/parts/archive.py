"""The archive: a process that keeps what changes in a folder of backups."""

import os
import sys
from pathlib import Path

import psutil

from mesh.archive.record import archive_record
from mesh.errors import MeshError, NotReadyError
from mesh.layout import Layout
from mesh.options import MeshOptions
from mesh.supervision.part import Part, Stage


def archive_parts(options: MeshOptions) -> tuple[Part, ...]:
    """The part, if changes are archived."""
    if options.archive is None:
        return ()
    layout, folder = options.layout, options.archive
    return (
        Part(
            name="archive",
            # After whoever changes anything has ended, and before the stores do.
            stage=Stage.ARCHIVE,
            ready=lambda: _check(layout, folder),
            command=(
                sys.executable, "-m", "mesh.archive", "--data-dir", str(layout.data_dir),
                "--folder", str(folder), "--days", str(options.archive_days),
                "--models", str(options.models),
            ),
            # Services make their tables.
            needs=("postgres", "objects", "auth", "storage", "inspection"),
            env={"MALLOC_ARENA_MAX": "2"},
            inherits=("PYTHON*", "VIRTUAL_ENV", "ARGUS_S3_*"),
            # People go first.
            niceness=10,
            cwd=layout.data_dir,
            stop_timeout_s=30.0,
            advice=f"Can {folder} be written, and is there room? See docs/backup.md.",
        ),
    )  # fmt: skip


def check_archivable(folder: Path, layout: Layout) -> None:
    """Makes sure that a folder can be archived into.

    Raises:
        MeshError: It is part of what it is to keep, or the database is not of this mesh.
    """
    if os.environ.get("ARGUS_POSTGRES_URL"):
        raise MeshError(
            "--archive is for the mesh's own PostgreSQL, and ARGUS_POSTGRES_URL names another.",
            "Archive that one with its own tools; docs/backup.md says how.",
        )
    if folder.is_relative_to(layout.data_dir):
        raise MeshError(
            f"{folder} is inside of the mesh's own folder.", "Name one on another disk."
        )


async def _check(layout: Layout, folder: Path) -> None:
    """Whether it archives.

    Raises:
        NotReadyError: It has not begun, or meets a problem, which the message says.
    """
    record = archive_record(layout)
    if record is None or record.folder != folder or not psutil.pid_exists(record.pid):
        raise NotReadyError("has not begun yet")
    if record.problem:
        raise NotReadyError(record.problem)
