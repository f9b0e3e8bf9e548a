"""Requests that are as wrong as can be harm nobody but who sends them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import httpx
import pytest
from argus.search.v1 import search_pb2, search_pb2_grpc
from argus.storage.v1 import image_pb2_grpc

from bench.attack import bad_ids
from tests.support.mesh import Mesh
from tests.support.person import Person, reason

CALLS = 400
AT_ONCE = 16


@pytest.fixture
async def http(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as client:
        yield client


@asynccontextmanager
async def going_on(call: Callable[[], Awaitable[object]]) -> AsyncIterator[list[object]]:
    """Makes a call again and again meanwhile; its answers."""
    answers: list[object] = []

    async def repeat() -> None:
        while True:
            answers.append(await call())

    task = asyncio.create_task(repeat())
    try:
        yield answers
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled(), task.exception()


async def refused(call: Callable[[], Awaitable[Any]]) -> list[grpc.StatusCode]:
    """The codes of `CALLS` calls, `AT_ONCE` of them at a time."""
    codes = []

    async def some() -> None:
        for _ in range(CALLS // AT_ONCE):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call()
            codes.append(caught.value.code())

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return codes


async def test_thousands_of_bad_ids_leave_others_unharmed(
    mesh: Mesh, http: httpx.AsyncClient
) -> None:
    ada, eve = await Person.register(mesh, http), await Person.register(mesh, http)

    async def list_images() -> None:
        answer = await ada.call("GET", "/api/images")
        assert answer.status_code == 200, answer.text

    async with (
        grpc.aio.insecure_channel(mesh.edge_target) as theirs,
        grpc.aio.insecure_channel(mesh.edge_target) as hers,
    ):
        images: Any = image_pb2_grpc.ImageServiceStub(theirs)
        search: Any = search_pb2_grpc.SearchServiceStub(hers)

        async def find() -> None:
            await search.SearchImages(
                search_pb2.SearchImagesRequest(text="a cat"), metadata=ada.metadata
            )

        async with going_on(list_images) as listed, going_on(find) as found:
            for call in (
                lambda: images.BatchGetImages(bad_ids.AS_MANY_AS_ALLOWED, metadata=eve.metadata),
                lambda: images.BatchGetImages(bad_ids.FAR_MORE, metadata=eve.metadata),
                lambda: images.BatchUpdateLabels(bad_ids.LABELS, metadata=eve.metadata),
            ):
                codes = await refused(call)
                assert codes == [grpc.StatusCode.INVALID_ARGUMENT] * CALLS
        assert listed
        assert found


async def test_a_batch_of_bad_ids_is_refused_over_rest(mesh: Mesh, http: httpx.AsyncClient) -> None:
    eve = await Person.register(mesh, http)
    for _ in range(30):
        answer = await eve.call(
            "GET", "/api/images:batchGet", params=[("image_ids", bad_ids.BAD_ID)] * 500
        )
        assert (answer.status_code, reason(answer)) == (400, "INVALID_REQUEST")
    answer = await eve.call("POST", "/api/images:batchDelete", json={"imageIds": ["x"] * 100_000})
    assert (answer.status_code, reason(answer)) == (400, "INVALID_REQUEST")
    assert "at most 500" in answer.json()["message"]
