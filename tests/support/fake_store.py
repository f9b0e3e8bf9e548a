"""An object store over HTTP that does what a test tells it to."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FakeStore:
    """What was put can be got."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.puts = 0
        self.failures: list[int] = []
        """What the next requests are answered instead: a status, or 0 for no answer at all."""
        self.headers: list[dict[str, str]] = []
        """Of each PUT, in lower case."""
        store = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                store.puts += 1
                store.headers.append({name.lower(): one for name, one in self.headers.items()})
                content = self.rfile.read(int(self.headers["content-length"]))
                if not self._fails():
                    store.objects[self.path] = content
                    self._answer(200, b"")

            def do_GET(self) -> None:
                content = store.objects.get(self.path)
                if not self._fails():
                    self._answer(404 if content is None else 200, content or b"")

            def _fails(self) -> bool:
                if not store.failures:
                    return False
                status = store.failures.pop(0)
                if status:
                    self._answer(status, b"<Error><Code>Told</Code></Error>", "application/xml")
                else:
                    self.close_connection = True
                return True

            def _answer(self, status: int, content: bytes, kind: str = "image/png") -> None:
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
