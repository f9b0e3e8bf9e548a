"""Traces that were kept: a list of them, and one with its links both ways."""

import json
import sqlite3
from dataclasses import asdict, dataclass
from typing import Any

from mesh.observe.logs import LogFilter, find_logs

MOST_SPANS = 2000
"""Of one trace that are shown."""

_QUIET = (
    "GET /",
    "%grpc.health.v1.Health/%",
    "%grpc.reflection.%",
    "argus.auth.v1.AuthService/GetJwks",
    "argus.embedder.v1.EmbedderService/ListModels",
)
"""Names of traces in which a part only looks whether another is there, or has news."""


@dataclass(frozen=True)
class TraceFilter:
    """Which traces; what is empty asks for nothing."""

    service: str = ""
    """A service that takes part."""

    method: str = ""
    """Part of a span's name: a method, or a path."""

    status: str = ""
    """`failed` or `ok`."""

    least_ms: float = 0.0
    most_ms: float = 0.0
    """Duration; 0: no bound."""

    request_id: str = ""
    text: str = ""
    """In names, attributes, events or messages of a span."""

    before_ns: int = 0
    """Traces that began before; 0: the newest."""

    all: bool = False
    """Also those in which parts only look after each other."""

    limit: int = 50


def find_traces(connection: sqlite3.Connection, wanted: TraceFilter) -> list[dict[str, Any]]:
    """Traces, the newest first: `trace_id`, `name`, `service`, `start_ns`, `duration_ns`,
    `spans`, `failures`, `request_id`, `services` and `links` (how many, either way).
    """  # noqa: D205 - what is answered is one sentence
    where: list[str] = ["1"]
    values: list[Any] = []

    def need(condition: str, *of: Any) -> None:  # noqa: ANN401 - what SQLite takes
        where.append(condition)
        values.extend(of)

    def need_span(condition: str, *of: Any) -> None:  # noqa: ANN401 - what SQLite takes
        need(
            "EXISTS (SELECT 1 FROM spans AS s WHERE s.trace_id = traces.trace_id"  # noqa: S608 - conditions below
            f" AND ({condition}))",
            *of,
        )

    if wanted.before_ns:
        need("start_ns < ?", wanted.before_ns)
    if wanted.status == "failed":
        need("failures > 0")
    elif wanted.status == "ok":
        need("failures = 0")
    if wanted.least_ms:
        need("end_ns - start_ns >= ?", int(wanted.least_ms * 1e6))
    if wanted.most_ms:
        need("end_ns - start_ns <= ?", int(wanted.most_ms * 1e6))
    if wanted.request_id:
        need("request_id = ?", wanted.request_id)
    if not wanted.all and not wanted.method:
        for name in _QUIET:
            need("name NOT LIKE ?", name)
    if wanted.service:
        need_span("s.service = ?", wanted.service)
    if wanted.method:
        need_span("instr(lower(s.name), lower(?))", wanted.method)
    if wanted.text:
        need_span(
            " OR ".join(
                f"instr(lower(s.{column}), lower(?))"
                for column in ("name", "attributes", "events", "message")
            ),
            *(wanted.text for _ in range(4)),
        )
    rows = connection.execute(
        "SELECT trace_id, name, service, start_ns, end_ns - start_ns AS duration_ns, spans,"  # noqa: S608 - conditions above
        " failures, request_id,"
        " (SELECT group_concat(DISTINCT service) FROM spans AS s"
        "  WHERE s.trace_id = traces.trace_id) AS services,"
        " (SELECT count(*) FROM links AS l WHERE l.trace_id = traces.trace_id)"
        " + (SELECT count(*) FROM links AS l WHERE l.linked_trace_id = traces.trace_id) AS links"
        f" FROM traces WHERE {' AND '.join(where)} ORDER BY start_ns DESC LIMIT ?",
        (*values, wanted.limit),
    )
    return [{**dict(row), "services": sorted((row["services"] or "").split(","))} for row in rows]


