"""What the adapter of a Qdrant server makes of the server's refusals, over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import grpc
import pytest
import qdrant_client.grpc as words
from pydantic import ValidationError

from services.clients.model import Space
from services.search.errors import IndexUnavailable, PointRefused, SpaceGone
from services.search.index import qdrant_collection
from services.search.index.qdrant_server import ServerIndex, connect
from services.search.index.tuning import ClusterTuning, GraphTuning, Quantization
from services.search.model import ImagePoint, Scope
from services.search.settings import SearchSettings
from tests.support.eventually import eventually
from tests.support.parts import free_port
from tests.support.qdrant import stand_in

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


async def test_replicas_that_open_a_space_at_once_share_it() -> None:
    async with stand_in() as url:
        replicas = [ServerIndex(connect(url, "")) for _ in range(3)]
        await asyncio.gather(*(replica.open(SPACE) for replica in replicas))
        for number, replica in enumerate(replicas):
            image_id = f"11111111-0000-4000-8000-00000000000{number}"
            await replica.upsert(SPACE, [replace(POINT, image_id=image_id)])
        for replica in replicas:
            hits = await replica.search(SPACE, VECTOR, Scope(USER), limit=10)
            assert len(hits) == len(replicas)
            await replica.close()


async def test_a_server_that_comes_back_is_found_again() -> None:
    port = free_port()
    index = ServerIndex(connect(f"http://127.0.0.1:{port - 1}", ""))

    async def answers() -> bool:
        try:
            await index.probe()
        except IndexUnavailable:
            return False
        return True

    for _ in range(2):
        assert not await answers()
        async with stand_in(f"127.0.0.1:{port}"):
            await eventually(answers)
    await index.close()


async def test_settings_of_a_collection_are_those_of_today_where_a_server_can_change_them() -> None:
    async with stand_in() as url:
        for graph, cluster in (
            (GraphTuning(), ClusterTuning(shards=3)),
            (
                GraphTuning(m=32, ef_construct=300, quantization=Quantization.SCALAR),
                ClusterTuning(shards=5, replication_factor=2, write_consistency=2),
            ),
            (GraphTuning(quantization=Quantization.BINARY), ClusterTuning(0, 3, 1)),
        ):
            client = connect(url, "")
            index = ServerIndex(client, graph, cluster)
            await index.open(SPACE)
            await index.upsert(SPACE, [POINT])
            assert len(await index.search(SPACE, VECTOR, Scope(USER), limit=3)) == 1
            found = (await client.get_collection(SPACE.name)).config
            assert (found.hnsw_config.m, found.hnsw_config.ef_construct) == (
                graph.m,
                graph.ef_construct,
            )
            assert found.params.shard_number == 3
            assert found.params.replication_factor == (cluster.replication_factor or 1)
            assert found.params.write_consistency_factor == (cluster.write_consistency or 1)
            assert type(found.quantization_config) is type(qdrant_collection.quantization(graph))
            assert not await qdrant_collection.update(client, SPACE.name, graph, cluster)
            await index.close()
        # What somebody set on the server stays, where nothing else is said here.
        client = connect(url, "")
        assert not await qdrant_collection.update(
            client, SPACE.name, GraphTuning(), ClusterTuning()
        )
        await client.close()


def test_no_write_waits_for_more_copies_than_there_are() -> None:
    def told(**numbers: int) -> SearchSettings:
        return SearchSettings.model_validate(
            {
                "redis_url": "redis://localhost",
                "postgres_url": "postgresql://localhost",
                "service_secret": "a secret of 16 letters",
                **numbers,
            }
        )

    with pytest.raises(ValidationError, match="qdrant_write_consistency"):
        told(qdrant_write_consistency=3, qdrant_replication_factor=2)
    settings = told(qdrant_write_consistency=2, qdrant_replication_factor=3, qdrant_shards=6)
    assert settings.cluster() == ClusterTuning(6, 3, 2)
