"""The file in which everything is kept: SQLite, made anew if it is another version or damaged.

Nothing in it is needed: it is a day of what the parts told.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

VERSION = 1

_SCHEMA = """
CREATE TABLE spans (
    number INTEGER PRIMARY KEY, trace_id TEXT NOT NULL, span_id TEXT NOT NULL,
    parent_id TEXT NOT NULL, service TEXT NOT NULL, instance TEXT NOT NULL, name TEXT NOT NULL,
    kind TEXT NOT NULL, start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,
    failed INTEGER NOT NULL, message TEXT NOT NULL, attributes TEXT NOT NULL, events TEXT NOT NULL,
    request_id TEXT NOT NULL);
CREATE INDEX spans_by_trace ON spans (trace_id);
CREATE INDEX spans_by_end ON spans (end_ns);
CREATE TABLE traces (
    trace_id TEXT PRIMARY KEY, start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,
    spans INTEGER NOT NULL, failures INTEGER NOT NULL, root_start_ns INTEGER NOT NULL,
    rooted INTEGER NOT NULL, service TEXT NOT NULL, name TEXT NOT NULL,
    request_id TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX traces_by_start ON traces (start_ns);
CREATE TABLE links (
    trace_id TEXT NOT NULL, span_id TEXT NOT NULL, linked_trace_id TEXT NOT NULL,
    linked_span_id TEXT NOT NULL,
    PRIMARY KEY (trace_id, span_id, linked_trace_id, linked_span_id)) WITHOUT ROWID;
CREATE INDEX links_by_linked ON links (linked_trace_id);
CREATE TABLE series (
    number INTEGER PRIMARY KEY, service TEXT NOT NULL, instance TEXT NOT NULL, name TEXT NOT NULL,
    attributes TEXT NOT NULL, kind TEXT NOT NULL, monotonic INTEGER NOT NULL, unit TEXT NOT NULL,
    bounds TEXT NOT NULL, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,
    UNIQUE (name, service, instance, attributes));
CREATE TABLE points (
    series INTEGER NOT NULL, time_ns INTEGER NOT NULL, value REAL NOT NULL, buckets TEXT NOT NULL,
    PRIMARY KEY (series, time_ns)) WITHOUT ROWID;
CREATE TABLE logs (
    number INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, level TEXT NOT NULL,
    service TEXT NOT NULL, message TEXT NOT NULL, trace_id TEXT NOT NULL, span_id TEXT NOT NULL,
    request_id TEXT NOT NULL, rest TEXT NOT NULL);
CREATE INDEX logs_by_time ON logs (time_ns);
CREATE INDEX logs_by_trace ON logs (trace_id) WHERE trace_id <> '';
CREATE TABLE positions (file TEXT PRIMARY KEY, inode INTEGER NOT NULL, read INTEGER NOT NULL)
    WITHOUT ROWID;
"""

# SQLite calls back that often, in steps of its machine.
_STEPS = 20_000


def open_database(path: Path) -> sqlite3.Connection:
    """Opens the file for writing, and makes it if there is none that can be used.

    Raises:
        sqlite3.Error, OSError: It cannot be made either.
    """
    try:
        connection = _open(path)
        try:
            if _version(connection) == VERSION:
                return connection
        except BaseException:
            connection.close()
            raise
        connection.close()
    except sqlite3.DatabaseError:
        pass
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    connection = _open(path)
    connection.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version = {VERSION};COMMIT;")
    return connection


@contextmanager
def reading(path: Path, *, within_s: float) -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing, whose statements end when the time is over.

    Raises:
        sqlite3.OperationalError: It took longer, or there is no such file.
    """
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        deadline = time.monotonic() + within_s
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        connection.row_factory = sqlite3.Row
        yield connection


def used_bytes(connection: sqlite3.Connection) -> int:
    """What is in use of the file."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _open(path: Path) -> sqlite3.Connection:
    # One thread writes, and another may have opened it.
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    # Before the first table; later it changes nothing.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA journal_size_limit = 4194304")
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
