"""The client that costs little says what gRPC says, and counts what comes back."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import grpc
import hpack
import pytest

from bench.edge.calls import Call, Caller
from bench.edge.streams import both_ways_mb_per_s, download_mb_per_s
from bench.edge.wire import Headers

TOKEN = "t" * 700
if TYPE_CHECKING:
    Handler = grpc.RpcMethodHandler[Any, Any]  # generic for the type checker only
LARGE = bytes(range(256)) * 3000
"""More than a window, and no whole number of frames."""


class Service(grpc.GenericRpcHandler):
    """Says again what it is told, unless it was told enough."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.tokens: set[Any] = set()
        self._left = 25
        self._lock = threading.Lock()

    def service(self, details: grpc.HandlerCallDetails) -> "Handler | None":
        self.tokens.add(dict(details.invocation_metadata).get("authorization"))
        handlers: dict[str, Callable[[], Handler]] = {
            "/x.X/Say": lambda: grpc.unary_unary_rpc_method_handler(self._say),
            "/x.X/Echo": lambda: grpc.stream_stream_rpc_method_handler(self._echo),
            "/x.X/Give": lambda: grpc.unary_stream_rpc_method_handler(
                lambda request, _: iter([request] * 3)
            ),
        }
        return handlers[details.method]()

    def _say(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        with self._lock:
            self._left -= 1
            enough = self._left < 0
        if enough:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "enough")
        return request

    def _echo(self, requests: Iterator[bytes], _: grpc.ServicerContext) -> Iterator[bytes]:
        for one in requests:
            self.heard.append(one)
            yield one


@pytest.fixture
def service() -> Iterator[tuple[Service, int]]:
    made = Service()
    server = grpc.server(ThreadPoolExecutor(4), handlers=[made])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield made, port
    server.stop(None)


def test_headers_are_the_same_when_only_their_places_are_named() -> None:
    headers = Headers("/x.X/Say", [("authorization", f"Bearer {TOKEN}")])
    decoder = hpack.Decoder()

    first, again = decoder.decode(headers.first), decoder.decode(headers.again)

    assert first == again
    said = {str(name): str(value) for name, value in first}
    assert said[":path"] == "/x.X/Say"
    assert said["authorization"] == f"Bearer {TOKEN}"
    assert len(headers.again) < 10


def test_calls_that_are_answered_and_refused_are_told_apart(service: tuple[Service, int]) -> None:
    heard, port = service
    call = Call("/x.X/Say", TOKEN, b"hello")

    with closing(Caller(call, [(port, "127.0.0.1")] * 2, at_once=3)) as caller:
        done = caller.run(0.5)

    assert len(done.seconds) == 25
    assert done.refused > 0
    assert heard.tokens == {f"Bearer {TOKEN}"}


def test_both_ways_all_bytes_arrive_as_they_were(service: tuple[Service, int]) -> None:
    heard, port = service

    assert both_ways_mb_per_s(port, Call("/x.X/Echo", TOKEN, LARGE), messages=5, at_once=2) > 0

    assert heard.heard == [LARGE] * 5


def test_a_download_is_counted_to_its_end(service: tuple[Service, int]) -> None:
    _, port = service

    assert download_mb_per_s(port, Call("/x.X/Give", TOKEN, LARGE), times=2) > 0


def test_a_download_without_an_answer_is_no_download(service: tuple[Service, int]) -> None:
    heard, port = service
    heard._left = 0

    with pytest.raises(RuntimeError, match="answered nothing"):
        download_mb_per_s(port, Call("/x.X/Say", TOKEN, b""), times=1)
