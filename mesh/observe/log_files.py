"""Follows the files that parts log to: a line of JSON as the services write it, or any text."""

import json
import logging
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mesh.observe.model import LogRow, Position, Row
from mesh.observe.otlp import MAX_TEXT
from mesh.observe.recorder import Recorder

_POLL_S = 1.0
_AT_ONCE_BYTES = 2**20
_FIRST_BYTES = 2**18
"""Of a file that nobody has read yet, its end is enough."""

_LEVELS = {
    "DEBUG": "DEBUG", "TRACE": "DEBUG", "INFO": "INFO", "NOTICE": "INFO", "LOG": "INFO",
    "WARNING": "WARNING", "WARN": "WARNING", "ERROR": "ERROR", "CRITICAL": "CRITICAL",
    "FATAL": "CRITICAL", "PANIC": "CRITICAL",
}  # fmt: skip
_LEVEL = re.compile(rf"\b({'|'.join(_LEVELS)})\b", re.IGNORECASE)
_TRACE_ID = re.compile(r"[0-9a-f]{32}")
_SERVER_ERROR = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_log = logging.getLogger(__name__)


@contextmanager
def following(folder: Path, recorder: Recorder, poll_s: float = _POLL_S) -> Iterator[None]:
    """Follows all `*.log` of a folder until the context ends, those too that come later."""
    follower = Follower(folder, recorder)
    ended = threading.Event()

    def follow() -> None:
        while not ended.wait(poll_s):
            try:
                follower.read()
            except OSError:
                _log.exception("the logs cannot be read")

    thread = threading.Thread(target=follow, name="logs", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class Follower:
    """Reads what is new in log files, and remembers how far it came.

    Args:
        folder: Where they are.
        recorder: Where lines go, with the place up to which they were read.
    """

    def __init__(self, folder: Path, recorder: Recorder) -> None:
        self._folder = folder
        self._recorder = recorder
        self._positions = recorder.positions()

    def read(self) -> None:
        """Reads every file on."""
        for file in sorted(self._folder.glob("*.log")):
            try:
                while self._read_on(file):
                    pass
            except FileNotFoundError:
                continue

    def _read_on(self, file: Path) -> bool:
        """Reads a part of a file; whether there may be more at once."""
        with file.open("rb") as opened:
            status = file.stat()
            place = self._positions.get(file.name)
            # Moved aside, or emptied, it begins anew.
            offset = 0
            if place is None:
                offset = max(0, status.st_size - _FIRST_BYTES)
            elif place.inode == status.st_ino and place.offset <= status.st_size:
                offset = place.offset
            if place is not None and offset == place.offset == status.st_size:
                return False
            opened.seek(offset)
            chunk = opened.read(_AT_ONCE_BYTES)
        whole = chunk.rfind(b"\n") + 1
        if not whole and len(chunk) == _AT_ONCE_BYTES:
            whole = len(chunk)  # no line of ours
        position = Position(file.name, status.st_ino, offset + whole)
        if place == position:
            return False
        rows: list[Row] = [
            log_row(line, file.stem, time.time_ns())
            for line in chunk[:whole].decode(errors="replace").splitlines()
            if line.strip()
        ]
        if not self._recorder.take([*rows, position]):
            return False
        self._positions[file.name] = position
        return whole == _AT_ONCE_BYTES


def log_row(line: str, part: str, now_ns: int) -> LogRow:
    """A line of a part's log.

    Args:
        line: Without its end.
        part: Whose.
        now_ns: When it was read, for lines that tell no time.
    """
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    if not isinstance(entry, dict):
        found = _LEVEL.search(line[:200])
        level = _LEVELS[found[1].upper()] if found else "INFO"
        return LogRow(now_ns, level, part, line[:MAX_TEXT])
    entry.pop("service", None)
    trace_id = str(entry.pop("trace_id", "") or "")
    level = str(entry.pop("level", "") or "").upper()
    return LogRow(
        time_ns=_time(entry.pop("time", None), now_ns),
        level=_LEVELS.get(level) or _level_of_access(entry),
        service=part,
        message=str(entry.pop("message", None) or _access(entry))[:MAX_TEXT],
        trace_id=trace_id if _TRACE_ID.fullmatch(trace_id) else "",
        span_id=str(entry.pop("span_id", "") or ""),
        request_id=str(entry.pop("request_id", "") or ""),
        rest=json.dumps(entry, ensure_ascii=False, default=str)[: 4 * MAX_TEXT],
    )


def _time(text: object, now_ns: int) -> int:
    try:
        since = datetime.fromisoformat(str(text)).astimezone(UTC) - _EPOCH
        return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000
    except ValueError:
        return now_ns


def _level_of_access(entry: dict[str, object]) -> str:
    """A request that the edge answered: an error if it is the server's."""
    status = entry.get("status")
    return "ERROR" if isinstance(status, int) and status >= _SERVER_ERROR else "INFO"


def _access(entry: dict[str, object]) -> str:
    """What the edge's log of requests says in one line."""
    said = (entry.get(name) for name in ("method", "path", "status", "details"))
    return " ".join(str(one) for one in said if one is not None) or json.dumps(entry)
