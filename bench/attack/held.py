"""What a caller takes and keeps: connections, streams, bodies, answers that nobody reads."""

import socket
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from argus.storage.v1 import image_pb2

from bench.attack.stranger import Stranger

AT_ONCE = 256
"""Streams that the edge lets one connection have."""

HEALTH_WATCH = "/grpc.health.v1.Health/Watch"
LOGIN = "/argus.auth.v1.AuthService/Login"
LIST_IMAGES = "/argus.storage.v1.ImageService/ListImages"
EMBED_TEXTS = "/argus.embedder.v1.EmbedderService/EmbedTexts"
_DOWNLOAD = "/argus.storage.v1.ImageService/DownloadImage"
_LARGE_BODY = 32 * 2**20 - 1024


def raw(port: int, address: str, content: bytes = b"") -> socket.socket:
    """A connection from an address of this machine that has said so much."""
    made = socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(address, 0))
    made.sendall(content)
    return made


class Hoarder:
    """Somebody at one address, who keeps all that they take until they leave.

    Args:
        port: Of the edge, on this machine.
        address: Address of this machine to come from; on Linux any of 127.0.0.0/8.
    """

    def __init__(self, port: int, address: str) -> None:
        self._port = port
        self._address = address
        self._kept = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._kept.close()

    def unread_files(self, token: str, image_id: str, count: int) -> list[socket.socket]:
        """Downloads over HTTP/1.1, each on its own connection, of which nothing was read yet."""
        wanted = (
            f"GET /api/images/{image_id}/content HTTP/1.1\r\nhost: argus\r\n"
            f"authorization: Bearer {token}\r\n\r\n"
        ).encode()
        return [self.raw(wanted) for _ in range(count)]

    def unread_streams(self, token: str, image_id: str, count: int) -> Stranger:
        """Downloads over gRPC on one connection, with windows that are never opened again."""
        stranger = self._stranger()
        request = image_pb2.DownloadImageRequest(image_id=image_id).SerializeToString()
        for _ in range(count):
            stream = stranger.begin(_DOWNLOAD, authorization=f"Bearer {token}")
            stranger.say(stream, request, end=True)
        stranger.hear()
        return stranger

    def idle_watches(self, connections: int) -> list[Stranger]:
        """Streams that need no token and say nothing, as many as each connection takes."""
        strangers = []
        for _ in range(connections):
            stranger = self._stranger()
            for stream in [stranger.begin(HEALTH_WATCH) for _ in range(AT_ONCE)]:
                stranger.say(stream, b"", end=True)
            stranger.hear()
            strangers.append(stranger)
        return strangers

    def half_calls(self, method: str, connections: int, token: str = "") -> None:
        """Calls of which no message comes, as many as each connection takes."""
        for _ in range(connections):
            stranger = self._stranger()
            for _ in range(AT_ONCE):
                stranger.begin(method, **self._known(token))
            stranger.hear()

    def body_that_waits(self, path: str, token: str, content: bytes = b"") -> socket.socket:
        """A REST call with a body of 32 MiB, of which only this much comes."""
        head = (
            f"POST {path} HTTP/1.1\r\nhost: argus\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {token}\r\ncontent-length: {_LARGE_BODY}\r\n\r\n"
        ).encode()
        return self.raw(head + content)

    def headers_that_wait(self, connections: int) -> None:
        """Requests whose headers never end."""
        for _ in range(connections):
            self.raw(b"GET / HTTP/1.1\r\nhost: argus\r\nx-a: ")

    def idle_connections(self, connections: int) -> None:
        """Connections on which nothing is ever said."""
        for _ in range(connections):
            self.raw()

    def raw(self, content: bytes = b"") -> socket.socket:
        """A connection that has said so much."""
        return self._kept.enter_context(raw(self._port, self._address, content))

    @staticmethod
    def _known(token: str) -> dict[str, Any]:
        return {"authorization": f"Bearer {token}"} if token else {}

    def _stranger(self) -> Stranger:
        return self._kept.enter_context(Stranger(self._port, self._address))
