"""Bytes a second: down a stream of the server's, and both ways of a stream that both keep open."""

import select
import time

from bench.edge.calls import Call
from bench.edge.wire import (
    DATA,
    END_STREAM,
    FRAME_BYTES,
    HEADERS,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Frame,
    Wire,
    frame,
    message,
)

MB = 1e6
_PATIENCE_S = 30.0
_FRAMES_AT_ONCE = 16


def download_mb_per_s(port: int, call: Call, times: int) -> float:
    """A stream that the server fills, one call after the other; megabytes of its answers a second.

    Raises:
        RuntimeError: A call answered nothing.
    """
    wire = Wire(port, call.headers)
    try:
        received = 0
        began = time.perf_counter()
        for _ in range(times):
            before = received
            stream, sent = wire.unary(call.content)
            wire.socket.sendall(sent)
            ended = False
            while not ended:
                for one in wire.receive():
                    if one.stream == stream:
                        received += len(one.payload) if one.kind == DATA else 0
                        ended = ended or one.ends
            if received == before:
                raise RuntimeError(f"{call.method} answered nothing")
        return received / (time.perf_counter() - began) / MB
    finally:
        wire.close()


def both_ways_mb_per_s(port: int, call: Call, messages: int, at_once: int) -> float:
    """A stream on which each message is answered by one; megabytes that were sent a second.

    Args:
        port: Whom to call.
        call: The method, and the message that is sent again and again.
        messages: How many of them.
        at_once: How many may be without an answer.

    Raises:
        RuntimeError: The stream ended before all were answered.
    """
    wire = Wire(port, call.headers)
    try:
        return _Exchange(wire, message(call.content), messages, at_once).run()
    finally:
        wire.close()


class _Exchange:
    """One stream, with windows as the server gives them."""

    def __init__(self, wire: Wire, content: bytes, messages: int, at_once: int) -> None:
        self._wire = wire
        self._messages = messages
        self._at_once = at_once
        self._stream, head = wire.begin()
        wire.socket.sendall(head)
        self._content = content
        self._size = len(content)
        self._sent = len(content)
        """Bytes of the message that was begun last."""
        self._first_room = self._room = wire.first_room
        self._begun = self._answered = 0
        self._coming = _Messages()

    def run(self) -> float:
        began = time.perf_counter()
        self._wire.socket.settimeout(0)
        out = b""
        while self._answered < self._messages:
            out = out or self._next()
            wants = [self._wire.socket] if out else []
            readable, writable, _ = select.select([self._wire.socket], wants, [], _PATIENCE_S)
            if not readable and not writable:
                raise TimeoutError(f"{self._answered} of {self._messages} were answered")
            if writable:
                out = out[self._wire.socket.send(out) :]
            if readable:
                for one in self._wire.receive():
                    self._take(one)
        seconds = time.perf_counter() - began
        self._wire.socket.settimeout(_PATIENCE_S)
        return self._messages * self._size / seconds / MB

    def _next(self) -> bytes:
        """As many frames as there is room for, some at a time."""
        frames: list[bytes] = []
        while len(frames) < _FRAMES_AT_ONCE:
            if self._sent == self._size:
                if self._begun - self._answered >= self._at_once or self._begun == self._messages:
                    break
                self._begun += 1
                self._sent = 0
            size = min(FRAME_BYTES, self._size - self._sent, self._room, self._wire.room)
            if size <= 0:
                break
            self._room -= size
            self._wire.room -= size
            piece = self._content[self._sent : self._sent + size]
            self._sent += size
            frames.append(frame(DATA, 0, self._stream, piece))
        return b"".join(frames)

    def _take(self, one: Frame) -> None:
        if one.kind == SETTINGS:
            # What a stream may send to begin with counts for those that have begun, too.
            self._room += self._wire.first_room - self._first_room
            self._first_room = self._wire.first_room
        if one.stream != self._stream:
            return
        if one.kind == WINDOW_UPDATE:
            self._room += int.from_bytes(one.payload, "big")
        elif one.kind == DATA:
            self._answered += self._coming.ended_in(one.payload)
        elif one.kind == RST_STREAM or (one.kind == HEADERS and one.flags & END_STREAM):
            raise RuntimeError(f"ended after {self._answered} of {self._messages} answers")


class _Messages:
    """Where messages end in a stream of bytes."""

    def __init__(self) -> None:
        self._head = b""
        self._left = 0

    def ended_in(self, payload: memoryview) -> int:
        """How many end in this piece."""
        ended, at = 0, 0
        while at < len(payload):
            if self._left:
                step = min(self._left, len(payload) - at)
                self._left -= step
                at += step
                ended += self._left == 0
                continue
            step = min(5 - len(self._head), len(payload) - at)
            self._head += bytes(payload[at : at + step])
            at += step
            if len(self._head) == 5:
                self._left = int.from_bytes(self._head[1:], "big")
                self._head = b""
                ended += self._left == 0
        return ended
