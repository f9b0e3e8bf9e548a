"""What the adapter of a Qdrant server makes of the server's refusals, over a real socket."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
import qdrant_client.grpc as words

from services.clients.model import Space
from services.search.errors import IndexUnavailable, PointRefused, SpaceGone
from services.search.index.qdrant_server import ServerIndex, connect
from services.search.model import ImagePoint, Scope

SPACE = Space("test/model", "v1", 4)
USER = "11111111-1111-4111-8111-111111111111"
POINT = ImagePoint(
    "11111111-0000-4000-8000-000000000001", USER, [1.0, 0.0, 0.0, 0.0], "a.jpg", "image/jpeg", {}
)
VECTOR = [1.0, 0.0, 0.0, 0.0]


class Refusing(words.PointsServicer):
    """A server that refuses everything."""

    code = grpc.StatusCode.UNAVAILABLE

    async def Upsert(self, request: Any, context: Any) -> Any:
        await context.abort(self.code, "no")

    async def Query(self, request: Any, context: Any) -> Any:
        await context.abort(self.code, "no")


@pytest.fixture
async def server() -> AsyncIterator[tuple[Refusing, ServerIndex]]:
    servicer, running = Refusing(), grpc.aio.server()
    words.points_service_pb2_grpc.add_PointsServicer_to_server(servicer, running)  # type: ignore[no-untyped-call] # the client's stubs are untyped
    port = running.add_insecure_port("127.0.0.1:0")
    await running.start()
    index = ServerIndex(connect(f"http://127.0.0.1:{port - 1}", ""))
    yield servicer, index
    await index.close()
    await running.stop(0)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, PointRefused),
        (grpc.StatusCode.OUT_OF_RANGE, PointRefused),
        (grpc.StatusCode.NOT_FOUND, SpaceGone),
        (grpc.StatusCode.UNAVAILABLE, IndexUnavailable),
        (grpc.StatusCode.DEADLINE_EXCEEDED, IndexUnavailable),
        (grpc.StatusCode.INTERNAL, IndexUnavailable),
        (grpc.StatusCode.UNAUTHENTICATED, IndexUnavailable),
        (grpc.StatusCode.PERMISSION_DENIED, IndexUnavailable),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, IndexUnavailable),
    ],
)
async def test_only_what_waiting_cannot_cure_is_held_against_a_point(
    server: tuple[Refusing, ServerIndex], code: grpc.StatusCode, error: type[Exception]
) -> None:
    servicer, index = server
    servicer.code = code
    with pytest.raises(error) as caught:
        await index.upsert(SPACE, [POINT])
    assert type(caught.value) is error


@pytest.mark.parametrize("code", [grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL])
async def test_a_query_that_the_server_refuses_is_an_outage(
    server: tuple[Refusing, ServerIndex], code: grpc.StatusCode
) -> None:
    servicer, index = server
    servicer.code = code
    with pytest.raises(IndexUnavailable):
        await index.search(SPACE, VECTOR, Scope(USER), limit=3)
