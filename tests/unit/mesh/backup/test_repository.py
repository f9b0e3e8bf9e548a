"""A folder of backups: what is in it is whole, and bytes are there once."""

import hashlib
import io
from pathlib import Path

import pytest

from mesh.backup.errors import BackupDamaged
from mesh.backup.index import NAME, Entry, read_index, write_index
from mesh.backup.repository import Repository
from mesh.errors import MeshError

ID = "20260101T000000Z-abcdef"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.made(tmp_path / "repository")


def test_is_for_its_owner_alone(repository: Repository) -> None:
    assert repository.folder.stat().st_mode & 0o077 == 0


def test_is_not_made_among_other_files(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(MeshError, match="not empty"):
        Repository.made(tmp_path)


def test_is_not_found_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(MeshError, match="no backups"):
        Repository.opened(tmp_path)


def test_keeps_equal_bytes_once(repository: Repository) -> None:
    first = repository.keep(io.BytesIO(b"bytes"))
    assert first == (hashlib.sha256(b"bytes").hexdigest(), 5)
    made = repository.blob(first[0]).stat().st_ino
    assert repository.keep(io.BytesIO(b"bytes")) == first
    assert repository.blob(first[0]).stat().st_ino == made
    assert list(repository.incoming.iterdir()) == []


def test_bytes_of_another_length_are_not_taken_for_whole(repository: Repository) -> None:
    sha256, size = repository.keep(io.BytesIO(b"bytes"))
    repository.blob(sha256).write_bytes(b"byt")
    assert not repository.has(sha256, size)
    repository.keep(io.BytesIO(b"bytes"))
    assert repository.blob(sha256).read_bytes() == b"bytes"


def test_a_backup_is_there_when_it_is_committed(repository: Repository) -> None:
    repository.begin(ID)
    assert repository.ids() == []
    repository.commit(ID)
    assert repository.ids() == [ID]
    assert repository.chosen("") == ID
    with pytest.raises(MeshError, match="no backup other"):
        repository.chosen("other")


def test_what_a_killed_writer_left_is_gone_with_the_next(repository: Repository) -> None:
    (repository.begin(ID) / "database.dump").write_bytes(b"half")
    with repository.locked(for_writing=True):
        assert list(repository.incoming.iterdir()) == []


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True)])
def test_a_writer_is_alone(repository: Repository, *, first: bool, second: bool) -> None:
    with (
        repository.locked(for_writing=first),
        pytest.raises(MeshError, match="at work"),
        repository.locked(for_writing=second),
    ):
        pass


def test_readers_are_many(repository: Repository) -> None:
    with repository.locked(for_writing=False), repository.locked(for_writing=False):
        pass


def test_old_backups_go_with_what_only_they_have(repository: Repository) -> None:
    ids = [f"2026010{day}T000000Z-abcdef" for day in (1, 2, 3)]
    shas = {}
    for backup_id, contents in zip(ids, ([b"a", b"b"], [b"b", b"cc"], [b"b"]), strict=True):
        entries = []
        for content in contents:
            sha256, size = repository.keep(io.BytesIO(content))
            shas[content] = sha256
            entries.append(Entry(f"images/{sha256}", size, sha256, "", "image/png"))
        write_index(repository.begin(backup_id), entries)
        repository.commit(backup_id)

    assert repository.prune(2) == (ids[:1], 1)
    assert repository.ids() == ids[1:]
    assert [repository.blob(shas[one]).exists() for one in (b"a", b"b", b"cc")] == [0, 1, 1]

    (repository.backup(ids[2]) / NAME).write_text("damaged\n")
    with pytest.raises(BackupDamaged):
        repository.prune(1)
    assert repository.ids() == ids[1:]
    assert repository.blob(shas[b"cc"]).exists()


def test_an_index_is_read_as_it_was_written(tmp_path: Path) -> None:
    entries = [Entry(f"images/{n}", n, f"{n:064}", f"e{n}", "image/png") for n in range(3)]
    write_index(tmp_path, reversed(entries))
    assert list(read_index(tmp_path).values()) == entries
    (tmp_path / NAME).write_text("a line that is none\n")
    with pytest.raises(BackupDamaged, match="line 1"):
        read_index(tmp_path)
