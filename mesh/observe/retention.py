"""How much is kept: so many bytes, and nothing older than so long."""

import sqlite3
from dataclasses import dataclass

from mesh.observe.database import used_bytes

_ROUNDS = 20


@dataclass(frozen=True)
class Limits:
    """What may be kept."""

    max_bytes: int
    """Of the file; the log of what is being written comes on top, a few MiB."""

    max_age_s: float


def prune(connection: sqlite3.Connection, limits: Limits, now_ns: int) -> None:
    """Removes what is too old, and then the oldest of each kind until the rest has room."""
    # Beyond that SQLite itself refuses to write.
    (page_size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.execute(f"PRAGMA max_page_count = {max(64, limits.max_bytes // page_size)}")
    oldest = now_ns - int(limits.max_age_s * 1e9)
    connection.execute("BEGIN")
    removed = connection.execute("DELETE FROM spans WHERE end_ns < ?", (oldest,)).rowcount
    connection.execute("DELETE FROM logs WHERE time_ns < ?", (oldest,))
    _remove_points(connection, oldest)
    if removed:
        _remove_orphans(connection)
    connection.execute("COMMIT")
    # Room for what comes until the next time.
    for _ in range(_ROUNDS):
        if used_bytes(connection) < limits.max_bytes * 0.8:
            break
        connection.execute("BEGIN")
        _remove_tenth(connection)
        _remove_orphans(connection)
        connection.execute("COMMIT")
    # `execute` would give back one page, of however many are free.
    connection.executescript("PRAGMA incremental_vacuum")


def _remove_points(connection: sqlite3.Connection, oldest_ns: int) -> None:
    """Removes old points, but the last of each series: its value stays until it changes."""
    connection.execute(
        "DELETE FROM points WHERE series IN (SELECT number FROM series WHERE last_ns < ?)",
        (oldest_ns,),
    )
    connection.execute("DELETE FROM series WHERE last_ns < ?", (oldest_ns,))
    series = connection.execute("SELECT number FROM series WHERE first_ns < ?", (oldest_ns,))
    connection.executemany(
        "DELETE FROM points WHERE series = ?1 AND time_ns < ?2 AND time_ns <"
        " (SELECT max(time_ns) FROM points WHERE series = ?1)",
        [(number, oldest_ns) for (number,) in series.fetchall()],
    )


def _remove_tenth(connection: sqlite3.Connection) -> None:
    for table in ("spans", "logs"):
        connection.execute(
            f"DELETE FROM {table} WHERE number <= (SELECT min(number) +"  # noqa: S608 - names above
            f" (max(number) - min(number)) / 10 FROM {table})"
        )
    (first, last) = connection.execute("SELECT min(time_ns), max(time_ns) FROM points").fetchone()
    if first is not None:
        _remove_points(connection, first + (last - first) // 10 + 1)


def _remove_orphans(connection: sqlite3.Connection) -> None:
    for table in ("traces", "links"):
        connection.execute(
            f"DELETE FROM {table} WHERE NOT EXISTS"  # noqa: S608 - names above
            f" (SELECT 1 FROM spans WHERE spans.trace_id = {table}.trace_id)"
        )
