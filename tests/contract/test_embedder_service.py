"""What search relies on of an embedder, shown on the real one and on the one that tests use.

Asked through search's own adapters: the queries' short streams and the indexer's long one.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from typing import Any

import grpc
import numpy as np
import pytest
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from pydantic import SecretStr

from services.embedder.settings import EmbedderSettings
from services.embedder.wiring import build as build_embedder
from services.runtime.errors import InvalidInput
from services.runtime.identity import Identity, enter_identity
from services.runtime.outgoing import ServiceToken
from services.runtime.server import RunningServer
from services.search.embed_stream import EmbedStream
from services.search.errors import EmbedderUnavailable
from services.search.grpc_queries import GrpcQueryEmbedder
from services.search.grpc_space import CurrentSpace
from tests.colours import ColourEmbedder, picture, running_colours
from tests.services import COMMON, SERVICE_SECRET, running_auth
from tests.unit.embedder.models import MODEL_DIR


@dataclass
class Embedder:
    """An embedder as search sees it."""

    queries: GrpcQueryEmbedder
    stream: EmbedStream
    user: Identity


@pytest.fixture(scope="module")
async def auth(fresh_postgres_url: str, fresh_redis_url: str) -> AsyncIterator[RunningServer]:
    async with running_auth(fresh_postgres_url, fresh_redis_url) as server:
        yield server


@pytest.fixture(scope="module")
async def user(auth: RunningServer) -> Identity:
    async with grpc.aio.insecure_channel(auth.address) as channel:
        made = await auth_pb2_grpc.AuthServiceStub(channel).Register(
            auth_pb2.RegisterRequest(email="eve@example.org", password="a long password")
        )
    return Identity(made.user.user_id, "", "", made.access_token)


@pytest.fixture(scope="module", params=["colours", "compact"])
async def embedder(
    request: pytest.FixtureRequest, auth: RunningServer, user: Identity, fresh_redis_url: str
) -> AsyncIterator[Embedder]:
    urls: dict[str, Any] = {"auth_url": auth.address, "redis_url": fresh_redis_url}
    running: AbstractAsyncContextManager[RunningServer]
    if request.param == "colours":
        running = running_colours(ColourEmbedder(), **urls)
    else:
        running = build_embedder(EmbedderSettings(**(COMMON | urls), model_dir=MODEL_DIR))
    async with (
        running as server,
        grpc.aio.insecure_channel(server.address) as channel,
        grpc.aio.insecure_channel(auth.address) as auth_channel,
    ):
        token = ServiceToken(auth_channel, service="search", secret=SecretStr(SERVICE_SECRET))
        space = CurrentSpace(channel, token)
        async with aclosing(EmbedStream(channel, token, space)) as stream:
            yield Embedder(GrpcQueryEmbedder(channel, space), stream, user)


async def test_every_vector_is_of_the_listed_space_and_of_unit_length(embedder: Embedder) -> None:
    enter_identity(embedder.user)
    space = await embedder.stream.space()
    for embedded in (
        await embedder.queries.embed_text("red"),
        await embedder.queries.embed_image(picture("red")),
        await embedder.stream.embed("a", picture("red")),
    ):
        assert embedded.space == space
        assert len(embedded.vector) == space.dimension
        assert np.linalg.norm(embedded.vector) == pytest.approx(1.0, abs=1e-3)


async def test_one_image_has_one_vector_however_it_is_asked_for(embedder: Embedder) -> None:
    enter_identity(embedder.user)
    colours = ["red", "lime", "blue", "white", "black", "yellow"] * 4
    streamed = await asyncio.gather(
        *(embedder.stream.embed(colour, picture(colour)) for colour in colours)
    )
    for colour, embedded in zip(colours, streamed, strict=True):
        alone = await embedder.queries.embed_image(picture(colour))
        assert np.dot(embedded.vector, alone.vector) >= 0.9999


@pytest.mark.parametrize(
    ("image", "reason"), [(b"", "IMAGE_EMPTY"), (b"no image", "IMAGE_UNREADABLE")]
)
async def test_a_bad_image_harms_only_itself(embedder: Embedder, image: bytes, reason: str) -> None:
    enter_identity(embedder.user)
    good, bad, other = await asyncio.gather(
        embedder.stream.embed("good", picture("red")),
        embedder.stream.embed("bad", image),
        embedder.stream.embed("other", picture("blue")),
        return_exceptions=True,
    )
    assert isinstance(bad, InvalidInput)
    assert bad.reason == reason
    assert not isinstance(good, BaseException)
    assert not isinstance(other, BaseException)
    with pytest.raises(InvalidInput) as caught:
        await embedder.queries.embed_image(image)
    assert caught.value.reason == reason


async def test_long_text_is_cut_with_a_flag(embedder: Embedder) -> None:
    enter_identity(embedder.user)
    assert (await embedder.queries.embed_text("red " * 10_000)).truncated
    assert not (await embedder.queries.embed_text("red")).truncated


async def test_an_embedder_that_is_not_there_is_unavailable(user: Identity) -> None:
    enter_identity(user)
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        token = ServiceToken(channel, service="search", secret=SecretStr(SERVICE_SECRET))
        queries = GrpcQueryEmbedder(channel, CurrentSpace(channel, token))
        with pytest.raises(EmbedderUnavailable) as caught:
            await queries.embed_text("red")
        assert "127.0.0.1" not in caught.value.message
