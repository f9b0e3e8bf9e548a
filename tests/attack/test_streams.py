"""Streams that one user holds open leave room for others."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
import pytest
from argus.storage.v1 import image_pb2, image_pb2_grpc

from services.runtime.settings import RuntimeSettings
from tests.support.mesh import Mesh
from tests.support.person import Person
from tests.support.services import error_info

MOST = RuntimeSettings.model_fields["max_watches"].default


@pytest.fixture
async def http(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as client:
        yield client


async def test_a_user_has_a_bounded_number_of_watches(mesh: Mesh, http: httpx.AsyncClient) -> None:
    ada, eve = await Person.register(mesh, http), await Person.register(mesh, http)
    async with grpc.aio.insecure_channel(mesh.edge_target) as channel:
        images: Any = image_pb2_grpc.ImageServiceStub(channel)

        def watch(who: Person) -> Any:
            return images.WatchImages(image_pb2.WatchImagesRequest(), metadata=who.metadata)

        held = [watch(eve) for _ in range(MOST)]
        await asyncio.gather(*(one.read() for one in held))
        for _ in range(50):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await watch(eve).read()
            assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            info = error_info(refused.value)
            assert (info.reason, info.metadata["max_streams"]) == ("TOO_MANY_STREAMS", str(MOST))
        theirs = watch(ada)
        assert await theirs.read()
        for one in (*held, theirs):
            one.cancel()
