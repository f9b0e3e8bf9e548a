"""Reads what is archived and says everything that is wrong with it."""

import tempfile
from contextlib import aclosing
from pathlib import Path

from mesh.archive.moment import Window, windows
from mesh.backup.bucket import THREADS
from mesh.backup.database import run_program
from mesh.backup.errors import BackupDamaged
from mesh.backup.index import Entry
from mesh.backup.parallel import in_threads
from mesh.backup.progress import Steps
from mesh.backup.repository import Repository
from mesh.backup.verify import check_blob
from mesh.errors import MeshError


async def verify_windows(repository: Repository, steps: Steps) -> list[str]:
    """A sentence for each thing that is wrong with moments that can be restored.

    Every record of PostgreSQL's log has a checksum and names the one before, so reading them shows
    that none is missing or was damaged.
    """
    problems: list[str] = []
    for window in windows(repository):
        steps.say(f"Moments {window.words} …")
        try:
            await _read_log(window)
        except (BackupDamaged, MeshError) as error:
            problems.append(str(error))
        problems += await _check_objects(repository, window, steps)
    return problems


async def _read_log(window: Window) -> None:
    """Reads the log from the oldest base to the end.

    Raises:
        MeshError: It has a gap, or is damaged.
    """
    base = next(iter(window.bases.values()))
    files = window.stream.files_since(base, window.reached)
    with tempfile.TemporaryDirectory() as temporary:
        for name, path in files.items():
            (Path(temporary) / name).symlink_to(path)
        try:
            await run_program(
                "pg_waldump",
                (
                    "--quiet", f"--path={temporary}", f"--timeline={base.timeline}",
                    f"--start={base.start_lsn}", f"--end={window.reached.lsn}",
                ),
            )  # fmt: skip
        except MeshError as error:
            raise BackupDamaged(
                f"The log of {window.stream.stream_id} is damaged: {error}",
                "Take a new base: stop the mesh, move the stream away, start it.",
            ) from error


async def _check_objects(repository: Repository, window: Window, steps: Steps) -> list[str]:
    entries: dict[str, Entry] = {}
    problems = []
    for backup_id in window.bases:
        try:
            entries |= {one.sha256: one for one in window.stream.added(backup_id)}
        except BackupDamaged as error:
            problems.append(str(error))
    total = sum(entry.size_bytes for entry in entries.values())
    with steps.of("archived objects", total) as advance:

        def check(entry: Entry) -> tuple[Entry, str]:
            return entry, check_blob(repository, entry)

        async with aclosing(in_threads(check, entries.values(), THREADS)) as checked:
            async for entry, problem in checked:
                advance(entry.size_bytes)
                problems += [problem] if problem else []
    return problems
