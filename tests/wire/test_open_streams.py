"""Streams end with their session, their token or their time: a real socket and a real Redis."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import grpc
import pytest
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc
from argus.storage.v1 import image_pb2, image_pb2_grpc
from google.api import httpbody_pb2

from services.auth.signing import KeyRing, SigningKey
from services.runtime.identity import CLOCK_SKEW_S, TokenVerifier
from services.runtime.policy import MethodPolicy, policies_of_service
from services.runtime.redis import ClosedSessions, open_redis
from services.runtime.server import serving
from services.runtime.settings import RuntimeSettings
from tests.support.services import COMMON, bearer, error_info

IMAGE = "0b8f5f6e-3c1e-4f0f-9a53-0d6a5b7f6d11"


class Embedder(embedder_pb2_grpc.EmbedderServiceServicer):
    """Texts are answered at once, images never; the unary call when it is told to."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.cleaned = asyncio.Event()
        self.go = asyncio.Event()

    async def EmbedTexts(
        self, request_iterator: AsyncIterator[embedder_pb2.EmbedTextsRequest], context: Any
    ) -> AsyncIterator[embedder_pb2.EmbedTextsResponse]:
        async for item in request_iterator:
            yield embedder_pb2.EmbedTextsResponse(item_id=item.item_id)

    async def EmbedImages(
        self, request_iterator: AsyncIterator[embedder_pb2.EmbedImagesRequest], context: Any
    ) -> AsyncIterator[embedder_pb2.EmbedImagesResponse]:
        try:
            async for item in request_iterator:
                self.begun.set()
                await asyncio.Event().wait()
                yield embedder_pb2.EmbedImagesResponse(item_id=item.item_id)
        finally:
            self.cleaned.set()

    async def ListModels(
        self, request: embedder_pb2.ListModelsRequest, context: Any
    ) -> embedder_pb2.ListModelsResponse:
        self.begun.set()
        await self.go.wait()
        return embedder_pb2.ListModelsResponse()


class Images(image_pb2_grpc.ImageServiceServicer):
    """A download that never ends."""

    async def DownloadImage(
        self, request: image_pb2.DownloadImageRequest, context: Any
    ) -> AsyncIterator[httpbody_pb2.HttpBody]:
        yield httpbody_pb2.HttpBody(data=b"first")
        await asyncio.Event().wait()


class World:
    """A server of both, who may call it, and the time that it takes it to be."""

    def __init__(self, sessions: ClosedSessions) -> None:
        self.sessions = sessions
        self.late_s = 0.0
        self.keys = KeyRing([SigningKey.generate()])
        self.verifier = TokenVerifier(
            self.keys,
            sessions,
            issuer="argus",
            audience="argus",
            clock=lambda: time.time() + self.late_s,
        )
        self.embedder = Embedder()  # type: ignore[abstract] # its other methods are not called
        self.images = Images()  # type: ignore[abstract] # its other methods are not called
        self.stub: Any = None
        self.image_stub: Any = None

    def who(self, session_id: str) -> tuple[tuple[str, str], ...]:
        """Metadata of a user in a session, or of a service if there is none."""
        now = int(time.time())
        claims: dict[str, Any] = {"iss": "argus", "aud": "argus", "iat": now, "exp": now + 900}
        claims |= {"sub": "ada", "sid": session_id} if session_id else {"sub": "service:search"}
        return bearer(self.keys.signing.sign(claims))


@pytest.fixture
async def world(fresh_redis_url: str) -> AsyncIterator[World]:
    async with open_redis(fresh_redis_url) as redis, running(World(ClosedSessions(redis))) as made:
        await redis.flushdb()
        yield made


