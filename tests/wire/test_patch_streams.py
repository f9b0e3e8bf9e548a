"""Inspection's streams over real sockets, to an embedder that notes who asked what and how."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import numpy as np
import pytest
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from pydantic import SecretStr

from services.clients.errors import EmbedderUnavailable
from services.clients.item_stream import ItemStream
from services.inspection.errors import ModelHasNoPatches, ModelNotFound
from services.inspection.model import CalibrationSettings, PatchGrid, Scorer
from services.inspection.peers.grpc_models import KNOWN_FOR_S, GrpcModels
from services.inspection.peers.grpc_patches import GrpcPatchExtractor
from services.runtime.errors import DeadlineExceeded, InvalidInput, ResourceExhausted
from services.runtime.identity import ON_BEHALF_OF, Identity, enter_identity
from services.runtime.outgoing import ServiceToken
from services.runtime.request import CallScope, enter_call
from tests.support.colours import ColourEmbedder

POISON, REFUSED, CUT, STUCK = b"poison", b"refused", b"cut", b"stuck"
LOST = b"lost"
"""Ends the first stream that it comes over."""
SHAPE = (64, 256, 96)
"""Of patch features of 3 MiB."""


@dataclass
class Stream:
    """A stream that somebody opened."""

    token: str
    time_left_s: float | None
    on_behalf_of: str | None = None
    requests: list[embedder_pb2.ExtractPatchesRequest] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Embedder(ColourEmbedder):
    """Answers with how many bytes an image has, unless the image says otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.streams: list[Stream] = []
        self.arrivals: asyncio.Queue[None] = asyncio.Queue()
        self.listed = 0
        self.models = [
            embedder_pb2.Model(
                model="first",
                image_size=224,
                default=True,
                patches=embedder_pb2.PatchFeatures(size=256, min_size=64, max_size=1024),
            ),
            embedder_pb2.Model(
                model="square",
                image_size=224,
                patches=embedder_pb2.PatchFeatures(size=224, min_size=224, max_size=224),
            ),
            embedder_pb2.Model(model="whole", image_size=224),
        ]

    async def ListModels(
        self, request: embedder_pb2.ListModelsRequest, context: Any
    ) -> embedder_pb2.ListModelsResponse:
        self.listed += 1
        return embedder_pb2.ListModelsResponse(models=self.models)

    async def ExtractPatches(
        self, request_iterator: AsyncIterator[embedder_pb2.ExtractPatchesRequest], context: Any
    ) -> AsyncIterator[embedder_pb2.ExtractPatchesResponse]:
        metadata = dict(context.invocation_metadata())
        stream = Stream(
            metadata["authorization"], context.time_remaining(), metadata.get(ON_BEHALF_OF)
        )
        self.streams.append(stream)
        context.add_done_callback(lambda _: stream.ended.set())
        async for request in request_iterator:
            stream.requests.append(request)
            self.arrivals.put_nowait(None)
            if request.image == POISON or (request.image == LOST and len(self.streams) == 1):
                await context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
            if request.image == REFUSED:
                context.set_trailing_metadata((overloaded(),))
                await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too much")
            if request.image == STUCK:
                continue
            await self.answers.wait()
            rows, columns, dimension = SHAPE
            values = np.full(SHAPE, min(len(request.image), 1000), "<f2").tobytes()
            yield embedder_pb2.ExtractPatchesResponse(
                item_id=request.item_id,
                patches=embedder_pb2.Patches(
                    rows=rows,
                    columns=columns,
                    dimension=dimension,
                    values=values[:-1] if request.image == CUT else values,
                    model="first",
                    model_version="v1",
                ),
            )


def overloaded() -> tuple[str, bytes]:
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason="OVERLOADED", domain="argus.internal"))
    status = status_pb2.Status(
        code=code_pb2.RESOURCE_EXHAUSTED, message="too much", details=[detail]
    )
    return ("grpc-status-details-bin", status.SerializeToString())


class KnownToken(ServiceToken):
    """Needs no auth service."""

    async def get(self) -> str:
        return "service"


