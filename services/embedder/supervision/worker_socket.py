"""The service's end of a worker's socket: no thread, no task, no copy that can be spared."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from itertools import islice

from services.embedder.worker.frames import ANSWER, Answer

READ_BYTES = 256 * 2**10
"""Answers that are read at once."""

SEND_BUFFER_BYTES = 4 * 2**20
"""What the system may hold between the two processes, as far as it lets us."""

MOST_BUFFERS = 512
"""Fewer than the system takes in one call (IOV_MAX, 1024)."""


class WorkerSocket:
    """Frames over a connected stream socket, on the running event loop.

    Args:
        connection: The socket; this closes it.
        on_answer: Called with each answer's header and payload.
        on_round: Called after all answers that came together.
        on_end: Called once when the worker is gone, not after `close`.
    """

    def __init__(
        self,
        connection: socket.socket,
        *,
        on_answer: Callable[[Answer, bytes], None],
        on_round: Callable[[], None],
        on_end: Callable[[], None],
    ) -> None:
        connection.setblocking(False)  # noqa: FBT003 - as the socket module has it
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._socket = connection
        self._on_answer = on_answer
        self._on_round = on_round
        self._on_end = on_end
        self._buffer = bytearray(READ_BYTES)
        self._filled = 0
        self._unsent: deque[memoryview] = deque()
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(connection, self._read)

    def send(self, header: bytes, payload: bytes = b"") -> None:
        """Takes a frame, which `flush` sends together with others."""
        if self._closed:
            return
        self._unsent.append(memoryview(header))
        if payload:
            self._unsent.append(memoryview(payload))

    def flush(self) -> None:
        """Sends what was taken, now as far as the system has room and then as it makes room."""
        if not self._unsent:
            return
        self._write()
        if self._unsent:
            self._loop.add_writer(self._socket, self._write)

    def close(self) -> None:
        """Lets go of the socket, at which the worker ends."""
        if not self._closed:
            self._closed = True
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._socket.close()
            self._unsent.clear()

    def _end(self) -> None:
        if not self._closed:
            self.close()
            self._on_end()

    def _read(self) -> None:
        try:
            count = self._socket.recv_into(memoryview(self._buffer)[self._filled :])
        except BlockingIOError:
            return
        except OSError:
            count = 0
        if not count:
            self._end()
            return
        self._filled += count
        self._parse()
        self._on_round()

    def _parse(self) -> None:
        start, filled, head = 0, self._filled, ANSWER.size
        with memoryview(self._buffer) as view:
            while filled - start >= head:
                answer = Answer._make(ANSWER.unpack_from(view, start))
                end = start + head + answer.length
                if end > filled:
                    break
                self._on_answer(answer, bytes(view[start + head : end]))
                start = end
            left = bytes(view[start:filled])
        room = READ_BYTES
        if len(left) >= head:
            room = max(room, head + Answer._make(ANSWER.unpack_from(left)).length)
        if room != len(self._buffer):
            self._buffer = bytearray(room)
        self._buffer[: len(left)] = left
        self._filled = len(left)

    def _write(self) -> None:
        if self._closed:
            return
        try:
            sent = self._socket.sendmsg(list(islice(self._unsent, MOST_BUFFERS)))
        except BlockingIOError:
            return
        except OSError:
            self._end()
            return
        self._forget_sent(sent)
        if not self._unsent:
            self._loop.remove_writer(self._socket)

    def _forget_sent(self, sent: int) -> None:
        while self._unsent and sent >= len(self._unsent[0]):
            sent -= len(self._unsent.popleft())
        if sent:
            self._unsent[0] = self._unsent[0][sent:]
