"""Makes a mesh's data folder of a backup, whole or not at all.

Everything is made in a folder beside, `DIR.restoring`, which becomes DIR when it is whole. What was
interrupted goes on where it was. Objects come first, rows last and all at once: so also a database
and a bucket that run elsewhere have no row without its bytes at any time.
"""

import asyncio
import hashlib
import os
import shutil
from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path

from mesh.backup.bucket import THREADS, Bucket, Listed
from mesh.backup.compatibility import check_compatible
from mesh.backup.contents import read_contents
from mesh.backup.create import DUMP
from mesh.backup.database import is_empty, put_back
from mesh.backup.errors import BackupDamaged
from mesh.backup.index import Entry, read_index
from mesh.backup.manifest import Manifest, read_manifest
from mesh.backup.parallel import in_threads
from mesh.backup.progress import Steps
from mesh.backup.record import remember
from mesh.backup.repository import CHUNK_BYTES, Repository, sha256_of, size_of
from mesh.backup.settings_files import put_back_settings
from mesh.backup.staging import begin, note_of, staging_of
from mesh.backup.store_tools import make_indexes
from mesh.backup.stores import Stores, stores_of
from mesh.backup.vectors import NAME as VECTORS
from mesh.backup.vectors import put_back_vectors
from mesh.backup.verify import check_files
from mesh.backup.volumes import write_volumes
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.supervision.plan import objects_are_external, postgres_is_external

_IN_MEMORY_BYTES = 16 * CHUNK_BYTES
"""Objects up to this size are read once, to be compared and written."""

_SPARE_BYTES = 512 * 2**20
"""Room for PostgreSQL's log and the store's first volumes."""

_ROWS_GROW = 8
"""How much larger a database is than its dump, at most."""


async def restore(repository: Repository, backup_id: str, layout: Layout, steps: Steps) -> Manifest:
    """Restores a backup.

    Args:
        repository: Where it is; locked.
        backup_id: Which.
        layout: The folder to make; there must be nothing in it.
        steps: Told how far it is.

    Raises:
        BackupDamaged: The backup is not what it says that it is.
        MeshError: It cannot be restored here; nothing was changed but the folder beside.
        OSError: The disk is full, or cannot be written. The same holds.
    """
    folder = repository.backup(backup_id)
    manifest = read_manifest(folder)
    check_compatible(manifest.argus_version, manifest.migrations)
    problems = check_files(folder, manifest)
    if problems:
        raise BackupDamaged("\n".join(problems), "Restore another backup.")
    entries = read_index(folder)
    if read_contents(folder / DUMP).tables != manifest.tables:
        raise BackupDamaged("The dump has other rows than the manifest says.")
    staging = staging_of(layout)
    check_target(layout)
    _check_room(layout, staging, manifest)
    begin(staging, manifest)
    put_back_settings(folder / "settings", staging)
    put_back_vectors(folder, staging)
    if not objects_are_external():
        await _write_volumes(entries, staging, repository, steps)
    async with stores_of(staging) as stores:
        stores.bucket.make()
        if not await is_empty(stores.postgres_url):
            _refuse_foreign_rows()
        else:
            await _put_objects(entries, stores, staging, repository, steps)
            steps.say("Database …")
            await put_back(stores.postgres_url, folder / DUMP)
    _finish(staging, layout, manifest, repository.folder)
    return manifest


def check_target(layout: Layout) -> None:
    """Makes sure that a mesh can be restored into a folder.

    Raises:
        MeshError: Something is there.
    """
    target, staging = layout.data_dir, staging_of(layout).data_dir
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise MeshError(
            f"{target} is not empty.",
            "A backup is restored into a folder that is empty or does not exist: name another "
            "--data-dir, or move this one away.",
        )
    if staging.exists() and not staging.is_dir():
        raise MeshError(f"{staging} is in the way.", "Remove it.")


def _check_room(layout: Layout, staging: Layout, manifest: Manifest) -> None:
    """Refuses what does not fit, before it fills the disk.

    Raises:
        MeshError: There is less room than is needed.
    """
    needed = _SPARE_BYTES
    if VECTORS in manifest.files:
        # As they were taken, and in the index.
        needed += 3 * manifest.files[VECTORS].size_bytes
    if not objects_are_external():
        needed += manifest.object_bytes + manifest.object_bytes // 20
    if not postgres_is_external():
        needed += manifest.files[DUMP].size_bytes * _ROWS_GROW
    existing = next(path for path in layout.data_dir.parents if path.exists())
    there = size_of(staging.data_dir)
    free = shutil.disk_usage(existing).free
    if free + there < needed:
        raise MeshError(
            f"{existing} has {free / 2**20:,.0f} MiB free; the restore needs "
            f"{(needed - there) / 2**20:,.0f}.",
            "Make room, or choose a --data-dir on another disk.",
        )


def _refuse_foreign_rows() -> None:
    """What to do with a database that has rows: they are put back last, so it may be complete.

    Raises:
        MeshError: It runs elsewhere, and is perhaps somebody's.
    """
    if postgres_is_external():
        raise MeshError(
            "The database of ARGUS_POSTGRES_URL has a mesh's tables already.",
            "Name an empty one. If this restore made them, drop the schemas first.",
        )


def _names_of(staging: Layout) -> Path:
    """The file with the names of what `write_volumes` wrote; there once it is all on the disk."""
    return staging.data_dir / "restoring.names"


