"""A mesh that is archived, and what it was at moments in between."""

import hashlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from mesh.archive.moment import backup_at, windows
from mesh.archive.record import archive_record
from mesh.archive.verify import verify_windows
from mesh.backup.index import read_index
from mesh.backup.manifest import read_manifest
from mesh.backup.progress import Steps
from mesh.backup.repository import Repository
from mesh.backup.verify import verify
from mesh.errors import MeshError
from mesh.layout import Layout
from tests.mesh.test_backup import fetched, listed
from tests.mesh.test_inspection import surface
from tests.support.eventually import eventually
from tests.support.mesh import Mesh, argus, mesh_folder
from tests.support.person import Person

STEPS = Steps(Console(quiet=True))


@dataclass
class Archived:
    """A mesh that ran and was archived, and what Ada had at a moment."""

    repository: Repository
    ada: Person
    moment: datetime
    """When she had what is in `then`."""

    then: dict[str, bytes]
    removed: str
    """An image that she removed for good afterwards."""

    added: str
    """An image that she added afterwards."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("archive") / "repository"


@pytest.fixture(scope="module")
async def archived(folder: Path) -> AsyncIterator[Archived]:
    with mesh_folder() as mesh:
        mesh.up(ARGUS_ARCHIVE=str(folder))
        async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as http:
            ada = await Person.register(mesh, http)
            await archived_after(mesh, datetime.now(UTC))
            contents = [surface("gravel", seed) for seed in range(3)]
            # After the backup that the stream begins with.
            then = {
                (await ada.add(content, "then.png"))["imageId"]: content for content in contents
            }
            removed = next(iter(then))
            await archived_after(mesh, moment := datetime.now(UTC))
            gone = await ada.call(
                "DELETE", f"/api/images/{removed}", params={"permanently": "true"}
            )
            assert gone.status_code == 200, gone.text
            added = (await ada.add(surface("grass", 9), "later.png"))["imageId"]
            await archived_after(mesh, datetime.now(UTC))
            yield Archived(Repository.opened(folder), ada, moment, then, removed, added)


async def archived_after(mesh: Mesh, moment: datetime) -> None:
    """Waits until a later moment is archived."""

    async def reached() -> bool:
        record = archive_record(mesh.layout)
        return record is not None and record.reached is not None and record.reached > moment

    await eventually(reached, "the archive catches up", within_s=90)


async def test_the_window_is_told_and_verified(archived: Archived) -> None:
    folder = str(archived.repository.folder)
    told = argus("backup", "list", folder)
    assert told.returncode == 0, told.stderr
    assert "Any moment from" in told.stdout
    verified = argus("backup", "verify", folder)
    assert verified.returncode == 0, verified.stderr
    status = argus("status", "--data-dir", str(archived.ada.mesh.data_dir))
    assert f"Archived in {folder}" in status.stdout
    assert status.returncode == 0, status.stdout


async def test_a_disk_that_goes_away_is_told_and_the_mesh_serves_on(archived: Archived) -> None:
    ada, folder = archived.ada, archived.repository.folder
    away = folder.with_name("away")
    folder.rename(away)
    try:

        async def told() -> bool:
            part = ada.mesh.state().part("archive")
            return part.status == "unhealthy" and "Is the disk mounted?" in part.detail

        await eventually(told, "the missing disk is told", within_s=60)
        assert not folder.exists()
        assert await listed(ada)
    finally:
        away.rename(folder)

    async def well() -> bool:
        return ada.mesh.state().part("archive").status == "ready"

    await eventually(well, "the archive goes on", within_s=60)


@pytest.fixture(scope="module")
def stopped(archived: Archived) -> Archived:
    """The same, once nobody archives any more."""
    archived.ada.mesh.down()
    return archived


async def test_a_moment_is_restored_with_the_bytes_of_what_was_removed_since(
    stopped: Archived,
) -> None:
    with mesh_folder() as mesh:
        done = argus(
            "backup", "restore", str(stopped.repository.folder), "--at",
            stopped.moment.isoformat(), "--data-dir", str(mesh.data_dir),
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        mesh.up()
        async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as http:
            signed_in = {
                "user": {"userId": stopped.ada.user_id, "email": stopped.ada.email},
                "accessToken": "",
                "refreshToken": "",
            }
            ada = Person(mesh, http, signed_in)
            await ada.sign_in()
            images = {one["imageId"]: one for one in await listed(ada)}
            assert set(images) == set(stopped.then)
            for image_id, content in stopped.then.items():
                assert await fetched(images[image_id]["contentUrl"]) == content
                await fetched(images[image_id]["thumbnailUrl"])


@pytest.fixture
def copy(stopped: Archived, tmp_path: Path) -> Repository:
    """A copy of the folder to spoil, in which no moment was made a backup yet."""
    made = Repository.opened(shutil.copytree(stopped.repository.folder, tmp_path / "copy"))
    with made.locked(for_writing=True):
        made.remove([backup_id for backup_id in made.ids() if made.base(backup_id) is None])
    return made


def left_of(folder: Path) -> list[Path]:
    """What is left beside a folder that is not made yet."""
    return list(folder.glob("data*"))


async def test_what_came_after_the_last_moment_is_in_the_archive_when_a_mesh_stops(
    stopped: Archived, copy: Repository, tmp_path: Path
) -> None:
    [window] = windows(copy)
    backup_id = await backup_at(copy, window.last, Layout(tmp_path / "data"), STEPS)
    manifest, problems = await verify(copy, backup_id, STEPS)
    assert problems == []
    assert manifest.taken == window.last
    keys = set(read_index(copy.backup(backup_id)))
    owner = stopped.ada.user_id
    assert f"images/{owner}/{stopped.added}" in keys
    assert f"images/{owner}/{stopped.removed}" not in keys
    # Asked for again, it is there.
    assert await backup_at(copy, window.last, Layout(tmp_path / "data"), STEPS) == backup_id
    assert left_of(tmp_path) == []


async def test_a_moment_outside_is_refused_with_those_that_there_are(
    copy: Repository, tmp_path: Path
) -> None:
    before = datetime(2020, 1, 1, tzinfo=UTC)
    with pytest.raises(MeshError, match="2020-01-01T00:00:00Z cannot be restored") as refused:
        await backup_at(copy, before, Layout(tmp_path / "data"), STEPS)
    assert "Any moment can from" in refused.value.advice


async def test_missing_bytes_are_named_before_anything_is_restored(
    stopped: Archived, copy: Repository, tmp_path: Path
) -> None:
    digest = hashlib.sha256(stopped.then[stopped.removed]).hexdigest()
    copy.blob(digest).unlink()
    data = tmp_path / "data"
    with pytest.raises(MeshError, match=f"images/.*/{stopped.removed}"):
        await backup_at(copy, stopped.moment, Layout(data), STEPS)
    assert left_of(tmp_path) == []
    backup_id = await backup_at(copy, stopped.moment, Layout(data), STEPS, without_missing=True)
    missing = read_manifest(copy.backup(backup_id)).missing
    assert [key.rpartition("/")[2] for key in missing] == [stopped.removed]
    assert any(f"{digest}" in one for one in await verify_windows(copy, STEPS))


async def test_a_gap_in_the_log_is_found(copy: Repository, tmp_path: Path) -> None:
    [window] = windows(copy)
    log = sorted(window.stream.wal.iterdir())[-1]
    whole = log.read_bytes()
    log.unlink()
    [problem] = await verify_windows(copy, STEPS)
    assert "has a gap" in problem
    with pytest.raises(MeshError, match="has a gap"):
        await backup_at(copy, window.last, Layout(tmp_path / "data"), STEPS)
    # A damaged record, in what recovery reads.
    spoiled = bytearray(whole)
    begins = window.bases[next(iter(window.bases))].start % len(whole)
    spoiled[begins + 40 : begins + 200] = bytes(160)
    log.write_bytes(spoiled)
    [problem] = await verify_windows(copy, STEPS)
    assert "is damaged" in problem


async def test_pruning_keeps_what_the_newest_base_needs(
    stopped: Archived, copy: Repository, tmp_path: Path
) -> None:
    later = await backup_at(copy, stopped.moment, Layout(tmp_path / "data"), STEPS)
    with copy.locked(for_writing=True):
        gone, _ = copy.prune(1)
    assert gone == []
    assert later in copy.ids()
    with copy.locked(for_writing=True):
        copy.remove([later])
    assert await verify_windows(copy, STEPS) == []
    assert len(windows(copy)) == 1