@dataclass(frozen=True)
class Link:
    """A link, as seen from one of its ends: a span of a trace, and one of another."""

    span_id: str
    """Here."""

    trace_id: str
    """There."""

    linked_span_id: str
    """There."""

    name: str
    """Of the trace there; empty: it is not kept (any more, or not yet)."""


def read_trace(connection: sqlite3.Connection, trace_id: str) -> dict[str, Any] | None:
    """A trace: its `spans` in the order of a waterfall with `depth`, `caused_by` (links to other
    traces), `led_to` (links from other traces) and `logs`; None if it is not kept.
    """  # noqa: D205 - what is answered is one sentence
    rows = connection.execute(
        "SELECT * FROM spans WHERE trace_id = ? ORDER BY start_ns, number LIMIT ?",
        (trace_id, MOST_SPANS),
    ).fetchall()
    if not rows:
        return None
    spans = waterfall([_span(row) for row in rows])
    start = min(span["start_ns"] for span in spans)
    return {
        "trace_id": trace_id,
        "name": spans[0]["name"],
        "service": spans[0]["service"],
        "start_ns": start,
        "duration_ns": max(span["end_ns"] for span in spans) - start,
        "failures": sum(span["failed"] for span in spans),
        "services": sorted({span["service"] for span in spans}),
        "request_id": next((span["request_id"] for span in spans if span["request_id"]), ""),
        "spans": spans,
        "caused_by": _links(
            connection,
            "SELECT l.span_id, l.linked_trace_id, l.linked_span_id, t.name FROM links AS l"
            " LEFT JOIN traces AS t ON t.trace_id = l.linked_trace_id WHERE l.trace_id = ?",
            trace_id,
        ),
        "led_to": _links(
            connection,
            "SELECT l.linked_span_id, l.trace_id, l.span_id, t.name FROM links AS l"
            " LEFT JOIN traces AS t ON t.trace_id = l.trace_id WHERE l.linked_trace_id = ?",
            trace_id,
        ),
        "logs": find_logs(connection, LogFilter(trace_id=trace_id, limit=500)),
    }


def services(connection: sqlite3.Connection) -> list[str]:
    """Names of services that told spans or logs."""
    found = connection.execute(
        "SELECT DISTINCT service FROM series UNION SELECT DISTINCT service FROM"
        " (SELECT service FROM spans ORDER BY number DESC LIMIT 5000)"
    )
    return sorted(row[0] for row in found)


def waterfall(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Spans in the order in which they are drawn, each after its parent, with its `depth`.

    Args:
        spans: In the order in which they began. One whose parent is not among them stands
            outermost.
    """
    known = {span["span_id"] for span in spans}
    children: dict[str, list[dict[str, Any]]] = {}
    for span in spans:
        # A span that is its own parent, or was told twice, must not be lost or drawn for ever.
        parent = span["parent_id"] if span["parent_id"] in known else ""
        children.setdefault("" if parent == span["span_id"] else parent, []).append(span)
    ordered: list[dict[str, Any]] = []
    seen: set[int] = set()
    waiting = [(span, 0) for span in reversed(children.get("", []))]
    # What is left after the tree is a ring of parents.
    rest = iter(spans)
    while True:
        while waiting:
            span, depth = waiting.pop()
            if id(span) in seen:
                continue
            seen.add(id(span))
            ordered.append({**span, "depth": depth})
            waiting += [(one, depth + 1) for one in reversed(children.get(span["span_id"], []))]
        left = next((span for span in rest if id(span) not in seen), None)
        if left is None:
            return ordered
        waiting = [(left, 0)]


def _span(row: sqlite3.Row) -> dict[str, Any]:
    found = dict(row)
    del found["number"]
    return {
        **found,
        "failed": bool(found["failed"]),
        "duration_ns": found["end_ns"] - found["start_ns"],
        "attributes": json.loads(found["attributes"]),
        "events": json.loads(found["events"]),
    }


def _links(connection: sqlite3.Connection, statement: str, trace_id: str) -> list[dict[str, Any]]:
    rows = connection.execute(f"{statement} LIMIT 200", (trace_id,))
    return [asdict(Link(here, there, span, name or "")) for here, there, span, name in rows]
