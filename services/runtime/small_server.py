"""A small HTTP server with threads of its own, for what is looked at beside a service's calls."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any


@contextmanager
def answering(
    listen: str, handler: Callable[..., BaseHTTPRequestHandler], *, name: str, at_once: int
) -> Iterator[str]:
    """Answers at an address until the context ends.

    Args:
        listen: `host:port`; port 0 takes a free one.
        handler: Makes what answers a connection.
        name: Of the thread that takes connections.
        at_once: Connections that are answered at once; further ones are closed.

    Returns:
        The address, its port resolved.

    Raises:
        OSError: It cannot be listened on.
    """
    host, _, port = listen.rpartition(":")
    server = _Server((host.strip("[]"), int(port)), handler, at_once)
    taking = threading.Thread(
        # How long the end may take.
        target=lambda: server.serve_forever(poll_interval=0.1),
        name=name,
        daemon=True,
    )
    taking.start()
    try:
        yield f"{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class QuietHandler(BaseHTTPRequestHandler):
    """Does not say what it is made of, and notes nothing."""

    server_version = "argus"
    sys_version = ""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - as declared
        """Says nothing: it is asked all the time, and what is looked at is nobody's business."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], handler: Any, at_once: int) -> None:  # noqa: ANN401 - a class, or what makes one
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._room = threading.BoundedSemaphore(at_once)
        super().__init__(address, handler)

    def server_bind(self) -> None:
        # That of http.server asks the name service who this is.
        TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as declared
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as declared
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as declared
        """Whoever goes away while it is answered is no error of ours."""
