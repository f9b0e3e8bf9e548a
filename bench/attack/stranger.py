"""Somebody who speaks HTTP/2 by hand, to do what no client library would."""

import socket
import ssl
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import h2.config
import h2.connection
import h2.errors
import h2.events

_LARGEST_WINDOW = 2**31 - 1


class Stranger:
    """One HTTP/2 connection to the edge.

    Args:
        port: Of the edge, on this machine.
        address: Address of this machine to come from, in 127.0.0.0/8 on Linux: limits by address
            are then none of other tests'.
        tls: Wraps the connection.
    """

    def __init__(
        self, port: int, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> None:
        raw = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(address, 0))
        self._socket = tls.wrap_socket(raw, server_hostname="localhost") if tls else raw
        self._http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self._http.initiate_connection()
        # Whoever fills this connection's own window holds up nobody but itself.
        self._http.increment_flow_control_window(_LARGEST_WINDOW - 65_535)
        self._send()
        self.statuses: dict[int, Mapping[str, str]] = {}
        """Headers and trailers of each stream, as they came."""
        self.ended: set[int] = set()
        """Streams that the edge ended, well or not."""
        self.received: dict[int, int] = {}
        """Bytes of each stream's body."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def begin(self, path: str, *, method: str = "POST", end: bool = False, **headers: str) -> int:
        """Sends the headers of a request, of a gRPC call if nothing else is said; its stream."""
        stream = self._http.get_next_available_stream_id()
        sent = {"content-type": "application/grpc", "te": "trailers"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        pseudo = (
            (":method", method), (":scheme", "http"), (":authority", "argus"), (":path", path),
        )  # fmt: skip
        self._http.send_headers(stream, [*pseudo, *sent.items()], end_stream=end)
        self._send()
        return stream

    def say(self, stream: int, message: bytes, *, end: bool = False) -> None:
        """Sends a gRPC message."""
        self._frame(b"\0", stream, message, end=end)

    def say_packed(self, stream: int, packed: bytes) -> None:
        """Sends a gRPC message that is packed, as `grpc-encoding` said, and no more."""
        self._frame(b"\1", stream, packed, end=True)

    def reset(self, stream: int) -> None:
        """Gives up a call at once."""
        self._http.reset_stream(stream, h2.errors.ErrorCodes.CANCEL)
        self._send()

    def _frame(self, packed: bytes, stream: int, message: bytes, *, end: bool) -> None:
        framed = packed + len(message).to_bytes(4, "big") + message
        most = self._http.max_outbound_frame_size
        for at in range(0, len(framed), most):
            piece = framed[at : at + most]
            self._http.send_data(stream, piece, end_stream=end and at + most >= len(framed))
        self._send()

    def hear(self, for_s: float = 0.2) -> None:
        """Takes what comes until nothing does for a while; never makes room for more."""
        until = time.monotonic() + 30
        self._socket.settimeout(for_s)
        while time.monotonic() < until:
            try:
                data = self._socket.recv(65_536)
            except TimeoutError:
                return
            if not data:
                return
            for event in self._http.receive_data(data):
                self._note(event)
            self._send()

    def _note(self, event: h2.events.Event) -> None:
        match event:
            case h2.events.ResponseReceived() | h2.events.TrailersReceived():
                assert event.stream_id is not None
                assert event.headers is not None
                known = self.statuses.get(event.stream_id, {})
                fresh = {_text(name): _text(value) for name, value in event.headers}
                self.statuses[event.stream_id] = {**known, **fresh}
            case h2.events.DataReceived():
                assert event.stream_id is not None
                assert event.data is not None
                self.received[event.stream_id] = self.received.get(event.stream_id, 0) + len(
                    event.data
                )
            case h2.events.StreamEnded() | h2.events.StreamReset():
                assert event.stream_id is not None
                self.ended.add(event.stream_id)
            case _:
                pass

    def _send(self) -> None:
        self._socket.sendall(self._http.data_to_send())


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()
