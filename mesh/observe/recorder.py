"""Writes rows into the file, in one thread, behind a queue that is never waited for."""

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from mesh.observe.database import open_database
from mesh.observe.model import LogRow, PointRow, Position, Row, SpanRow
from mesh.observe.retention import Limits, prune

_WAITING = 500
_PRUNE_EVERY_S = 30.0
_log = logging.getLogger(__name__)

_SPAN = "INSERT INTO spans VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_LINK = "INSERT OR IGNORE INTO links VALUES (?, ?, ?, ?)"
# The root is the span without a parent; as long as there is none, the one that began first.
_TRACE = """
INSERT INTO traces VALUES
    (:trace_id, :start, :end, 1, :failed, :start, :rooted, :service, :name, :request_id)
ON CONFLICT (trace_id) DO UPDATE SET
    service = CASE WHEN {better} THEN excluded.service ELSE service END,
    name = CASE WHEN {better} THEN excluded.name ELSE name END,
    root_start_ns = CASE WHEN {better} THEN excluded.start_ns ELSE root_start_ns END,
    rooted = max(rooted, excluded.rooted),
    start_ns = min(start_ns, excluded.start_ns), end_ns = max(end_ns, excluded.end_ns),
    spans = spans + 1, failures = failures + excluded.failures,
    request_id = CASE WHEN request_id = '' THEN excluded.request_id ELSE request_id END
""".format(
    better="(excluded.rooted > rooted OR"
    " (excluded.rooted = rooted AND excluded.root_start_ns < root_start_ns))"
)
_LOG = "INSERT INTO logs VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)"
_SERIES = """
INSERT INTO series VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (name, service, instance, attributes)
    DO UPDATE SET last_ns = max(last_ns, excluded.last_ns), bounds = excluded.bounds
RETURNING number
"""
_POINT = "INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?)"
_POSITION = "INSERT OR REPLACE INTO positions VALUES (?, ?, ?)"


class Recorder:
    """Takes rows. A context: what was taken is written when it ends.

    What the disk does not take is lost, and counted; nobody who tells something waits for it.

    Args:
        path: The file.
        limits: How much of it there may be.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.lost = 0
        self._limits = limits
        self._waiting: queue.Queue[Sequence[Row] | None] = queue.Queue(_WAITING)
        self._last: dict[int, tuple[float, str]] = {}
        self._connection = open_database(path)
        self._writing = threading.Thread(target=self._write_all, name="recorder", daemon=True)
        self._trouble = ""

    def __enter__(self) -> Self:
        self._writing.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._waiting.put(None)
        self._writing.join()
        self._connection.close()

    def take(self, rows: Sequence[Row]) -> bool:
        """Takes rows that belong together; false if too much waits already, and they are lost."""
        if not rows:
            return True
        try:
            self._waiting.put_nowait(rows)
        except queue.Full:
            self.lost += len(rows)
            return False
        return True

    def positions(self) -> dict[str, Position]:
        """How far each log file was read before this process began."""
        rows = self._connection.execute("SELECT file, inode, read FROM positions")
        return {file: Position(file, inode, read) for file, inode, read in rows}

    def _write_all(self) -> None:
        pruned = 0.0
        while True:
            try:
                rows = self._waiting.get(timeout=_PRUNE_EVERY_S)
            except queue.Empty:
                rows = ()
            if rows is None:
                return
            if rows:
                self._try(lambda taken=rows: self._write(taken), len(rows))  # type: ignore[misc] # a default of its own
            if time.monotonic() - pruned > _PRUNE_EVERY_S:
                pruned = time.monotonic()
                self._try(lambda: prune(self._connection, self._limits, time.time_ns()), 0)

    def _try(self, work: Callable[[], object], rows: int) -> None:
        try:
            work()
        except sqlite3.Error as error:
            self.lost += rows
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            # What was not written must not count as known.
            self._last.clear()
            if str(error) != self._trouble:
                _log.error("%s cannot be written: %s", self.path, error)
            self._trouble = str(error)
        else:
            self._trouble = ""

    def _write(self, rows: Sequence[Row]) -> None:
        self._connection.execute("BEGIN")
        for row in rows:
            if isinstance(row, SpanRow):
                self._write_span(row)
            elif isinstance(row, LogRow):
                self._connection.execute(
                    _LOG,
                    (
                        row.time_ns, row.level, row.service, row.message, row.trace_id,
                        row.span_id, row.request_id, row.rest,
                    ),
                )  # fmt: skip
            elif isinstance(row, PointRow):
                self._write_point(row)
            else:
                self._connection.execute(_POSITION, (row.file, row.inode, row.offset))
        self._connection.execute("COMMIT")

    def _write_span(self, row: SpanRow) -> None:
        self._connection.execute(
            _SPAN,
            (
                row.trace_id, row.span_id, row.parent_id, row.service, row.instance, row.name,
                row.kind, row.start_ns, row.end_ns, row.failed, row.message, row.attributes,
                row.events, row.request_id,
            ),
        )  # fmt: skip
        self._connection.execute(
            _TRACE,
            {
                "trace_id": row.trace_id, "start": row.start_ns, "end": row.end_ns,
                "failed": row.failed, "rooted": not row.parent_id, "service": row.service,
                "name": row.name, "request_id": row.request_id,
            },
        )  # fmt: skip
        self._connection.executemany(
            _LINK, [(row.trace_id, row.span_id, trace, span) for trace, span in row.links]
        )

    def _write_point(self, row: PointRow) -> None:
        (number,) = self._connection.execute(
            _SERIES,
            (
                row.service, row.instance, row.name, row.attributes, row.kind, row.monotonic,
                row.unit, row.bounds, row.time_ns, row.time_ns,
            ),
        ).fetchone()  # fmt: skip
        # A value that stays is told once; that it stays, the series tells.
        if self._last.get(number) != (row.value, row.buckets):
            self._connection.execute(_POINT, (number, row.time_ns, row.value, row.buckets))
            self._last[number] = (row.value, row.buckets)
