import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import grpc
import pytest
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc

from services.clients.errors import EmbedderUnavailable
from services.inspection.model import CalibrationSettings
from services.inspection.peers.grpc_models import GrpcModels
from services.runtime.outgoing import ServiceToken


class Embedder(embedder_pb2_grpc.EmbedderServiceServicer):
    """Says which models there are when it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.open = asyncio.Event()
        self.down = False

    async def ListModels(self, request: Any, context: Any) -> embedder_pb2.ListModelsResponse:
        self.asked += 1
        await self.open.wait()
        if self.down:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "starting")
        model = embedder_pb2.Model(model="compact", version="1", default=True)
        model.patches.size, model.patches.min_size, model.patches.max_size = 320, 32, 512
        return embedder_pb2.ListModelsResponse(models=[model])


class Token:
    async def get(self) -> str:
        return "token"


@pytest.fixture
def embedder() -> Embedder:
    return Embedder()  # type: ignore[abstract] # its other methods are not called


@pytest.fixture
async def models(embedder: Embedder) -> AsyncIterator[GrpcModels]:
    server = grpc.aio.server()
    embedder_pb2_grpc.add_EmbedderServiceServicer_to_server(embedder, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield GrpcModels(channel, cast("ServiceToken", Token()), now_s=lambda: 0.0)
    await server.stop(None)


async def test_all_who_ask_at_once_wait_for_one_answer(
    models: GrpcModels, embedder: Embedder
) -> None:
    asking = [asyncio.create_task(models.resolve(CalibrationSettings())) for _ in range(10)]
    gone = asking[0]
    while not embedder.asked:  # noqa: ASYNC110 - it is asked over a socket
        await asyncio.sleep(0)
    gone.cancel()
    embedder.open.set()
    resolved = await asyncio.gather(*asking[1:])
    assert {(one.model, one.size) for one in resolved} == {("compact", 320)}
    assert (await models.resolve(CalibrationSettings())).model == "compact"
    assert embedder.asked == 1


async def test_a_failure_is_told_to_all_who_asked_and_not_kept(
    models: GrpcModels, embedder: Embedder
) -> None:
    embedder.open.set()
    embedder.down = True
    asked = [models.resolve(CalibrationSettings()) for _ in range(3)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(one, EmbedderUnavailable) for one in outcomes)
    assert embedder.asked == 1
    embedder.down = False
    assert (await models.resolve(CalibrationSettings())).model == "compact"
