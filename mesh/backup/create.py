"""Takes a backup: the database first, the objects that its rows name afterwards.

No object is removed in between (`removals_held`), so every row that was taken has its bytes,
whatever is deleted meanwhile. What is uploaded meanwhile is in the next backup.
"""

import asyncio
import secrets
import shutil
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mesh.backup.bucket import THREADS, Bucket, Listed
from mesh.backup.contents import Needed, read_contents
from mesh.backup.database import Taken, removals_held, take
from mesh.backup.errors import BackupDamaged
from mesh.backup.index import Entry, read_index, write_index
from mesh.backup.manifest import File, Manifest, write_manifest
from mesh.backup.parallel import in_threads
from mesh.backup.progress import Steps
from mesh.backup.record import remember
from mesh.backup.repository import Repository, sha256_of
from mesh.backup.settings_files import copy_settings
from mesh.backup.stores import Stores, stores_of
from mesh.backup.vectors import take_vectors
from mesh.errors import MeshError
from mesh.layout import Layout, usable
from mesh.supervision.plan import postgres_is_external
from services.embedder.models.store import installed
from services.installation.wiring import argus_version

DUMP = "database.dump"


@dataclass(frozen=True)
class _Copied:
    """What became of one object."""

    entry: Entry | None
    """None: the mesh has no bytes that its row could mean."""

    new_bytes: int


async def create(
    layout: Layout,
    repository: Repository,
    steps: Steps,
    *,
    models: Path | None = None,
    beside: Callable[[str, Path], Awaitable[None]] | None = None,
) -> Manifest:
    """Takes a backup of a mesh that runs, or of one that does not.

    Args:
        layout: The mesh's folder.
        repository: Where to; locked for writing.
        steps: Told how far it is.
        models: Where its models are, if not in its folder.
        beside: Puts more into the backup's folder, from the database of this URL, once rows and
            objects are in it.

    Raises:
        MeshError: It cannot be taken; the repository has the backups that it had.
        OSError: The repository cannot be written, as on a full disk. The same holds.
    """
    _check_mesh(layout)
    backup_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    folder = repository.begin(backup_id)
    try:
        async with stores_of(layout) as stores, removals_held(stores.postgres_url) as still_held:
            taken, needed, copied = await _take(stores, repository, folder, steps)
            if beside is not None:
                await beside(stores.postgres_url, folder)
            await still_held()
        entries = [one.entry for one in copied if one.entry is not None]
        write_index(folder, entries)
        image_ids = {one.key.rpartition("/")[2] for one in needed if one.key.startswith("images/")}
        await take_vectors(layout, repository, folder, image_ids, steps)
        copy_settings(layout, folder / "settings")
        manifest = Manifest(
            backup_id=backup_id,
            taken=taken.moment,
            finished=datetime.now(UTC),
            argus_version=argus_version(),
            postgres_version=taken.postgres_version,
            migrations=taken.migrations,
            models={
                model.manifest.info.model: model.manifest.info.version
                for model in installed(models or layout.models)
            },
            tables=taken.tables,
            object_count=len(entries),
            object_bytes=sum(entry.size_bytes for entry in entries),
            copied_bytes=sum(one.new_bytes for one in copied),
            missing=[
                one.key for one, found in zip(needed, copied, strict=True) if found.entry is None
            ],
            files=files_of(folder),
        )
        write_manifest(folder, manifest)
        repository.commit(backup_id)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if not manifest.missing:
        remember(layout, manifest, repository.folder)
    return manifest


def _check_mesh(layout: Layout) -> None:
    """Makes sure that nothing is made where no mesh is.

    Raises:
        MeshError: There is none.
    """
    if not postgres_is_external() and not (layout.data_dir / "postgres" / "PG_VERSION").exists():
        raise MeshError(f"There is no mesh in {layout.data_dir}.", "Name its --data-dir.")
    with usable(layout):
        layout.make()