@asynccontextmanager
async def running(world: World) -> AsyncIterator[World]:
    add_embedder: Callable[..., None] = embedder_pb2_grpc.add_EmbedderServiceServicer_to_server
    add_images: Callable[..., None] = image_pb2_grpc.add_ImageServiceServicer_to_server
    async with (
        serving(
            RuntimeSettings(**(COMMON | {"redis_url": "redis://unused"})),
            servicers=[partial(add_embedder, world.embedder), partial(add_images, world.images)],
            verifier=world.verifier,
            dependencies=[],
        ) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        world.stub = embedder_pb2_grpc.EmbedderServiceStub(channel)
        world.image_stub = image_pb2_grpc.ImageServiceStub(channel)
        yield world


class Texts:
    """A stream of texts that stays open."""

    def __init__(self, world: World, session_id: str) -> None:
        self.call: Any = world.stub.EmbedTexts(metadata=world.who(session_id))

    async def ask(self, item_id: str) -> str:
        await self.call.write(embedder_pb2.EmbedTextsRequest(item_id=item_id))
        answer = await self.call.read()
        return str(answer.item_id)


async def refusal(reading: Any) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await reading
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    return str(error_info(caught.value).reason)


async def test_every_kind_of_stream_ends_with_its_session_and_no_other_does(world: World) -> None:
    idle, others, service = Texts(world, "s1"), Texts(world, "s2"), Texts(world, "")
    for stream in (idle, others, service):
        assert await stream.ask("1") == "1"
    busy: Any = world.stub.EmbedImages(metadata=world.who("s1"))
    await busy.write(embedder_pb2.EmbedImagesRequest(item_id="1"))
    await world.embedder.begun.wait()
    download: Any = world.image_stub.DownloadImage(
        image_pb2.DownloadImageRequest(image_id=IMAGE), metadata=world.who("s1")
    )
    assert (await download.read()).data == b"first"

    await world.sessions.close("s1", remember_s=60)

    assert await refusal(idle.call.read()) == "SESSION_CLOSED"
    assert await refusal(busy.read()) == "SESSION_CLOSED"
    assert await refusal(download.read()) == "SESSION_CLOSED"
    await world.embedder.cleaned.wait()
    assert [await stream.ask("2") for stream in (others, service)] == ["2", "2"]


async def test_every_kind_of_stream_ends_with_its_token_and_a_service_s_goes_on(
    world: World,
) -> None:
    idle, service = Texts(world, "s1"), Texts(world, "")
    for stream in (idle, service):
        assert await stream.ask("1") == "1"
    busy: Any = world.stub.EmbedImages(metadata=world.who("s1"))
    await busy.write(embedder_pb2.EmbedImagesRequest(item_id="1"))
    await world.embedder.begun.wait()
    download: Any = world.image_stub.DownloadImage(
        image_pb2.DownloadImageRequest(image_id=IMAGE), metadata=world.who("s1")
    )
    assert (await download.read()).data == b"first"

    # Not before its time, and no earlier than a new call would be refused.
    world.late_s = 900 + CLOCK_SKEW_S - 60
    assert await idle.ask("2") == "2"
    world.late_s = 900 + CLOCK_SKEW_S + 1

    assert await refusal(idle.call.read()) == "TOKEN_EXPIRED"
    assert await refusal(busy.read()) == "TOKEN_EXPIRED"
    assert await refusal(download.read()) == "TOKEN_EXPIRED"
    assert await service.ask("2") == "2"
    # The session is still open: with a fresh token the client goes on.
    world.late_s = 0
    assert await Texts(world, "s1").ask("3") == "3"


async def test_a_unary_call_under_way_is_answered(world: World) -> None:
    call: Any = world.stub.ListModels(embedder_pb2.ListModelsRequest(), metadata=world.who("s1"))
    await world.embedder.begun.wait()
    stream = Texts(world, "s1")
    assert await stream.ask("1") == "1"
    await world.sessions.close("s1", remember_s=60)
    assert await refusal(stream.call.read()) == "SESSION_CLOSED"
    world.embedder.go.set()
    await call


async def all_of(call: Any) -> list[Any]:
    return [answer async for answer in call]


async def test_a_users_stream_ends_after_the_longest_time_and_a_services_does_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shorter(service: str) -> dict[str, MethodPolicy]:
        return {
            method: replace(policy, deadline_s=0.2) if policy.streaming else policy
            for method, policy in policies_of_service(service).items()
        }

    monkeypatch.setattr("services.runtime.server.policies_of_service", shorter)
    async with running(world):
        of_a_service = Texts(world, "")
        assert await of_a_service.ask("first") == "first"
        # Opened later, so when it ends the other's time would have passed.
        of_a_user = Texts(world, "session")
        download = world.image_stub.DownloadImage(
            image_pb2.DownloadImageRequest(image_id=IMAGE), metadata=world.who("session")
        )
        for call in (of_a_user.call, download):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await all_of(call)
            assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            assert error_info(caught.value).metadata["max_seconds"] == "0.2"
        assert await of_a_service.ask("second") == "second"
        await of_a_service.call.done_writing()
