"""The worker's end of the socket: blocking, read by one thread, written by another."""

import socket
from collections.abc import Iterator

from services.embedder.worker.finisher import Buffer
from services.embedder.worker.frames import REQUEST, Request

MOST_BUFFERS = 512
"""Fewer than the system takes in one call (IOV_MAX, 1024)."""


class Link:
    """Frames over a connected stream socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    def requests(self) -> Iterator[tuple[Request, bytes]]:
        """Headers and payloads until the service is gone."""
        while header := self._read(REQUEST.size):
            request = Request._make(REQUEST.unpack(header))
            payload = self._read(request.length) if request.length else b""
            if len(payload) < request.length:
                return
            yield request, payload

    def send(self, buffers: list[Buffer]) -> None:
        """Writes buffers one after the other, in as few calls as may be.

        Raises:
            OSError: if the service is gone.
        """
        waiting = [memoryview(buffer) for buffer in buffers]
        while waiting:
            sent = self._socket.sendmsg(waiting[:MOST_BUFFERS])
            whole = 0
            while whole < len(waiting) and sent >= len(waiting[whole]):
                sent -= len(waiting[whole])
                whole += 1
            del waiting[:whole]
            if sent:
                waiting[0] = waiting[0][sent:]

    def _read(self, length: int) -> bytes:
        """So many bytes, without a copy where the system gives all at once; fewer at the end."""
        data = self._socket.recv(length, socket.MSG_WAITALL)
        if len(data) == length or not data:
            return data
        pieces = [data]
        length -= len(data)
        while length and (data := self._socket.recv(length, socket.MSG_WAITALL)):
            pieces.append(data)
            length -= len(data)
        return b"".join(pieces)
