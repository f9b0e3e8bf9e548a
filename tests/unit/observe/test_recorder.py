import sqlite3
import threading
from pathlib import Path

import pytest

from mesh.observe.database import open_database, reading, used_bytes
from mesh.observe.model import LogRow, Position
from mesh.observe.recorder import Recorder
from mesh.observe.retention import Limits, prune
from tests.unit.observe.conftest import NOW_NS, Keep, a_span, recorder

DAY_S = 86_400.0


def count(path: Path, table: str) -> int:
    with reading(path, within_s=5) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608


def test_what_comes_too_fast_is_lost_and_counted_and_nobody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = threading.Event()
    monkeypatch.setattr(Recorder, "_write", lambda *_: stuck.wait())
    with recorder(tmp_path / "file") as running:
        taken = [running.take([a_span(1), a_span(2)]) for _ in range(600)]
        refused = taken.count(False)
        assert refused >= 99
        assert running.lost == 2 * refused
        stuck.set()


def test_what_the_disk_does_not_take_is_counted(tmp_path: Path) -> None:
    with recorder(tmp_path / "file") as running:
        running._connection.execute("PRAGMA query_only = ON")
        assert running.take([a_span(1)])
    assert running.lost == 1
    with recorder(tmp_path / "file") as running:
        assert running.take([a_span(1)])
    assert count(tmp_path / "file", "traces") == 1


def test_a_damaged_file_or_one_of_another_version_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"this is no database" * 1000)
    with recorder(path) as running:
        assert running.take([a_span(1)])
    assert count(path, "spans") == 1
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with recorder(path):
        pass
    assert count(path, "spans") == 0


def test_what_is_too_old_goes(keep: Keep) -> None:
    old = a_span(7200, links=(("c" * 32, "d" * 16),))
    path = keep(
        [old, a_span(10), LogRow(old.end_ns, "INFO", "auth", "old"),
         LogRow(NOW_NS, "INFO", "auth", "new")]
    )  # fmt: skip
    connection = open_database(path)
    prune(connection, Limits(2**26, 3600), NOW_NS)
    left = [
        connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
        for table in ("spans", "traces", "links", "logs")
    ]
    connection.close()
    assert left == [1, 1, 0, 1]


def test_the_oldest_makes_room_and_the_file_shrinks(keep: Keep) -> None:
    path = keep([a_span(n, attributes=f'{{"long": "{"x" * 4000}"}}') for n in range(3000, 0, -1)])
    connection = open_database(path)
    before = used_bytes(connection)
    limit = before // 2
    prune(connection, Limits(limit, DAY_S), NOW_NS)
    assert 0 < used_bytes(connection) < limit
    oldest, traces = connection.execute("SELECT max(start_ns), count(*) FROM traces").fetchone()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert oldest == a_span(1).start_ns
    assert 0 < traces < 3000
    assert path.stat().st_size <= limit


def test_how_far_logs_were_read_is_remembered(keep: Keep) -> None:
    path = keep([Position("auth.log", 7, 100), Position("auth.log", 7, 200)])
    with recorder(path) as running:
        assert running.positions() == {"auth.log": Position("auth.log", 7, 200)}
