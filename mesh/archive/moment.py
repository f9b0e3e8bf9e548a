"""Makes a backup of any moment that a stream covers: of a base, the log and archived objects."""

import asyncio
import secrets
import shutil
import tarfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mesh.archive.base import ARCHIVE, Base
from mesh.archive.stream import Reached, Stream
from mesh.archive.unpacking import unpack
from mesh.backup.contents import Needed, read_contents
from mesh.backup.create import DUMP, files_of
from mesh.backup.database import take
from mesh.backup.errors import BackupDamaged
from mesh.backup.index import Entry, read_index, write_index
from mesh.backup.manifest import Manifest, read_manifest, write_manifest
from mesh.backup.progress import Steps
from mesh.backup.repository import Repository, size_of
from mesh.backup.stores import running_alone
from mesh.backup.verify import check_files
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.parts.postgres import make_reachable, postgres_part, postgres_url
from services.installation.wiring import argus_version

_BASE_GROWS = 12
"""How much larger PostgreSQL's files are than their packed copy, at most."""

_NAMED = 10


@dataclass(frozen=True)
class Window:
    """Moments that can be restored: all from the first to the last."""

    first: datetime
    last: datetime
    stream: Stream
    bases: Mapping[str, Base]
    """By the id of their backup, the oldest first."""

    reached: Reached

    @property
    def words(self) -> str:
        """From when to when, for a person: every second of it can be restored."""
        first = self.first + timedelta(seconds=1) - timedelta.resolution
        return f"from {in_words(first)} to {in_words(self.last)}"


def windows(repository: Repository) -> list[Window]:
    """All windows, the oldest first; streams that never got anywhere have none.

    Raises:
        BackupDamaged: A base cannot be read.
    """
    streams: dict[str, dict[str, Base]] = {}
    for backup_id in repository.ids():
        base = repository.base(backup_id)
        if base is not None:
            streams.setdefault(base.stream_id, {})[backup_id] = base
    found = []
    for stream_id, bases in streams.items():
        stream = repository.stream(stream_id)
        reached = stream.reached()
        first = min(base.moment for base in bases.values())
        if reached is not None and reached.moment >= first:
            found.append(Window(first, reached.moment, stream, bases, reached))
    return sorted(found, key=lambda one: one.first)


def moment_of(text: str) -> datetime:
    """A moment as people write it, in RFC 3339.

    Raises:
        MeshError: It is none, or does not say of which time zone.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise MeshError(f"`{text}` is no moment.", "Write it like 2026-11-28T21:00:00Z.") from error
    if moment.tzinfo is None:
        raise MeshError(
            f"`{text}` does not say of which time zone it is.",
            "Write it like 2026-11-28T21:00:00Z or 2026-11-28T22:00:00+01:00.",
        )
    return moment.astimezone(UTC)


async def backup_at(
    repository: Repository,
    moment: datetime,
    layout: Layout,
    steps: Steps,
    *,
    without_missing: bool = False,
) -> str:
    """Adds a backup of a moment to the folder, unless it has one.

    Args:
        repository: Where the stream is; locked for writing.
        moment: As of which all rows are to be.
        layout: Beside this folder PostgreSQL works meanwhile.
        steps: Told how far it is.
        without_missing: Do without objects that are not archived.

    Returns:
        Its id.

    Raises:
        MeshError: No stream covers the moment, or objects of that moment are missing.
        BackupDamaged: Base or log are not what they should be.
    """
    backup_id = f"{moment:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    for former in repository.ids():
        if former[:16] == backup_id[:16]:
            manifest = read_manifest(repository.backup(former))
            if manifest.taken == moment and (without_missing or not manifest.missing):
                return former
    window = _window(repository, moment)
    base_id = max(
        (one for one, base in window.bases.items() if base.moment <= moment),
        key=lambda one: window.bases[one].moment,
    )
    folder = repository.begin(backup_id)
    try:
        steps.say(f"Database of {in_words(moment)} …")
        async with _recovered(repository.backup(base_id), window, moment, layout) as url:
            taken = await take(url, folder / DUMP)
        contents = await asyncio.to_thread(read_contents, folder / DUMP)
        entries, missing = _objects(repository, base_id, window.stream, contents.needed)
        if missing and not without_missing:
            raise _missing(moment, missing)
        source = repository.backup(base_id)
        shutil.copytree(source / "settings", folder / "settings")
        write_index(folder, entries)
        manifest = Manifest(
            backup_id=backup_id,
            taken=moment,
            finished=datetime.now(UTC),
            argus_version=argus_version(),
            postgres_version=taken.postgres_version,
            migrations=taken.migrations,
            models=read_manifest(source).models,
            tables=taken.tables,
            object_count=len(entries),
            object_bytes=sum(entry.size_bytes for entry in entries),
            copied_bytes=0,
            missing=missing,
            files=files_of(folder),
        )
        write_manifest(folder, manifest)
        repository.commit(backup_id)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return backup_id


def _window(repository: Repository, moment: datetime) -> Window:
    """The window that has a moment.

    Raises:
        MeshError: None has; names those that there are.
    """
    found = windows(repository)
    for window in reversed(found):
        if window.first <= moment <= window.last:
            return window
    there = "; ".join(one.words for one in found)
    raise MeshError(
        f"{in_words(moment)} cannot be restored from {repository.folder}.",
        f"Any moment can {there}."
        if there
        else "Nothing is archived there: `argus up --archive FOLDER` does, from then on.",
    )


def in_words(moment: datetime) -> str:
    """A moment as `--at` takes it; to the second, and not before it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _objects(
    repository: Repository, base_id: str, stream: Stream, needed: list[Needed]
) -> tuple[list[Entry], list[str]]:
    """What of the objects is archived, and the keys of what is not."""
    known = dict(read_index(repository.backup(base_id)))
    for backup_id in stream.noted_since(base_id):
        known |= {entry.key: entry for entry in stream.added(backup_id)}
    entries, missing = [], []
    for one in needed:
        found = known.get(one.key)
        if one.sha256:
            found = Entry(one.key, one.size_bytes, one.sha256, "", one.content_type)
        if found is not None and repository.has(found.sha256, found.size_bytes):
            entries.append(found)
        else:
            missing.append(one.key)
    return entries, missing


