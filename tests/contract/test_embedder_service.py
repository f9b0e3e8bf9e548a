"""What search relies on of an embedder, shown on the real one and on the one that tests use.

Asked through search's own adapters: the queries' short streams and the indexer's long one, and
what inspection asks.
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
from PIL import Image
from pydantic import SecretStr

from services.clients.errors import EmbedderUnavailable
from services.clients.query_embedder import GrpcQueryEmbedder
from services.clients.space import CurrentSpace
from services.embedder.settings import EmbedderSettings
from services.embedder.wiring import build as build_embedder
from services.inspection.errors import ModelNotFound, PatchSizeUnsupported
from services.inspection.model import CalibrationSettings, PatchGrid, Scorer, View
from services.inspection.peers.grpc_models import GrpcModels
from services.inspection.peers.grpc_patches import GrpcPatchExtractor
from services.runtime.errors import InvalidInput, NotFound
from services.runtime.identity import Identity, enter_identity
from services.runtime.outgoing import ServiceToken
from services.runtime.server import RunningServer
from services.search.indexing.embed_stream import EmbedStream
from tests.support.colours import ColourEmbedder, picture, running_colours
from tests.support.model_dir import MODEL_DIR
from tests.support.pictures import encoded
from tests.support.services import COMMON, SERVICE_SECRET, running_auth


@dataclass
class Embedder:
    """An embedder as search sees it."""

    queries: GrpcQueryEmbedder
    stream: EmbedStream
    patches: GrpcPatchExtractor
    models: GrpcModels
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
        async with (
            aclosing(EmbedStream(channel, token, space)) as stream,
            aclosing(GrpcPatchExtractor(channel, token)) as patches,
        ):
            yield Embedder(
                GrpcQueryEmbedder(channel, space),
                stream,
                patches,
                GrpcModels(channel, token),
                user,
            )


async def test_every_vector_is_of_the_listed_space_and_of_unit_length(embedder: Embedder) -> None:
    enter_identity(embedder.user)
    space = (await embedder.stream.spaces())[0]
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


def textured(width: int, height: int, *, spot: tuple[float, float] | None = None) -> bytes:
    """A PNG of grey noise, perhaps with a red spot at these fractions of its sides."""
    noise = np.random.default_rng(5).integers(90, 160, (height, width, 1), np.uint8)
    pixels = np.repeat(noise, 3, axis=2)
    if spot is not None:
        x, y, side = int(spot[0] * width), int(spot[1] * height), min(width, height) // 8
        pixels[y : y + side, x : x + side] = (250, 10, 10)
    return encoded(Image.fromarray(pixels))


async def extract(
    embedder: Embedder, image: bytes, *, size: int = 0, model: str = "", interactive: bool = True
) -> PatchGrid:
    enter_identity(embedder.user)
    return await embedder.patches.patches(image, model=model, size=size, interactive=interactive)


async def test_patch_features_are_seen_at_a_scale_and_with_standard_levels(
    embedder: Embedder,
) -> None:
    enter_identity(embedder.user)

    async def seen(view: View) -> PatchGrid:
        return await embedder.patches.patches(
            textured(400, 200), model="", size=0, interactive=False, view=view
        )

    at_size = await extract(embedder, textured(400, 200), size=100)
    at_scale = await seen(View(0.5, standard_levels=False))
    assert np.array_equal(at_scale.values, at_size.values)
    standard = await seen(View(0.5))
    assert standard.values.shape == at_size.values.shape
    assert not np.array_equal(standard.values, at_size.values)


@pytest.mark.parametrize("interactive", [True, False])
async def test_patch_features_are_of_the_listed_model_and_length(
    embedder: Embedder, interactive: bool
) -> None:
    space = (await embedder.stream.spaces())[0]
    settings = await embedder.models.resolve(CalibrationSettings())
    assert settings.model == space.model
    own = await extract(embedder, textured(300, 300), interactive=interactive)
    named = await extract(
        embedder,
        textured(300, 300),
        model=settings.model,
        size=settings.size,
        interactive=interactive,
    )
    for grid in (own, named):
        assert (grid.model, grid.model_version) == (space.model, space.version)
        assert grid.values.ndim == 3
        assert grid.values.dtype == np.dtype("<f2")
        assert np.isfinite(grid.values).all()
        assert grid.values.any()
    np.testing.assert_allclose(
        own.values.astype(float), named.values.astype(float), rtol=0.05, atol=0.05
    )


async def test_patches_keep_the_aspect_up_to_four_to_one(embedder: Embedder) -> None:
    square, wide, tall, very_tall = await asyncio.gather(
        *(
            extract(embedder, textured(*sides), size=128)
            for sides in ((300, 300), (600, 200), (200, 600), (100, 900))
        )
    )
    assert square.values.shape[0] == square.values.shape[1]
    assert wide.values.shape[1] == pytest.approx(3 * wide.values.shape[0], abs=1)
    assert tall.values.shape[0] == pytest.approx(3 * tall.values.shape[1], abs=1)
    assert very_tall.values.shape[0] == 4 * very_tall.values.shape[1]
    dot = await extract(embedder, textured(1, 1), size=128)
    assert dot.values.shape == square.values.shape


async def test_patches_come_with_what_the_picture_looks_like(embedder: Embedder) -> None:
    found = await extract(embedder, textured(600, 200), size=128)
    even = await extract(embedder, picture("white"), size=128)
    assert found.frame is not None
    assert even.frame is not None
    assert (found.frame.width, found.frame.height) == (600, 200)
    assert found.frame.stats.contrast > 1
    assert found.frame.stats.detail >= found.frame.stats.noise > 0
    assert (even.frame.stats.extent, even.frame.stats.white) == (0, 1)


async def test_a_greater_size_gives_more_patches(embedder: Embedder) -> None:
    small = await extract(embedder, textured(512, 512), size=128)
    great = await extract(embedder, textured(512, 512), size=256)
    assert great.values.shape[0] == 2 * small.values.shape[0]
    for size in (1, 4096):
        with pytest.raises(InvalidInput) as caught:
            await extract(embedder, textured(64, 64), size=size)
        assert caught.value.reason == "PATCH_SIZE_UNSUPPORTED"


async def test_patch_features_change_most_where_the_image_does(embedder: Embedder) -> None:
    plain = await extract(embedder, textured(400, 200), size=128)
    spoilt = await extract(embedder, textured(400, 200, spot=(0.75, 0.25)), size=128)
    moved = np.linalg.norm(plain.values.astype(float) - spoilt.values.astype(float), axis=2)
    row, column = np.unravel_index(moved.argmax(), moved.shape)
    assert 0.25 <= (row + 0.5) / moved.shape[0] <= 0.375 + 0.5 / moved.shape[0]
    assert 0.75 <= (column + 0.5) / moved.shape[1] <= 0.8125 + 0.5 / moved.shape[1]


async def test_an_image_has_the_same_patches_alone_and_among_others(embedder: Embedder) -> None:
    images = [textured(200, 200, spot=(n / 8, n / 8)) for n in range(7)]
    streamed = await asyncio.gather(
        *(extract(embedder, image, size=128, interactive=False) for image in images * 3)
    )
    for number, grid in enumerate(streamed):
        alone = await extract(embedder, images[number % len(images)], size=128)
        a, b = (one.values.astype(float).reshape(-1) for one in (grid, alone))
        assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) >= 0.999


@pytest.mark.parametrize(
    ("image", "reason"), [(b"", "IMAGE_EMPTY"), (b"no image", "IMAGE_UNREADABLE")]
)
async def test_a_bad_image_has_no_patches_and_harms_no_other(
    embedder: Embedder, image: bytes, reason: str
) -> None:
    good, bad, other = await asyncio.gather(
        *(
            extract(embedder, one, interactive=False)
            for one in (picture("red"), image, picture("blue"))
        ),
        return_exceptions=True,
    )
    assert isinstance(bad, InvalidInput)
    assert bad.reason == reason
    assert isinstance(good, PatchGrid)
    assert isinstance(other, PatchGrid)
    with pytest.raises(InvalidInput) as caught:
        await extract(embedder, image)
    assert caught.value.reason == reason


@pytest.mark.parametrize("interactive", [True, False])
async def test_a_model_that_is_not_there_is_said_so_and_harms_no_other(
    embedder: Embedder, interactive: bool
) -> None:
    good, bad = await asyncio.gather(
        extract(embedder, picture("red"), interactive=interactive),
        extract(embedder, picture("red"), model="nothing", interactive=interactive),
        return_exceptions=True,
    )
    assert isinstance(bad, NotFound)
    assert bad.reason == "MODEL_NOT_FOUND"
    assert isinstance(good, PatchGrid)


async def test_settings_are_completed_or_refused_as_the_model_is(embedder: Embedder) -> None:
    space = (await embedder.stream.spaces())[0]
    chosen = await embedder.models.resolve(CalibrationSettings(coreset_size=7))
    assert (chosen.model, chosen.coreset_size) == (space.model, 7)
    assert chosen.size > 0
    assert await embedder.models.resolve(chosen) == chosen
    knn = await embedder.models.resolve(CalibrationSettings(scorer=Scorer.IMAGE_KNN))
    assert knn.model == space.model
    assert await embedder.models.resolve(knn) == knn
    with pytest.raises(ModelNotFound, match="there is no model nothing"):
        await embedder.models.resolve(CalibrationSettings(model="nothing"))
    for size in (1, 4096):
        with pytest.raises(PatchSizeUnsupported) as caught:
            await embedder.models.resolve(CalibrationSettings(size=size))
        assert caught.value.field == "settings.size"


async def test_an_embedder_that_is_not_there_is_unavailable(user: Identity) -> None:
    enter_identity(user)
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        token = ServiceToken(channel, service="search", secret=SecretStr(SERVICE_SECRET))
        queries = GrpcQueryEmbedder(channel, CurrentSpace(channel, token))
        patches = GrpcPatchExtractor(channel, token)
        for call in (
            queries.embed_text("red"),
            patches.patches(picture("red"), model="", size=0, interactive=True),
            patches.patches(picture("red"), model="", size=0, interactive=False),
            GrpcModels(channel, token).resolve(CalibrationSettings()),
        ):
            with pytest.raises(EmbedderUnavailable) as caught:
                await call
            assert "127.0.0.1" not in caught.value.message
