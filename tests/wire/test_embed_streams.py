"""The indexer's streams over real sockets, to a server that notes who sent what."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import grpc
import pytest
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc
from pydantic import SecretStr

from services.clients.errors import EmbedderUnavailable
from services.clients.model import Space
from services.clients.space import CurrentSpace
from services.runtime.outgoing import ServiceToken
from services.search.errors import OtherModel, StreamBroke
from services.search.indexing.embed_stream import MAX_AGE_S, UNSENT_KEY, EmbedStream
from tests.support.colours import ColourEmbedder

POISON = b"poison"


class Replicas(ColourEmbedder):
    """Gives each stream a number, notes its images, and answers while it may."""

    def __init__(self) -> None:
        super().__init__()
        self.arrivals: asyncio.Queue[None] = asyncio.Queue()
        self.streams: list[list[embedder_pb2.EmbedImagesRequest]] = []
        self.open = 0
        self.most_open = 0
        self.unreachable = False
        self.version = "1"

    async def EmbedImages(
        self, request_iterator: AsyncIterator[embedder_pb2.EmbedImagesRequest], context: Any
    ) -> AsyncIterator[embedder_pb2.EmbedImagesResponse]:
        if self.unreachable:
            context.set_trailing_metadata(((UNSENT_KEY, "1"),))
            await context.abort(grpc.StatusCode.UNAVAILABLE, "upstream connect error")
        seen: list[embedder_pb2.EmbedImagesRequest] = []
        self.streams.append(seen)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            async for request in request_iterator:
                seen.append(request)
                self.arrivals.put_nowait(None)
                if request.image == POISON:
                    await context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
                await self.answers.wait()
                yield embedder_pb2.EmbedImagesResponse(
                    item_id=request.item_id,
                    embedding=embedder_pb2.Embedding(
                        values=[1.0], model="m", model_version=self.version
                    ),
                )
        finally:
            self.open -= 1


class KnownToken(ServiceToken):
    """Needs no auth service."""

    async def get(self) -> str:
        return "token"


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@asynccontextmanager
async def streams_to(
    replicas: Replicas, streams: int, clock: Clock | None = None
) -> AsyncIterator[EmbedStream]:
    server = grpc.aio.server()
    embedder_pb2_grpc.add_EmbedderServiceServicer_to_server(replicas, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            token = KnownToken(channel, service="search", secret=SecretStr(""))
            space = CurrentSpace(channel, token)
            made = EmbedStream(channel, token, space, streams=streams, now_s=clock or Clock())
            async with aclosing(made) as stream:
                yield stream
    finally:
        replicas.answers.set()
        await server.stop(0)


async def arrived(replicas: Replicas, count: int) -> None:
    async with asyncio.timeout(10):
        for _ in range(count):
            await replicas.arrivals.get()


async def test_images_spread_evenly_over_the_streams() -> None:
    replicas = Replicas()
    replicas.answers.clear()
    async with streams_to(replicas, 3) as stream:
        images = [asyncio.create_task(stream.embed(str(n), bytes([n]))) for n in range(3)]
        await arrived(replicas, 3)
        replicas.answers.set()
        await asyncio.gather(*images)
    assert [len(seen) for seen in replicas.streams] == [1, 1, 1]
    requests = [request for seen in replicas.streams for request in seen]
    assert {request.priority for request in requests} == {embedder_pb2.PRIORITY_BULK}


async def test_a_stream_that_breaks_fails_its_own_images_only() -> None:
    replicas = Replicas()
    replicas.answers.clear()
    async with streams_to(replicas, 2) as stream:
        good = asyncio.create_task(stream.embed("good", b"good"))
        await arrived(replicas, 1)
        with pytest.raises(StreamBroke):
            await stream.embed("bad", POISON)
        replicas.answers.set()
        assert (await good).vector == [1.0]
        # And the broken one is opened again.
        both = await asyncio.gather(stream.embed("a", b"a"), stream.embed("b", b"b"))
        assert [embedded.vector for embedded in both] == [[1.0], [1.0]]
    assert len(replicas.streams) == 3


async def test_an_embedder_that_was_not_reached_is_no_fault_of_the_image() -> None:
    replicas = Replicas()
    replicas.unreachable = True
    async with streams_to(replicas, 2) as stream:
        with pytest.raises(EmbedderUnavailable):
            await stream.embed("a", b"a")
        replicas.unreachable = False
        assert (await stream.embed("a", b"a")).vector == [1.0]


async def test_a_stream_to_a_replica_of_another_model_is_left_for_one_of_the_right_one() -> None:
    replicas = Replicas()
    wanted = Space("m", "2", 1)
    async with streams_to(replicas, 1) as stream:
        replicas.answers.clear()
        images = [asyncio.create_task(stream.embed(str(n), bytes([n]), wanted)) for n in range(3)]
        await arrived(replicas, 1)
        replicas.answers.set()
        # What it has is answered, though it is of no use.
        outcomes = await asyncio.gather(*images, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [OtherModel] * 3
        replicas.version = "2"
        embedded = await stream.embed("a", b"a", wanted)
        assert (embedded.space, embedded.vector) == (wanted, [1.0])
        await stream.embed("b", b"b", wanted)
    assert [len(seen) for seen in replicas.streams] == [3, 2]


async def test_old_streams_are_opened_anew_one_at_a_time_once_they_are_idle() -> None:
    replicas, clock = Replicas(), Clock()
    async with streams_to(replicas, 2, clock) as stream:
        replicas.answers.clear()
        first = [asyncio.create_task(stream.embed(str(n), bytes([n]))) for n in range(2)]
        await arrived(replicas, 2)
        clock.now_s += MAX_AGE_S + 1
        # One stream retires with its image under way, so both of these go to the other.
        second = [asyncio.create_task(stream.embed(str(n), bytes([n]))) for n in range(2, 4)]
        await asyncio.sleep(0)
        assert len(replicas.streams) == 2
        replicas.answers.set()
        await asyncio.gather(*first, *second)
        assert sorted(len(seen) for seen in replicas.streams) == [1, 3]
        # Idle ones are replaced at once: the first a moment ago, now the second.
        await asyncio.gather(*(stream.embed(str(n), bytes([n])) for n in range(4, 8)))
        assert len(replicas.streams) == 4
    assert replicas.most_open == 2


async def test_a_single_stream_is_never_opened_anew() -> None:
    replicas, clock = Replicas(), Clock()
    async with streams_to(replicas, 1, clock) as stream:
        await stream.embed("a", b"a")
        clock.now_s += 10 * MAX_AGE_S
        await stream.embed("b", b"b")
    assert [len(seen) for seen in replicas.streams] == [2]