def _missing(moment: datetime, missing: list[str]) -> MeshError:
    named = "\n".join(missing[:_NAMED])
    more = f"\nand {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    return MeshError(
        f"Objects of {in_words(moment)} are not archived:\n{named}{more}",
        "--without-missing restores everything else; the rows of these images come back "
        "without their bytes.",
    )


@asynccontextmanager
async def _recovered(
    backup: Path, window: Window, moment: datetime, layout: Layout
) -> AsyncIterator[str]:
    """PostgreSQL as of a moment, in a folder beside that is removed; the URL of its database."""
    base = window.bases[backup.name]
    problems = check_files(backup, read_manifest(backup))
    if problems:
        raise BackupDamaged("\n".join(problems), "Restore an earlier moment.")
    log = window.stream.files_since(base, window.reached)
    scratch = Layout(layout.data_dir.with_name(f"{layout.data_dir.name}.recovering"))
    _check_room(scratch, (backup / ARCHIVE).stat().st_size * _BASE_GROWS, log)
    shutil.rmtree(scratch.data_dir, ignore_errors=True)
    scratch.data_dir.mkdir(mode=0o700, parents=True)
    try:
        scratch.make()
        await asyncio.to_thread(_unpack, backup / ARCHIVE, log, scratch.data_dir / "postgres")
        make_reachable(scratch)
        part = postgres_part(
            scratch,
            {
                # All of the log is in its own folder.
                "restore_command": "false",
                "recovery_target_time": moment.isoformat(),
                "recovery_target_action": "promote",
                "hot_standby": "off",
                "archive_mode": "off",
            },
        )
        async with running_alone((part,), scratch):
            yield postgres_url(scratch)
    finally:
        shutil.rmtree(scratch.data_dir, ignore_errors=True)
        shutil.rmtree(scratch.sockets, ignore_errors=True)


def _check_room(scratch: Layout, base_bytes: int, log: Mapping[str, Path]) -> None:
    needed = base_bytes + sum(path.stat().st_size for path in log.values())
    existing = next(path for path in scratch.data_dir.parents if path.exists())
    free = shutil.disk_usage(existing).free + size_of(scratch.data_dir)
    if free < needed:
        raise MeshError(
            f"{existing} has {free / 2**20:,.0f} MiB free; recovering the database needs "
            f"{needed / 2**20:,.0f}.",
            "Make room, or choose a --data-dir on another disk.",
        )


def _unpack(archive: Path, log: Mapping[str, Path], data: Path) -> None:
    with tarfile.open(archive) as packed:
        unpack(packed, data)
    (data / "pg_wal").mkdir(mode=0o700, exist_ok=True)
    for name, path in log.items():
        shutil.copyfile(path, data / "pg_wal" / name)
    (data / "recovery.signal").touch()
