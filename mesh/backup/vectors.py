"""The vectors of a backup, so that a restored mesh need not embed its images again.

An image's vector never changes, so those of any moment serve.
"""

import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import grpc
from argus.search.v1.operator_pb2 import SnapshotPart

from mesh.backup.progress import Steps
from mesh.backup.repository import Repository
from mesh.client.vectors import export_vectors, search_operator
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.supervision.state import read_state
from services.search.errors import SnapshotDamaged
from services.search.snapshots.files import SUFFIX, SnapshotWriter, read_snapshot
from services.search.snapshots.restored import RESTORED

NAME = f"index{SUFFIX}"


async def take_vectors(
    layout: Layout, repository: Repository, folder: Path, image_ids: Collection[str], steps: Steps
) -> None:
    """Puts vectors into a backup's folder: those of a mesh that runs, else of a backup before.

    Without either the backup has none, and is whole all the same.

    Args:
        layout: The mesh's folder.
        repository: Has the backups before.
        folder: The backup's.
        image_ids: Images that the backup has.
        steps: Told how far it is.

    Raises:
        OSError: The folder cannot be written.
    """
    state = read_state(layout)
    if state is not None and state.alive:
        steps.say("Vectors …")
        try:
            async with search_operator(layout, "", as_admin=False) as (stub, metadata):
                await export_vectors(stub, metadata, folder / NAME, lambda _: None)
        except (MeshError, grpc.aio.AioRpcError):
            steps.say("Search does not answer; vectors are those of the backup before, if any.")
        else:
            return
    _take_former(repository, folder / NAME, image_ids)


def put_back_vectors(folder: Path, layout: Layout) -> None:
    """Copies a backup's vectors to where search finds them when it starts."""
    if (folder / NAME).exists():
        target = layout.data_dir / "vectors" / RESTORED / NAME
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(folder / NAME, target)
        target.chmod(0o600)


def _take_former(repository: Repository, path: Path, image_ids: Collection[str]) -> None:
    """Vectors of the newest backup that has some, but those of images that are no more."""
    wanted = frozenset(image_ids)
    for backup_id in reversed(repository.ids()):
        former = repository.backup(backup_id) / NAME
        with suppress(FileNotFoundError, SnapshotDamaged):
            _copy(former, path, wanted)
            return
    path.unlink(missing_ok=True)


def _copy(former: Path, path: Path, wanted: Collection[str]) -> None:
    count = 0
    last = SnapshotPart()
    with path.open("wb") as file:
        writer = SnapshotWriter(file)
        for last in read_snapshot(former):
            if last.HasField("space"):
                writer.write(last)
            kept = [image for image in last.vectors.images if image.image_id in wanted]
            count += len(kept)
            if kept:
                fresh = SnapshotPart()
                fresh.vectors.images.extend(kept)
                writer.write(fresh)
        if not last.HasField("image_count"):
            raise SnapshotDamaged(f"{former.name} was cut off")
        writer.write(SnapshotPart(image_count=count))
