"""Which backups of an archive are too old to be of use."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mesh.archive.archiver import outlived
from mesh.archive.base import Base
from mesh.archive.stream import Reached, Stream
from mesh.backup.repository import Repository

NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.made(tmp_path / "repository")


def add(repository: Repository, day: int, stream: Stream | None) -> str:
    """A backup of that many days ago, with a base of the stream if there is one."""
    moment = NOW - timedelta(days=day)
    backup_id = f"{moment:%Y%m%dT%H%M%SZ}-000000"
    repository.backup(backup_id).mkdir()
    if stream is not None:
        base = Base(
            stream_id=stream.stream_id,
            timeline=1,
            start_lsn="0/2000028",
            end_lsn="0/2000120",
            moment=moment,
            postgres_version="18.0",
        )
        (repository.backup(backup_id) / "base.json").write_text(base.model_dump_json())
        stream.reach(Reached(moment=moment + timedelta(hours=23), lsn="0/3000000"))
    return backup_id


def begun(repository: Repository) -> Stream:
    return Stream.begun(repository.streams, Path("/data"), "1")


def test_the_newest_base_before_the_window_stays_and_others_backups_do(
    repository: Repository,
) -> None:
    stream = begun(repository)
    days = {day: add(repository, day, stream) for day in (9, 8, 7, 6, 1)}
    by_hand = add(repository, 12, None)
    gone = outlived(repository, NOW - timedelta(days=7))
    assert gone == [days[9], days[8]]
    assert by_hand not in gone


def test_a_stream_that_ended_goes_when_its_end_is_too_old(repository: Repository) -> None:
    ended = begun(repository)
    old = [add(repository, day, ended) for day in (6, 5)]
    going_on = begun(repository)
    add(repository, 2, going_on)
    assert outlived(repository, NOW - timedelta(days=7)) == []
    # It reached four days and an hour ago.
    assert outlived(repository, NOW - timedelta(days=4, hours=2)) == [old[0]]
    assert outlived(repository, NOW - timedelta(days=3)) == old


def test_the_last_base_is_never_too_old(repository: Repository) -> None:
    add(repository, 30, begun(repository))
    assert outlived(repository, NOW) == []