async def _write_volumes(
    entries: Mapping[str, Entry], staging: Layout, repository: Repository, steps: Steps
) -> None:
    """Writes the files of the store that is made, each object after its bytes were compared.

    Raises:
        BackupDamaged: Bytes are missing or were changed.
    """
    names, folder = _names_of(staging), staging.data_dir / "objects"
    if names.exists():
        return
    steps.say(f"{len(entries)} objects …")
    total = sum(entry.size_bytes for entry in entries.values())
    with steps.of("objects", total) as advance:
        await asyncio.to_thread(
            write_volumes,
            entries.values(),
            lambda entry: _compared(entry, repository),
            folder,
            names,
            advance,
        )
    await make_indexes(folder)


async def _load_volumes(
    entries: Mapping[str, Entry], stores: Stores, staging: Layout
) -> Mapping[str, Listed]:
    """Names what was written, and makes sure that the store gives it.

    Returns:
        What need not be put any more; nothing if it gives other bytes.
    """
    names = _names_of(staging)
    if stores.tools is not None and names.exists():
        await stores.tools.load_names(names)
    there = await asyncio.to_thread(stores.bucket.listed)
    tried = [key for key in there if key in entries]
    for key in (*tried[:1], *tried[-1:]):
        with stores.bucket.reading(key) as response:
            content = b"" if response is None else response.read()
        if hashlib.sha256(content).hexdigest() != entries[key].sha256:
            return {}
    return there


async def _put_objects(
    entries: Mapping[str, Entry],
    stores: Stores,
    staging: Layout,
    repository: Repository,
    steps: Steps,
) -> None:
    """Puts all objects that are not there, each after its bytes were compared.

    Raises:
        BackupDamaged: Bytes are missing or were changed.
        MeshError: The store does not take one.
    """
    bucket = stores.bucket
    there = await _load_volumes(entries, stores, staging)
    foreign = [key for key in there if key not in entries]
    if foreign:
        raise MeshError(
            f"The bucket has objects that are not of this backup, such as {foreign[0]}.",
            "Name an empty bucket.",
        )

    left = [
        entry
        for entry in entries.values()
        if (found := there.get(entry.key)) is None or found.size_bytes != entry.size_bytes
    ]
    if not left:
        return

    def put(entry: Entry) -> Entry:
        _put(entry, bucket, repository)
        return entry

    steps.say(f"{len(left)} objects by requests …")
    total = sum(entry.size_bytes for entry in left)
    with steps.of("objects", total) as advance:
        async with aclosing(in_threads(put, left, THREADS)) as written:
            async for entry in written:
                advance(entry.size_bytes)
    _check_objects(entries, await asyncio.to_thread(bucket.listed))


def _put(entry: Entry, bucket: Bucket, repository: Repository) -> None:
    if entry.size_bytes > _IN_MEMORY_BYTES:
        path = repository.blob(entry.sha256)
        try:
            same = sha256_of(path) == (entry.sha256, entry.size_bytes)
        except FileNotFoundError:
            raise _missing(entry, path) from None
        if not same:
            raise _changed(entry, path)
        bucket.put_file(entry.key, path, entry.size_bytes, entry.content_type)
    else:
        content = _compared(entry, repository)
        bucket.put(entry.key, content, len(content), entry.content_type)


def _compared(entry: Entry, repository: Repository) -> bytes:
    """An object's bytes.

    Raises:
        BackupDamaged: They are missing or were changed.
    """
    path = repository.blob(entry.sha256)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise _missing(entry, path) from None
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise _changed(entry, path)
    return content


def _missing(entry: Entry, path: Path) -> BackupDamaged:
    return BackupDamaged(f"{entry.key} is missing: {path}.", "Restore another backup.")


def _changed(entry: Entry, path: Path) -> BackupDamaged:
    return BackupDamaged(
        f"{entry.key} was changed: {path}.",
        "Restore another backup; `argus backup verify` says everything that is wrong with one.",
    )


def _check_objects(entries: Mapping[str, Entry], listed: Mapping[str, Listed]) -> None:
    """Makes sure that the store has everything that it took.

    Raises:
        MeshError: It has not.
    """
    for key, entry in entries.items():
        found = listed.get(key)
        if found is None or found.size_bytes != entry.size_bytes:
            raise MeshError(
                f"The object store took {key} and does not have it.",
                "Is its disk full? Run the restore again; it goes on where it was.",
            )


def _finish(staging: Layout, layout: Layout, manifest: Manifest, folder: Path) -> None:
    """Gives the folder its name, once all of it is on the disk."""
    remember(staging, manifest, folder)
    for path in (staging.run, staging.logs):
        shutil.rmtree(path, ignore_errors=True)
    if not staging.sockets.is_relative_to(staging.data_dir):
        shutil.rmtree(staging.sockets, ignore_errors=True)
    _names_of(staging).unlink(missing_ok=True)
    note_of(staging).unlink()
    os.sync()
    try:
        staging.data_dir.rename(layout.data_dir)
    except OSError as error:
        raise MeshError(
            f"{staging.data_dir} is whole, but cannot be renamed to {layout.data_dir}: "
            f"{error.strerror}.",
            f"Rename it yourself, or use it: --data-dir {staging.data_dir}",
        ) from error
