"""HTTP/2 in as few instructions as Python can: a client that costs less than what it measures.

A gRPC client in Python takes several times the processor that Envoy does, and on the same machine
it would be what is measured. This one writes requests that were encoded once, looks at the frames
of answers and not into their headers, and never makes a server wait for room. It speaks HTTP/2
without TLS and without asking (h2c), to gRPC servers and Envoy, and is no client for anything else.
"""

import socket
from collections.abc import Iterator, Sequence
from typing import NamedTuple

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    0, 1, 3, 4, 6, 7, 8, 9,
)  # fmt: skip
END_STREAM, ACK, END_HEADERS = 0x1, 0x1, 0x4
MAX_WINDOW = 2**31 - 1
FRAME_BYTES = 16_384
"""The largest frame that every server takes."""

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_INITIAL_WINDOW = 4
_DEFAULT_WINDOW = 65_535
_READ_BYTES = 2**20
# Its window is opened again when so much has come.
_REOPEN_BYTES = 2**28
# Of HPACK's static table: `:method: POST` and `:scheme: http`.
_POST_HTTP = b"\x83\x86"
_FIRST_OWN = 62
"""Index of the header that was added last."""


class Frame(NamedTuple):
    """What a server sent."""

    kind: int
    flags: int
    stream: int
    payload: memoryview

    @property
    def ends(self) -> bool:
        """Whether it is the last of its stream."""
        return self.kind == RST_STREAM or (
            self.kind in (DATA, HEADERS) and bool(self.flags & END_STREAM)
        )


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame as it is sent."""
    head = len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big")
    return head + payload


def message(content: bytes) -> bytes:
    """A gRPC message as it is sent."""
    return b"\0" + len(content).to_bytes(4, "big") + content


class Headers:
    """The headers of calls of one method, as HPACK has them.

    Args:
        path: The full method.
        more: Further headers, such as the token.
    """

    def __init__(self, path: str, more: Sequence[tuple[str, str]] = ()) -> None:
        said = [
            (":path", path), (":authority", "argus"),
            ("content-type", "application/grpc"), ("te", "trailers"), *more,
        ]  # fmt: skip
        self.first = _POST_HTTP + b"".join(_added(name, value) for name, value in said)
        """Of the first call of a connection; the server keeps what it says."""
        newest_last = range(_FIRST_OWN + len(said) - 1, _FIRST_OWN - 1, -1)
        self.again = _POST_HTTP + bytes(0x80 | index for index in newest_last)
        """Of every other."""


class Wire:
    """One connection.

    Args:
        port: Of a server on this machine.
        headers: Of all its calls.
        address: Address of this machine to come from.

    Raises:
        RuntimeError: Later, if the server ends the connection.
    """

    def __init__(self, port: int, headers: Headers, address: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(
            ("127.0.0.1", port), timeout=20, source_address=(address, 0)
        )
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.room = _DEFAULT_WINDOW
        """Bytes that may be sent, of all streams together."""
        self.first_room = _DEFAULT_WINDOW
        """The same of a stream that begins."""
        self._headers = headers
        self._next = 1
        self._rest = b""
        self._received = 0
        settings = _INITIAL_WINDOW.to_bytes(2, "big") + MAX_WINDOW.to_bytes(4, "big")
        more = (MAX_WINDOW - _DEFAULT_WINDOW).to_bytes(4, "big")
        self.socket.sendall(
            _PREFACE + frame(SETTINGS, 0, 0, settings) + frame(WINDOW_UPDATE, 0, 0, more)
        )
        known = False
        while not known:
            # All of them: what is not taken is lost.
            kinds = [(one.kind, one.flags & ACK) for one in self.receive()]
            known = (SETTINGS, 0) in kinds

    def begin(self) -> tuple[int, bytes]:
        """A new call: its stream, and its headers for the caller to send."""
        stream = self._next
        self._next += 2
        block = self._headers.first if stream == 1 else self._headers.again
        return stream, frame(HEADERS, END_HEADERS, stream, block)

    def unary(self, content: bytes) -> tuple[int, bytes]:
        """A whole call with one message, to be sent."""
        stream, head = self.begin()
        return stream, head + frame(DATA, END_STREAM, stream, message(content))

    def receive(self) -> Iterator[Frame]:
        """Waits for frames, all of which must be taken, and answers what must be answered."""
        data = self.socket.recv(_READ_BYTES)
        if not data:
            raise RuntimeError("the server closed the connection")
        data = self._rest + data if self._rest else data
        view, at, end = memoryview(data), 0, len(data)
        while end - at >= 9:
            stop = at + 9 + int.from_bytes(data[at : at + 3], "big")
            if stop > end:
                break
            stream = int.from_bytes(data[at + 5 : at + 9], "big") & MAX_WINDOW
            one = Frame(data[at + 3], data[at + 4], stream, view[at + 9 : stop])
            at = stop
            if one.kind not in (DATA, HEADERS):
                self._serve(one)
            elif one.kind == DATA:
                self._received += len(one.payload)
            yield one
        self._rest = data[at:]
        if self._received >= _REOPEN_BYTES:
            opened = self._received.to_bytes(4, "big")
            self.socket.sendall(frame(WINDOW_UPDATE, 0, 0, opened))
            self._received = 0

    def close(self) -> None:
        """Ends it and all its calls."""
        self.socket.close()

    def _serve(self, one: Frame) -> None:
        if one.kind == PING and not one.flags & ACK:
            self.socket.sendall(frame(PING, ACK, 0, bytes(one.payload)))
        elif one.kind == SETTINGS and not one.flags & ACK:
            for at in range(0, len(one.payload), 6):
                name = int.from_bytes(one.payload[at : at + 2], "big")
                if name == _INITIAL_WINDOW:
                    self.first_room = int.from_bytes(one.payload[at + 2 : at + 6], "big")
            self.socket.sendall(frame(SETTINGS, ACK, 0))
        elif one.kind == WINDOW_UPDATE and one.stream == 0:
            self.room += int.from_bytes(one.payload, "big")
        elif one.kind == GOAWAY:
            raise RuntimeError(f"the server ended the connection: {bytes(one.payload[8:])!r}")


def _added(name: str, value: str) -> bytes:
    """A header that the server keeps, so that later calls only name its place."""
    return b"\x40" + _text(name) + _text(value)


def _text(value: str) -> bytes:
    content = value.encode()
    if len(content) < 127:
        return bytes((len(content),)) + content
    length, size = b"\x7f", len(content) - 127
    while size >= 128:
        length += bytes((size & 0x7F | 0x80,))
        size >>= 7
    return length + bytes((size,)) + content
