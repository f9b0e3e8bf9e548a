"""Serves the pages, and the same as JSON under `/api/`. It only reads."""

import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from mesh.observe import pages
from mesh.observe.asking import log_filter, trace_filter
from mesh.observe.database import reading
from mesh.observe.guard import Refused, check_origin, cookie_name, has_key, is_key
from mesh.observe.logs import find_logs, parts
from mesh.observe.metrics import chart, charts, names
from mesh.observe.traces import find_traces, read_trace, services
from services.runtime.small_server import QuietHandler, answering

AT_ONCE = 16
"""Connections that are answered at once; further ones are closed."""

IDLE_S = 10.0
"""How long a caller may take for the next bytes."""

_QUERY_S = 5.0
_MOST_FIELDS = 30
_FILES = {
    "/observe.css": "text/css; charset=utf-8",
    "/observe.js": "text/javascript; charset=utf-8",
}
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self';"
    " img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Site:
    """What is answered.

    Args:
        database: The file.
        key: What whoever looks must have.
        lost: Says how many rows could not be kept.
    """

    def __init__(self, database: Path, key: str, lost: Callable[[], int]) -> None:
        self.key = key
        self._database = database
        self._lost = lost

    def answer(self, path: str, asked: Mapping[str, str]) -> tuple[str, bytes]:
        """Content type and body.

        Args:
            path: What is asked for.
            asked: Fields of the query.

        Raises:
            Refused: There is nothing, or what is asked makes no sense.
        """
        if path in _FILES:
            return _FILES[path], (Path(__file__).parent / "files" / path[1:]).read_bytes()
        try:
            with reading(self._database, within_s=_QUERY_S) as connection:
                if path.startswith("/api/"):
                    found = self._data(connection, path, asked)
                    return "application/json", json.dumps(found).encode()
                return "text/html; charset=utf-8", self._page(connection, path, asked)
        except sqlite3.OperationalError as error:
            raise Refused(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"That took longer than {_QUERY_S:.0f} s ({error}); ask for less.",
            ) from error

    def _page(self, connection: sqlite3.Connection, path: str, asked: Mapping[str, str]) -> bytes:
        if path == "/":
            wanted = trace_filter(asked)
            found = find_traces(connection, wanted)
            return pages.traces_page(found, wanted, services(connection), self._lost())
        if path.startswith("/traces/"):
            return pages.trace_page(_trace(connection, path))
        if path == "/metrics":
            service = asked.get("service", "")
            found_charts = charts(connection, time.time_ns(), service)
            return pages.metrics_page(found_charts, service, services(connection))
        if path == "/logs":
            lines = log_filter(asked)
            return pages.logs_page(
                find_logs(connection, lines), lines, parts(connection), self._lost()
            )
        raise Refused(HTTPStatus.NOT_FOUND, "There is no such page.")

    def _data(self, connection: sqlite3.Connection, path: str, asked: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
        if path == "/api/traces":
            return {"traces": find_traces(connection, trace_filter(asked))}
        if path.startswith("/api/traces/"):
            return _trace(connection, path)
        if path == "/api/logs":
            return {"logs": find_logs(connection, log_filter(asked))}
        if path == "/api/metrics":
            return {"metrics": names(connection)}
        name = path.removeprefix("/api/metrics/")
        if name != path and name in names(connection):
            return chart(connection, name, time.time_ns(), asked.get("service", "")).as_json()
        if path == "/api/lost":
            return {"lost": self._lost()}
        raise Refused(HTTPStatus.NOT_FOUND, "There is nothing here.")


def serving(listen: str, site: Site) -> AbstractContextManager[str]:
    """Answers at an address until the context ends.

    Args:
        listen: `host:port`; port 0 takes a free one.
        site: What is answered.

    Returns:
        The address, its port resolved.

    Raises:
        OSError: It cannot be listened on.
    """
    return answering(listen, partial(_Handler, site), name="page", at_once=AT_ONCE)


class _Handler(QuietHandler):
    timeout = IDLE_S

    def __init__(self, site: Site, *arguments: Any) -> None:  # noqa: ANN401 - as the server calls it
        self._site = site
        super().__init__(*arguments)

    def do_GET(self) -> None:  # noqa: N802 - as http.server calls it
        """Answers."""
        try:
            self._answer()
        except Refused as refused:
            body = f"{refused}\n".encode()
            content_type = "text/plain; charset=utf-8"
            if "text/html" in self.headers.get("accept", ""):
                body = pages.message_page("Not shown", str(refused))
                content_type = "text/html; charset=utf-8"
            self._send(refused.status, content_type, body)

    def _answer(self) -> None:
        port = self.connection.getsockname()[1]
        headers = {name.lower(): value for name, value in self.headers.items()}
        check_origin(headers, port)
        url = urlsplit(self.path)
        if url.path == "/ready":
            self._send(HTTPStatus.OK, "text/plain; charset=utf-8", b"ready\n")
            return
        try:
            asked = dict(parse_qsl(url.query, max_num_fields=_MOST_FIELDS))
        except ValueError as error:
            raise Refused(HTTPStatus.BAD_REQUEST, "That asks for too much.") from error
        brought = asked.pop("key", None)
        if brought is not None and is_key(brought, self._site.key):
            self._welcome(port, url.path, asked)
            return
        # Style and script tell nothing, and the page that asks for the key has them, too.
        if url.path not in _FILES and not has_key(headers, self._site.key, port):
            raise Refused(
                HTTPStatus.UNAUTHORIZED,
                "This page tells what people did. `argus status` prints the address with the key.",
            )
        self._send(HTTPStatus.OK, *self._site.answer(url.path, asked))

    def _welcome(self, port: int, path: str, asked: Mapping[str, str]) -> None:
        """Keeps the key in a cookie, and takes it out of the address."""
        target = "/" + quote(path.lstrip("/")) + (f"?{urlencode(asked)}" if asked else "")
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("location", target)
        self.send_header(
            "set-cookie",
            f"{cookie_name(port)}={self._site.key}; HttpOnly; SameSite=Strict; Path=/",
        )
        self._send_rest("text/plain; charset=utf-8", b"")

    def _send(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self._send_rest(content_type, body)

    def _send_rest(self, content_type: str, body: bytes) -> None:
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _trace(connection: sqlite3.Connection, path: str) -> dict[str, Any]:
    found = read_trace(connection, path.rpartition("/")[2].lower())
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "This trace is not kept (any more, or not yet).")
    return found
