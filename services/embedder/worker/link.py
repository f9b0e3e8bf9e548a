"""The worker's end of the socket: blocking, read by one thread, written by another."""

import socket
from collections.abc import Iterator

from services.embedder.worker.arena import Arena
from services.embedder.worker.finisher import Buffer
from services.embedder.worker.frames import ON_SOCKET, REQUEST, Request

READ_BYTES = 64 * 2**10
"""Requests that are read at once; an image's own bytes are not among them if it fits the arena."""

MOST_BUFFERS = 512
"""Fewer than the system takes in one call (IOV_MAX, 1024)."""


class Link:
    """Frames over a connected stream socket."""

    def __init__(self, connection: socket.socket, arena: Arena) -> None:
        self._socket = connection
        self._arena = arena

    def requests(self) -> Iterator[list[tuple[Request, bytes]]]:
        """Headers and data of what came together, until the service is gone."""
        left = b""
        while data := self._socket.recv(READ_BYTES):
            data = left + data
            came: list[tuple[Request, bytes]] = []
            start = 0
            while len(data) - start >= REQUEST.size:
                request = Request._make(REQUEST.unpack_from(data, start))
                start += REQUEST.size
                if request.place != ON_SOCKET:
                    payload = self._arena.read(request.place, request.length)
                else:
                    payload = data[start : start + request.length]
                    start += len(payload)
                    if missing := request.length - len(payload):
                        payload += self._read(missing)
                        if len(payload) < request.length:
                            return
                came.append((request, payload))
            left = data[start:]
            if came:
                yield came

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
