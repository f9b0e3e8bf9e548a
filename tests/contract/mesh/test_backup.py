"""Backups that are damaged, and restores that are interrupted, on real stores."""

import asyncio
import json
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from minio import Minio
from rich.console import Console

from mesh.backup.bucket import Bucket
from mesh.backup.create import create
from mesh.backup.database import removals_held
from mesh.backup.errors import BackupDamaged
from mesh.backup.index import read_index
from mesh.backup.progress import Steps
from mesh.backup.repository import Repository
from mesh.backup.restore import restore
from mesh.backup.staging import check_not_restoring, staging_of
from mesh.backup.verify import verify
from mesh.errors import MeshError
from mesh.layout import Layout
from tests.support import parts
from tests.support.databases import new_database
from tests.support.eventually import eventually

BACKUP = Path(__file__).parents[2] / "fixtures" / "backup_2026_11_28"
S3 = ("ARGUS_S3_URL", "ARGUS_S3_ACCESS_KEY", "ARGUS_S3_SECRET_KEY", "ARGUS_S3_BUCKET")
STEPS = Steps(Console(quiet=True))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A copy of a small backup."""
    return Repository.opened(shutil.copytree(BACKUP, tmp_path / "repository"))


@pytest.fixture
def elsewhere(s3: parts.S3, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty bucket that restores go into."""
    bucket = "interrupted"
    client = Minio(
        s3.url.removeprefix("http://"), s3.access_key, s3.secret_key, secure=False, region=s3.region
    )
    variables = {
        "ARGUS_S3_URL": s3.url,
        "ARGUS_S3_ACCESS_KEY": s3.access_key,
        "ARGUS_S3_SECRET_KEY": s3.secret_key,
        "ARGUS_S3_BUCKET": bucket,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    yield
    if not client.bucket_exists(bucket):
        return
    for one in client.list_objects(bucket, recursive=True):
        client.remove_object(bucket, str(one.object_name))
    client.remove_bucket(bucket)


def newest(repository: Repository) -> Path:
    return repository.backup(repository.chosen(""))


def a_blob(repository: Repository) -> Path:
    return sorted((repository.folder / "objects").glob("*/*"))[0]


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


async def problems_of(repository: Repository) -> str:
    _, problems = await verify(repository, repository.chosen(""), STEPS)
    return "\n".join(problems)


async def test_a_whole_backup_has_no_problem(repository: Repository) -> None:
    assert await problems_of(repository) == ""


@pytest.mark.parametrize("damage", [flip, truncate, Path.unlink])
async def test_damaged_bytes_are_named(
    repository: Repository, damage: Callable[[Path], None]
) -> None:
    damage(a_blob(repository))
    assert str(a_blob(repository).parent.parent) in await problems_of(repository)


@pytest.mark.parametrize(
    "name", ["database.dump", "objects.tsv", "settings/secrets/credentials.json"]
)
@pytest.mark.parametrize("damage", [flip, truncate, Path.unlink])
async def test_damaged_files_are_named(
    repository: Repository, name: str, damage: Callable[[Path], None]
) -> None:
    damage(newest(repository) / name)
    assert name in await problems_of(repository)


async def test_a_row_without_its_object_is_found_by_reading_the_rows(
    repository: Repository,
) -> None:
    """Also if list and manifest agree about what they leave out."""
    index = newest(repository) / "objects.tsv"
    lines = index.read_text().splitlines(keepends=True)
    left_out = next(line for line in lines if "\timages/" in line)
    index.write_text("".join(line for line in lines if line != left_out))
    key = left_out.rstrip("\n").split("\t")[-1]
    assert f"{key} is named by a row and not there." in await problems_of(repository)


async def test_a_file_that_does_not_belong_to_it_is_found(repository: Repository) -> None:
    (newest(repository) / "more").write_text("")
    assert "more does not belong" in await problems_of(repository)


@pytest.mark.usefixtures("elsewhere")
async def test_a_restore_that_fails_leaves_nothing_that_looks_whole_and_goes_on(
    repository: Repository, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout(tmp_path / "data")
    chosen = repository.chosen("")
    blob = a_blob(repository)
    whole = blob.read_bytes()
    async with new_database(postgres_url) as database:
        monkeypatch.setenv("ARGUS_POSTGRES_URL", database)
        flip(blob)
        with pytest.raises(BackupDamaged, match=blob.name):
            await restore(repository, chosen, layout, STEPS)
        assert not layout.data_dir.exists()
        with pytest.raises(MeshError, match="has not ended"):
            check_not_restoring(layout)

        blob.write_bytes(whole)
        manifest = await restore(repository, chosen, layout, STEPS)
        assert manifest.backup_id == chosen
        assert (layout.secrets / "credentials.json").stat().st_mode & 0o077 == 0
        assert not staging_of(layout).data_dir.exists()
        check_not_restoring(layout)

        with pytest.raises(MeshError, match="not empty"):
            await restore(repository, chosen, layout, STEPS)


@pytest.mark.usefixtures("elsewhere")
async def test_what_was_restored_is_backed_up_the_same(
    repository: Repository, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout, chosen = Layout(tmp_path / "data"), repository.chosen("")
    again = Repository.made(tmp_path / "again")
    async with new_database(postgres_url) as database:
        monkeypatch.setenv("ARGUS_POSTGRES_URL", database)
        before = await restore(repository, chosen, layout, STEPS)
        after = await create(layout, again, STEPS)
        second = await create(layout, again, STEPS)
    assert (after.tables, after.migrations) == (before.tables, before.migrations)
    assert after.object_bytes == after.copied_bytes == before.object_bytes
    assert (second.object_bytes, second.copied_bytes) == (before.object_bytes, 0)
    for backup_id in again.ids():
        _, problems = await verify(again, backup_id, STEPS)
        assert problems == []
    assert sorted(read_index(newest(again))) == sorted(read_index(newest(repository)))
    assert newest(again).stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("elsewhere")
async def test_objects_that_the_mesh_lost_or_has_damaged_are_named_and_the_rest_is_kept(
    repository: Repository, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout, chosen = Layout(tmp_path / "data"), repository.chosen("")
    keys = [key for key in read_index(newest(repository)) if key.startswith("images/")]
    async with new_database(postgres_url) as database:
        monkeypatch.setenv("ARGUS_POSTGRES_URL", database)
        await restore(repository, chosen, layout, STEPS)
        bucket = Bucket({name: os.environ[name] for name in S3} | {"ARGUS_S3_REGION": "us-east-1"})
        bucket.put(keys[0], b"damaged", 7, "image/jpeg")
        again = Repository.made(tmp_path / "again")
        manifest = await create(layout, again, STEPS)
        assert manifest.missing == [keys[0]]
        _, problems = await verify(again, manifest.backup_id, STEPS)
        assert problems == [f"{keys[0]} was missing or damaged in the mesh."]
        # A repository that has the right bytes supplies them.
        healed = await create(layout, Repository.made(repository.folder), STEPS)
        assert healed.missing == []


@pytest.mark.usefixtures("elsewhere")
async def test_a_database_without_a_mesh_is_no_backup(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = Repository.made(tmp_path / "again")
    with pytest.raises(MeshError, match="no mesh in"):
        await create(Layout(tmp_path / "nothing"), again, STEPS)
    assert not (tmp_path / "nothing").exists()
    async with new_database(postgres_url) as database:
        monkeypatch.setenv("ARGUS_POSTGRES_URL", database)
        with pytest.raises(MeshError, match="no tables of Argus"):
            await create(Layout(tmp_path / "empty"), again, STEPS)
    assert again.ids() == []


@pytest.mark.usefixtures("elsewhere")
async def test_a_backup_that_is_interrupted_leaves_nothing(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with new_database(postgres_url) as database, removals_held(database):
        monkeypatch.setenv("ARGUS_POSTGRES_URL", database)
        # It waits for the one that is made.
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "mesh", "backup", "create", str(tmp_path / "backups"),
            "--data-dir", str(tmp_path / "data"),
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        connection = await asyncpg.connect(database)

        async def waits() -> bool:
            found = await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND query LIKE '%pg_advisory_lock%' AND pid <> pg_backend_pid()"
            )
            # The other is the one that holds it.
            return bool(found == 2)

        await eventually(waits, "the backup waits", within_s=60)
        process.send_signal(signal.SIGINT)
        _, said = await process.communicate()
        await connection.close()
    assert process.returncode == 130, said
    assert b"Interrupted. No backup was taken." in said
    assert b"Traceback" not in said
    repository = Repository.opened(tmp_path / "backups")
    assert (repository.ids(), list(repository.incoming.iterdir())) == ([], [])


@pytest.mark.usefixtures("elsewhere")
async def test_a_disk_that_takes_no_more_is_an_error_and_former_backups_stay(
    repository: Repository, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit on the size of files stands for the disk: the dump's fails in the middle."""
    layout, chosen = Layout(tmp_path / "data"), repository.chosen("")
    async with new_database(postgres_url) as database:
        monkeypatch.setenv("ARGUS_POSTGRES_URL", database)
        await restore(repository, chosen, layout, STEPS)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "mesh", "backup", "create", str(repository.folder),
            "--data-dir", str(layout.data_dir),
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000)),
        )  # fmt: skip
        _, said = await process.communicate()
    assert process.returncode == 1, said
    assert b"Traceback" not in said
    assert b"pg_dump failed" in said
    assert repository.ids() == [chosen]
    assert await problems_of(repository) == ""


async def test_a_folder_that_is_made_of_another_backup_is_left_alone(
    repository: Repository, tmp_path: Path
) -> None:
    layout = Layout(tmp_path / "data")
    staging = staging_of(layout).data_dir
    staging.mkdir()
    (staging / "restoring.json").write_text(json.dumps({"backup_id": "other", "digest": "0"}))
    with pytest.raises(MeshError, match="what is left of a restore of other"):
        await restore(repository, repository.chosen(""), layout, STEPS)
    assert (staging / "restoring.json").exists()


async def test_a_restore_that_does_not_fit_is_refused_before_it_begins(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout(tmp_path / "data")
    usage = shutil.disk_usage(tmp_path)._replace(free=2**20)
    monkeypatch.setattr("mesh.backup.restore.shutil.disk_usage", lambda _: usage)
    with pytest.raises(MeshError, match="MiB free; the restore needs"):
        await restore(repository, repository.chosen(""), layout, STEPS)
    assert not staging_of(layout).data_dir.exists()