@asynccontextmanager
async def channel_to(embedder: Embedder) -> AsyncIterator[grpc.aio.Channel]:
    server = grpc.aio.server()
    embedder_pb2_grpc.add_EmbedderServiceServicer_to_server(embedder, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield channel
    finally:
        embedder.answers.set()
        await server.stop(0)


def token_of(channel: grpc.aio.Channel) -> ServiceToken:
    return KnownToken(channel, service="search", secret=SecretStr(""))


@asynccontextmanager
async def patches_of(
    embedder: Embedder, *, streams: int = 1, idle_s: float = 15.0
) -> AsyncIterator[GrpcPatchExtractor]:
    async with (
        channel_to(embedder) as channel,
        aclosing(
            GrpcPatchExtractor(channel, token_of(channel), streams=streams, idle_s=idle_s)
        ) as extractor,
    ):
        yield extractor


async def in_background(
    extractor: GrpcPatchExtractor, image: bytes, *, model: str = "first", size: int = 256
) -> PatchGrid:
    return await extractor.patches(image, model=model, size=size, interactive=False)


async def for_caller(
    extractor: GrpcPatchExtractor, image: bytes, *, user: str = "user"
) -> PatchGrid:
    enter_identity(Identity(user, "", "", f"{user}'s"))
    return await extractor.patches(image, model="first", size=256, interactive=True)


async def test_what_a_caller_waits_for_goes_first_and_over_one_stream_of_the_caller() -> None:
    embedder = Embedder()
    async with patches_of(embedder) as extractor:
        grid = await asyncio.create_task(for_caller(extractor, b"123"))
        await asyncio.create_task(for_caller(extractor, b"123"))
        await asyncio.create_task(for_caller(extractor, b"123", user="other"))
        await in_background(extractor, b"123")
    assert grid.values.shape == SHAPE
    assert (grid.values == 3).all()
    assert (grid.model, grid.model_version) == ("first", "v1")
    user, other, background = embedder.streams
    # With this service's token, which is renewed; the caller's may end before a stream is opened.
    assert {stream.token for stream in embedder.streams} == {"Bearer service"}
    assert [stream.on_behalf_of for stream in embedder.streams] == ["user", "other", None]
    assert [len(stream.requests) for stream in embedder.streams] == [2, 1, 1]
    for request in (*user.requests, *other.requests):
        assert request.priority == embedder_pb2.PRIORITY_INTERACTIVE
        assert (request.model, request.size, request.image) == ("first", 256, b"123")
    assert background.requests[0].priority == embedder_pb2.PRIORITY_BULK


async def test_a_callers_stream_ends_when_it_is_idle_and_is_opened_anew() -> None:
    embedder = Embedder()
    async with patches_of(embedder, idle_s=0.05) as extractor:
        embedder.answers.clear()
        slow = asyncio.create_task(for_caller(extractor, b"1"))
        await asyncio.sleep(0.1)
        embedder.answers.set()
        await slow
        async with asyncio.timeout(10):
            await embedder.streams[0].ended.wait()
        assert (await asyncio.create_task(for_caller(extractor, b"12"))).values.flat[0] == 2
    assert len(embedder.streams) == 2


async def test_what_ends_a_callers_stream_harms_no_other_caller() -> None:
    embedder = Embedder()
    embedder.answers.clear()
    async with patches_of(embedder) as extractor:
        other = asyncio.create_task(for_caller(extractor, b"1234", user="other"))
        await embedder.arrivals.get()
        with pytest.raises(ResourceExhausted):
            await asyncio.create_task(for_caller(extractor, REFUSED))
        embedder.answers.set()
        assert (await other).values.flat[0] == 4


async def test_a_callers_images_are_spread_over_as_many_streams_as_there_are_replicas() -> None:
    embedder = Embedder()
    embedder.answers.clear()
    async with patches_of(embedder, streams=2) as extractor:
        asked = [asyncio.create_task(for_caller(extractor, b"1")) for _ in range(4)]
        for _ in range(2):
            await embedder.arrivals.get()
        embedder.answers.set()
        await asyncio.gather(*asked)
    assert [len(stream.requests) for stream in embedder.streams] == [2, 2]


async def test_a_caller_whose_time_is_up_is_told_so() -> None:
    embedder = Embedder()
    embedder.answers.clear()
    async with patches_of(embedder) as extractor:

        async def hurried() -> PatchGrid:
            enter_call(CallScope("/a/b", "id", time.monotonic() + 0.2))
            return await for_caller(extractor, b"1")

        with pytest.raises(DeadlineExceeded):
            await asyncio.create_task(hurried())


async def test_calibrations_share_one_stream_for_each_model_as_bulk_without_a_caller() -> None:
    embedder = Embedder()
    async with patches_of(embedder) as extractor:
        grids = await asyncio.gather(
            *(in_background(extractor, bytes(n), model="first", size=n) for n in range(1, 21)),
            in_background(extractor, b"other", model="square"),
        )
        await in_background(extractor, b"later")
    assert [grid.values.flat[0] for grid in grids] == [*range(1, 21), 5]
    assert sorted(len(stream.requests) for stream in embedder.streams) == [1, 21]
    for stream in embedder.streams:
        assert (stream.token, stream.time_left_s) == ("Bearer service", None)
        assert len({request.item_id for request in stream.requests}) == len(stream.requests)
        for request in stream.requests:
            assert request.priority == embedder_pb2.PRIORITY_BULK
        assert len({request.model for request in stream.requests}) == 1


async def test_calibrations_use_as_many_streams_as_there_are_embedders() -> None:
    embedder = Embedder()
    embedder.answers.clear()
    async with patches_of(embedder, streams=2) as extractor:
        images = [asyncio.create_task(in_background(extractor, bytes(n))) for n in range(1, 7)]
        for _ in range(2):
            await embedder.arrivals.get()
        embedder.answers.set()
        grids = await asyncio.gather(*images)
    assert [grid.values.flat[0] for grid in grids] == [1, 2, 3, 4, 5, 6]
    assert [len(stream.requests) for stream in embedder.streams] == [3, 3]


async def test_features_are_a_view_of_what_came_over_the_wire() -> None:
    async with patches_of(Embedder()) as extractor:
        grid = await in_background(extractor, b"1")
    assert not grid.values.flags.owndata
    assert not grid.values.flags.writeable
    assert grid.values.nbytes > 2**21


@pytest.mark.parametrize("interactive", [True, False])
async def test_what_a_lost_stream_had_is_asked_over_another(interactive: bool) -> None:
    embedder = Embedder()
    async with patches_of(embedder) as extractor:
        call = for_caller if interactive else in_background
        had = asyncio.create_task(call(extractor, b"12"))
        lost = asyncio.create_task(call(extractor, LOST))
        assert (await had).values.flat[0] == 2
        assert (await lost).values.flat[0] == len(LOST)
    assert len(embedder.streams) == 2


async def test_what_two_lost_streams_had_fails_and_another_is_opened() -> None:
    embedder = Embedder()
    async with patches_of(embedder) as extractor:
        had = asyncio.create_task(in_background(extractor, STUCK))
        await embedder.arrivals.get()
        embedder.answers.clear()
        elsewhere = asyncio.create_task(in_background(extractor, b"elsewhere", model="square"))
        await embedder.arrivals.get()
        poisoned = asyncio.create_task(in_background(extractor, POISON))
        for failed in (had, poisoned):
            with pytest.raises(EmbedderUnavailable) as caught:
                await failed
            assert "127.0.0.1" not in caught.value.message
        embedder.answers.set()
        assert (await elsewhere).values.flat[0] == 9
        assert (await in_background(extractor, b"again")).values.flat[0] == 5
    assert len(embedder.streams) == 4


async def test_an_embedder_that_goes_and_comes_back_is_found_again() -> None:
    first, second = Embedder(), Embedder()
    server = grpc.aio.server()
    embedder_pb2_grpc.add_EmbedderServiceServicer_to_server(first, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    options = (
        ("grpc.initial_reconnect_backoff_ms", 50),
        ("grpc.max_reconnect_backoff_ms", 50),
    )
    async with (
        grpc.aio.insecure_channel(f"127.0.0.1:{port}", options) as channel,
        aclosing(GrpcPatchExtractor(channel, token_of(channel))) as extractor,
    ):
        await in_background(extractor, b"1")
        first.answers.clear()
        under_way = asyncio.create_task(in_background(extractor, b"2"))
        await first.arrivals.get()
        await first.arrivals.get()
        await server.stop(0)
        with pytest.raises(EmbedderUnavailable):
            await under_way
        with pytest.raises(EmbedderUnavailable):
            await in_background(extractor, b"3")
        again = grpc.aio.server(options=(("grpc.so_reuseport", 1),))
        embedder_pb2_grpc.add_EmbedderServiceServicer_to_server(second, again)
        again.add_insecure_port(f"127.0.0.1:{port}")
        await again.start()
        try:
            async with asyncio.timeout(20):
                while True:
                    try:
                        await in_background(extractor, b"4")
                        break
                    except EmbedderUnavailable:
                        await asyncio.sleep(0.02)
        finally:
            await again.stop(0)
    assert [request.image for request in second.streams[0].requests] == [b"4"]


@pytest.mark.parametrize("interactive", [True, False])
async def test_what_the_embedder_refuses_keeps_its_reason(interactive: bool) -> None:
    async with patches_of(Embedder()) as extractor:
        call = for_caller if interactive else in_background
        with pytest.raises(ResourceExhausted) as caught:
            await call(extractor, REFUSED)
        assert caught.value.reason == "OVERLOADED"
        assert (await call(extractor, b"1")).values.flat[0] == 1


async def test_features_of_another_length_than_they_say_are_not_believed() -> None:
    async with patches_of(Embedder()) as extractor:
        with pytest.raises(EmbedderUnavailable):
            await in_background(extractor, CUT)


async def test_a_calibration_that_gives_up_harms_no_other() -> None:
    embedder = Embedder()
    embedder.answers.clear()
    async with patches_of(embedder) as extractor:
        kept = asyncio.create_task(in_background(extractor, b"kept"))
        await embedder.arrivals.get()
        for turns in range(8):
            given_up = asyncio.create_task(in_background(extractor, bytes(2**21)))
            for _ in range(turns):
                await asyncio.sleep(0)
            given_up.cancel()
            await asyncio.wait([given_up])
            assert given_up.cancelled()
        embedder.answers.set()
        assert (await kept).values.flat[0] == 4
        assert (await in_background(extractor, b"later")).values.flat[0] == 5
    assert len(embedder.streams) == 1


async def test_an_embedder_that_hangs_fails_what_it_has_and_is_asked_anew() -> None:
    embedder = Embedder()
    async with channel_to(embedder) as channel:
        stub = embedder_pb2_grpc.EmbedderServiceStub(channel)

        async def open_call() -> Any:
            call = stub.ExtractPatches(metadata=(("authorization", "Bearer"),))
            await call.wait_for_connection()
            return call

        def named(image: bytes) -> Any:
            return lambda name: embedder_pb2.ExtractPatchesRequest(item_id=name, image=image)

        stream: ItemStream[Any, Any] = ItemStream(
            open_call, unavailable=EmbedderUnavailable, peer="the embedder", answer_timeout_s=0.2
        )
        async with aclosing(stream):
            stuck = await asyncio.gather(
                *(stream.ask(named(STUCK)) for _ in range(3)), return_exceptions=True
            )
            assert {type(error) for error in stuck} == {EmbedderUnavailable}
            assert (await stream.ask(named(b"1"))).patches.rows == SHAPE[0]
    assert len(embedder.streams) == 2


async def test_models_are_asked_for_again_after_a_few_seconds() -> None:
    embedder = Embedder()
    now_s = 100.0
    async with channel_to(embedder) as channel:
        models = GrpcModels(channel, token_of(channel), now_s=lambda: now_s)
        for _ in range(3):
            resolved = await models.resolve(CalibrationSettings())
            assert (resolved.model, resolved.size) == ("first", 256)
        assert embedder.listed == 1
        embedder.models = embedder.models[1:]
        now_s += KNOWN_FOR_S
        with pytest.raises(ModelNotFound):
            await models.resolve(resolved)
        assert embedder.listed == 2


async def test_settings_must_suit_the_model() -> None:
    async with channel_to(Embedder()) as channel:
        models = GrpcModels(channel, token_of(channel))

        async def resolve(model: str, size: int = 0, scorer: Scorer = Scorer.PATCH_CORESET) -> int:
            settings = CalibrationSettings(scorer=scorer, model=model, size=size)
            resolved = await models.resolve(settings)
            assert resolved.model == model
            return resolved.size

        assert await resolve("first") == 256
        assert await resolve("first", 64) == 64
        assert await resolve("square") == await resolve("square", 224) == 224
        assert await resolve("first", scorer=Scorer.IMAGE_KNN) == 224
        for model, size in (("first", 63), ("first", 1025), ("square", 223)):
            with pytest.raises(InvalidInput, match="pixels"):
                await resolve(model, size)
        with pytest.raises(ModelHasNoPatches):
            await resolve("whole")
        with pytest.raises(ModelNotFound, match="only of the default model"):
            await resolve("square", scorer=Scorer.IMAGE_KNN)
