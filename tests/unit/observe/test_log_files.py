import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesh.observe.database import reading
from mesh.observe.log_files import Follower, log_row
from mesh.observe.logs import LogFilter, find_logs
from tests.unit.observe.conftest import recorder

TRACE = "a" * 32


def test_a_line_of_json_keeps_its_ids_and_facts() -> None:
    line = json.dumps(
        {
            "time": "2026-01-02T03:04:05.678+00:00", "level": "WARNING", "service": "auth",
            "message": "slow", "trace_id": TRACE, "span_id": "b" * 16, "request_id": "r",
            "ms": 12,
        }
    )  # fmt: skip
    row = log_row(line, "auth", 1)
    assert row.time_ns == 1_767_323_045_678_000_000
    assert (row.level, row.message, row.trace_id, row.span_id) == (
        "WARNING",
        "slow",
        TRACE,
        "b" * 16,
    )
    assert (row.request_id, json.loads(row.rest)) == ("r", {"ms": 12})


@pytest.mark.parametrize(
    ("line", "level", "message"),
    [
        ("2026-01-02 LOG:  database system is ready", "INFO", None),
        ("2026-01-02 03:04:05 FATAL:  no", "CRITICAL", None),
        ("plain", "INFO", None),
        ("[1, 2]", "INFO", None),
        ('{"level": "odd", "trace_id": "../..", "message": 5, "time": "never"}', "INFO", "5"),
        ('{"method": "GET", "path": "/x", "status": 503}', "ERROR", "GET /x 503"),
    ],
)
def test_any_line_is_one(line: str, level: str, message: str | None) -> None:
    row = log_row(line, "postgres", 42)
    assert (row.level, row.message, row.time_ns) == (level, message or line, 42)
    assert row.trace_id == ""


class Logs:
    """A folder of logs, and what was read of them."""

    def __init__(self, folder: Path, database: Path) -> None:
        self.file = folder / "auth.log"
        self._folder = folder
        self._database = database

    def read(self) -> list[str]:
        """Reads what is new, in a process of its own; all lines so far, the oldest first."""
        with recorder(self._database) as running:
            Follower(self._folder, running).read()
        with reading(self._database, within_s=5) as connection:
            found = find_logs(connection, LogFilter(limit=1000))
        return [line["message"] for line in reversed(found)]


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    (tmp_path / "logs").mkdir()
    return iter([Logs(tmp_path / "logs", tmp_path / "file")])


@pytest.fixture
def followed(logs: Iterator[Logs]) -> Logs:
    return next(logs)


def test_lines_are_read_once_and_only_when_they_are_whole(followed: Logs) -> None:
    assert followed.read() == []
    followed.file.write_text("one\ntw")
    assert followed.read() == ["one"]
    with followed.file.open("a") as log:
        log.write("o\n")
    assert followed.read() == ["one", "two"]
    assert followed.read() == ["one", "two"]


def test_a_log_that_is_emptied_or_moved_aside_is_read_from_its_beginning(followed: Logs) -> None:
    followed.file.write_text("a long first line\n")
    followed.read()
    followed.file.write_text("new\n")
    assert followed.read() == ["a long first line", "new"]
    followed.file.rename(followed.file.with_name("auth.log.1"))
    followed.file.write_text("another\n")
    assert followed.read() == ["a long first line", "new", "another"]


def test_of_a_long_log_that_nobody_read_the_end_is_enough(followed: Logs) -> None:
    followed.file.write_text("".join(f"line {number}\n" for number in range(100_000)))
    found = followed.read()
    assert found[-1] == "line 99999"
    assert len(found) < 1001
