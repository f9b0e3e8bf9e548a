"""Lines of logs that were kept."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@dataclass(frozen=True)
class LogFilter:
    """Which lines; what is empty asks for nothing."""

    service: str = ""
    level: str = ""
    """That, or worse."""

    text: str = ""
    """In the message, or in what else was told."""

    trace_id: str = ""
    request_id: str = ""
    before_ns: int = 0
    """Lines from before; 0: the newest."""

    limit: int = 200


def find_logs(connection: sqlite3.Connection, wanted: LogFilter) -> list[dict[str, Any]]:
    """Lines, the newest first: `time_ns`, `level`, `service`, `message`, `trace_id`, `span_id`,
    `request_id` and `rest`, an object.
    """  # noqa: D205 - what is answered is one sentence
    where: list[str] = ["1"]
    values: list[Any] = []
    for condition, value in (
        ("time_ns < ?", wanted.before_ns),
        ("service = ?", wanted.service),
        ("trace_id = ? AND trace_id <> ''", wanted.trace_id),
        ("request_id = ?", wanted.request_id),
    ):
        if value:
            where.append(condition)
            values.append(value)
    if wanted.level in LEVELS:
        worse = LEVELS[LEVELS.index(wanted.level) :]
        where.append(f"level IN ({', '.join('?' for _ in worse)})")
        values += worse
    if wanted.text:
        where.append("(instr(lower(message), lower(?)) OR instr(lower(rest), lower(?)))")
        values += [wanted.text, wanted.text]
    rows = connection.execute(
        "SELECT time_ns, level, service, message, trace_id, span_id, request_id, rest FROM logs"  # noqa: S608 - conditions above
        f" WHERE {' AND '.join(where)} ORDER BY time_ns DESC, number DESC LIMIT ?",
        (*values, wanted.limit),
    )
    return [{**dict(row), "rest": _object(row["rest"])} for row in rows]


def parts(connection: sqlite3.Connection) -> list[str]:
    """Whose lines there are."""
    return [row[0] for row in connection.execute("SELECT DISTINCT service FROM logs ORDER BY 1")]


def _object(text: str) -> Any:  # noqa: ANN401 - an object, or what is left of one
    try:
        return json.loads(text)
    except ValueError:
        return {"cut": text}
