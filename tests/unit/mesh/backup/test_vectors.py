"""Vectors of a backup that is taken while the mesh is stopped."""

from pathlib import Path

import pytest
from argus.search.v1.operator_pb2 import SnapshotPart
from rich.console import Console

from mesh.backup.progress import Steps
from mesh.backup.repository import Repository
from mesh.backup.vectors import NAME, put_back_vectors, take_vectors
from mesh.layout import Layout
from services.clients.model import Space
from services.search.model import StoredVector
from services.search.snapshots.files import SnapshotWriter, read_snapshot
from services.search.snapshots.parts import space_part, vector_parts

IDS = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(3)]
OLDER, NEWER = "20260101T000000Z-abcdef", "20260102T000000Z-abcdef"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository.made(tmp_path / "repository")
    for backup_id, end in ((OLDER, [SnapshotPart(image_count=3)]), (NEWER, [])):
        made.backup(backup_id).mkdir(parents=True)
        with (made.backup(backup_id) / NAME).open("wb") as file:
            writer = SnapshotWriter(file)
            vectors = {one: StoredVector("of somebody", [1.0, 0.0]) for one in IDS}
            for part in [space_part(Space("compact", "v1", 2)), *vector_parts(vectors), *end]:
                writer.write(part)
    return made


async def taken(repository: Repository, folder: Path, *image_ids: str) -> list[SnapshotPart]:
    steps = Steps(Console(quiet=True))
    await take_vectors(Layout(folder / "data"), repository, folder, image_ids, steps)
    return list(read_snapshot(folder / NAME))


async def test_they_are_those_of_the_newest_backup_that_has_them_whole(
    repository: Repository, tmp_path: Path
) -> None:
    first, vectors, last = await taken(repository, tmp_path, *IDS[1:], "one that came since")
    assert first.space.model == "compact"
    assert [one.image_id for one in vectors.vectors.images] == IDS[1:]
    assert last.image_count == 2


async def test_where_no_backup_has_them_whole_there_are_none(
    repository: Repository, tmp_path: Path
) -> None:
    (repository.backup(OLDER) / NAME).unlink()
    with pytest.raises(FileNotFoundError):
        await taken(repository, tmp_path, *IDS)
    put_back_vectors(tmp_path, Layout(tmp_path / "new"))
    assert not (tmp_path / "new").exists()