async def _take(
    stores: Stores, repository: Repository, folder: Path, steps: Steps
) -> tuple[Taken, list[Needed], list[_Copied]]:
    """Takes the database, and then the objects that its rows need."""
    steps.say("Database …")
    taken = await take(stores.postgres_url, folder / DUMP)
    contents = await asyncio.to_thread(read_contents, folder / DUMP)
    if contents.tables != taken.tables:
        raise MeshError(
            f"The dump has other rows than the database: {contents.tables} "
            f"instead of {taken.tables}.",
            "Start the backup again.",
        )
    listed = await asyncio.to_thread(stores.bucket.listed)
    _check_not_another_database(contents.needed, listed)
    copied = await _copy_all(contents.needed, listed, stores.bucket, repository, steps)
    return taken, contents.needed, copied


def _check_not_another_database(needed: list[Needed], listed: Mapping[str, Listed]) -> None:
    """Refuses a backup without images of a bucket that is full of them.

    Raises:
        MeshError: Database and bucket are not of one mesh.
    """
    images = sum(key.startswith("images/") for key in listed)
    if images and not any(one.key.startswith("images/") for one in needed):
        raise MeshError(
            f"The database knows no image, but the bucket has {images}.",
            "Are database and bucket of the same mesh? See ARGUS_POSTGRES_URL and ARGUS_S3_URL.",
        )


async def _copy_all(
    needed: list[Needed],
    listed: Mapping[str, Listed],
    bucket: Bucket,
    repository: Repository,
    steps: Steps,
) -> list[_Copied]:
    former = _former(repository)

    def copy(one: Needed) -> _Copied:
        return _copy(one, listed.get(one.key), former.get(one.key), bucket, repository)

    total = sum(listed[one.key].size_bytes for one in needed if one.key in listed)
    done: list[_Copied] = []
    steps.say(f"{len(needed)} objects …")
    with steps.of("objects", total) as advance:
        async with aclosing(in_threads(copy, needed, THREADS)) as copies:
            async for one in copies:
                done.append(one)
                advance(one.entry.size_bytes if one.entry else 0)
    return done


def _former(repository: Repository) -> Mapping[str, Entry]:
    """What the newest backup has, by key."""
    for backup_id in reversed(repository.ids()):
        with suppress(BackupDamaged):
            return read_index(repository.backup(backup_id))
    return {}


def _copy(
    needed: Needed,
    listed: Listed | None,
    former: Entry | None,
    bucket: Bucket,
    repository: Repository,
) -> _Copied:
    if needed.sha256 and repository.has(needed.sha256, needed.size_bytes):
        # These bytes are what the row means, whatever the bucket has.
        etag = listed.etag if listed else ""
        return _Copied(_entry(needed, needed.size_bytes, needed.sha256, etag), 0)
    if listed is None:
        return _Copied(None, 0)
    if (
        not needed.sha256
        and former is not None
        and (former.etag, former.size_bytes) == (listed.etag, listed.size_bytes)
        and repository.has(former.sha256, former.size_bytes)
    ):
        return _Copied(_entry(needed, former.size_bytes, former.sha256, former.etag), 0)
    with bucket.reading(needed.key) as response:
        if response is None:
            return _Copied(None, 0)
        sha256, size = repository.keep(response)
    if needed.sha256 and sha256 != needed.sha256:
        return _Copied(None, 0)
    if size != listed.size_bytes:
        raise MeshError(f"{needed.key} ended after {size} of {listed.size_bytes} bytes.")
    return _Copied(_entry(needed, size, sha256, listed.etag), size)


def _entry(needed: Needed, size_bytes: int, sha256: str, etag: str) -> Entry:
    return Entry(needed.key, size_bytes, sha256, etag, needed.content_type)


def files_of(folder: Path) -> dict[str, File]:
    """All files of a folder, by their path in it."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            sha256, size = sha256_of(path)
            found[str(path.relative_to(folder))] = File(size_bytes=size, sha256=sha256)
    return found
