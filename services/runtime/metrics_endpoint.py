"""Where Prometheus, or whoever speaks its format, collects what a process measures.

`GET /metrics`, and nothing else. It tells everybody the same: counts and durations, names of models
and ids of reference sets, and nothing of a user. Threads of its own answer, a few at a time, so
that who is slow here holds up no call.
"""

import ipaddress
import threading
from contextlib import AbstractContextManager
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from services.runtime.exemplars import ExemplaryReader, WithExamples
from services.runtime.small_server import QuietHandler, answering

PATH = "/metrics"
AT_ONCE = 8
"""Connections that are answered at once; further ones are closed."""

IDLE_S = 5.0
"""How long a caller may take for the next bytes of a request, or to take those of the answer."""


class MetricsPage:
    """What a process measures, as text.

    Attributes:
        reader: Collects it; one of the process's meter provider.
    """

    def __init__(self) -> None:
        # Not prometheus_client's own registry, which has more than is declared.
        self._registry = CollectorRegistry()
        self._collecting = threading.Lock()
        self.reader = ExemplaryReader(self._registry)

    def written(self, accept: str) -> tuple[str, bytes]:
        """Content type and text, in the format that the header `accept` asks for."""
        encode, content_type = choose_encoder(accept)
        with self._collecting:
            # The old format has no place for examples.
            if "openmetrics" in content_type:
                return content_type, encode(WithExamples(self._registry, self.reader))
            return content_type, encode(self._registry)


def metrics_endpoint(listen: str, page: MetricsPage) -> AbstractContextManager[str]:
    """Answers at an address until the context ends.

    Args:
        listen: `host:port`; port 0 takes a free one.
        page: What is answered.

    Returns:
        The address, its port resolved.

    Raises:
        OSError: It cannot be listened on.
    """
    return answering(listen, partial(_Handler, page), name="metrics", at_once=AT_ONCE)


class _Handler(QuietHandler):
    timeout = IDLE_S

    def __init__(self, page: MetricsPage, *arguments: Any) -> None:  # noqa: ANN401 - as the server calls it
        self._page = page
        super().__init__(*arguments)

    def do_GET(self) -> None:  # noqa: N802 - as http.server calls it
        """Answers."""
        if self.path.partition("?")[0] != PATH:
            self._refuse(HTTPStatus.NOT_FOUND, f"there is only {PATH}")
        elif not self._is_for_no_page():
            self._refuse(HTTPStatus.FORBIDDEN, "this is for no web page")
        else:
            content_type, text = self._page.written(self.headers.get("accept", ""))
            self._answer(HTTPStatus.OK, content_type, text)

    def _is_for_no_page(self) -> bool:
        """Whether no browser's page asks, not even one whose name was made to lead here."""
        if self.headers.get("origin") or self.headers.get("sec-fetch-site", "none") != "none":
            return False
        bound = self.connection.getsockname()[0]
        if not ipaddress.ip_address(bound).is_loopback:
            return True
        try:
            host = urlsplit(f"//{self.headers.get('host', '')}").hostname
        except ValueError:
            return False
        return host in {"localhost", "127.0.0.1", "::1"}

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self._answer(status, "text/plain; charset=utf-8", f"{why}\n".encode())

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.send_header("cache-control", "no-store")
        self.send_header("x-content-type-options", "nosniff")
        self.end_headers()
        self.wfile.write(body)
