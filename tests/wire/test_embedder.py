"""The embedder over a real socket, with the compact model and a real auth beside it."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, TypeVar

import grpc
import numpy as np
import pytest
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from PIL import Image

from services.embedder.errors import ModelUnavailable
from services.embedder.settings import EmbedderSettings
from services.embedder.wiring import build
from services.runtime.server import RunningServer
from tests.services import COMMON, SERVICE_SECRET, bearer, error_info, running_auth
from tests.unit.embedder.models import MODEL_DIR
from tests.unit.imaging import files

if TYPE_CHECKING:
    Stub = embedder_pb2_grpc.EmbedderServiceAsyncStub

R = TypeVar("R")
Metadata = tuple[tuple[str, str], ...]


@pytest.fixture(scope="module")
async def auth(fresh_postgres_url: str, fresh_redis_url: str) -> AsyncIterator[RunningServer]:
    async with running_auth(fresh_postgres_url, fresh_redis_url) as server:
        yield server


@pytest.fixture(scope="module")
async def server(auth: RunningServer, fresh_redis_url: str) -> AsyncIterator[RunningServer]:
    settings = EmbedderSettings(
        **COMMON, redis_url=fresh_redis_url, auth_url=auth.address, model_dir=MODEL_DIR
    )
    async with build(settings) as running:
        yield running


@pytest.fixture(scope="module")
async def service(auth: RunningServer) -> Metadata:
    async with grpc.aio.insecure_channel(auth.address) as channel:
        issued = await auth_pb2_grpc.AuthServiceStub(channel).IssueServiceToken(
            auth_pb2.IssueServiceTokenRequest(service="search", secret=SERVICE_SECRET)
        )
    return bearer(issued.access_token)


@pytest.fixture(scope="module")
async def user(auth: RunningServer) -> Metadata:
    async with grpc.aio.insecure_channel(auth.address) as channel:
        made = await auth_pb2_grpc.AuthServiceStub(channel).Register(
            auth_pb2.RegisterRequest(email="eve@example.org", password="a long password")
        )
    return bearer(made.access_token)


@pytest.fixture(scope="module")
async def stub(server: RunningServer) -> AsyncIterator["Stub"]:
    async with grpc.aio.insecure_channel(server.address) as channel:
        yield embedder_pb2_grpc.EmbedderServiceStub(channel)


async def embed_images(
    stub: "Stub", token: Metadata, images: dict[str, bytes], model: str = ""
) -> dict[str, embedder_pb2.EmbedImagesResponse]:
    requests = (
        embedder_pb2.EmbedImagesRequest(item_id=name, image=image, model=model)
        for name, image in images.items()
    )
    call = stub.EmbedImages(_stream(requests), metadata=token, timeout=60)
    answers = [answer async for answer in call]
    assert sorted(answer.item_id for answer in answers) == sorted(images)
    return {answer.item_id: answer for answer in answers}


async def embed_texts(
    stub: "Stub", token: Metadata, texts: Iterable[str]
) -> list[embedder_pb2.EmbedTextsResponse]:
    requests = (
        embedder_pb2.EmbedTextsRequest(item_id=str(index), text=text)
        for index, text in enumerate(texts)
    )
    call = stub.EmbedTexts(_stream(requests), metadata=token, timeout=60)
    return sorted([answer async for answer in call], key=lambda answer: int(answer.item_id))


async def _stream(requests: Iterable[R]) -> AsyncIterator[R]:
    for request in requests:
        yield request


def reason(status: status_pb2.Status) -> str:
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    why: str = info.reason
    return why


def good() -> dict[str, bytes]:
    cat = Image.open(files.SAMPLES / "chelsea.png").convert("RGB")
    deep = io.BytesIO()
    grey = np.asarray(cat.convert("L")).astype(np.uint16) * 257
    Image.fromarray(grey).save(deep, "PNG")
    turned = cat.transpose(Image.Transpose.ROTATE_90)
    frames = [cat, Image.new("RGB", cat.size)]
    return {
        "png": files.sample("chelsea.png"),
        "jpeg": files.encode(cat, "JPEG"),
        "cmyk": files.encode(cat.convert("CMYK"), "JPEG"),
        "16-bit": deep.getvalue(),
        "exif": files.encode(turned, "JPEG", exif=files.exif(6)),
        "animated": files.encode(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        "avif": files.encode(cat, "AVIF"),
    }


async def test_lists_the_model(stub: "Stub", user: Metadata) -> None:
    listed = await stub.ListModels(embedder_pb2.ListModelsRequest(), metadata=user)
    (model,) = listed.models
    assert (model.model, model.dimension, model.default) == ("compact", 512, True)
    assert (model.image_size, model.context_length, model.runtime) == (224, 256, "openvino")
    assert len(model.version) == 16


async def test_pictures_of_one_cat_in_every_coding_are_alike(
    stub: "Stub", service: Metadata
) -> None:
    answers = await embed_images(stub, service, good())
    vectors = {name: np.array(answer.embedding.values) for name, answer in answers.items()}
    for name, vector in vectors.items():
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-4), name
        # Without its colours a tabby is still a cat, but looks different.
        assert vector @ vectors["png"] > (0.6 if name == "16-bit" else 0.9), name
    listed = await stub.ListModels(embedder_pb2.ListModelsRequest(), metadata=service)
    assert {(a.embedding.model, a.embedding.model_version) for a in answers.values()} == {
        ("compact", listed.models[0].version)
    }


async def test_words_find_the_right_picture_for_a_user_as_well(
    stub: "Stub", user: Metadata
) -> None:
    names = ["chelsea.png", "rocket.jpg", "coffee.png"]
    images = await embed_images(stub, user, {name: files.sample(name) for name in names})
    texts = await embed_texts(stub, user, ["a cat", "a rocket", "a cup of coffee"])
    pictures = np.array([images[name].embedding.values for name in names])
    words = np.array([text.embedding.values for text in texts])
    assert (words @ pictures.T).argmax(axis=1).tolist() == [0, 1, 2]


async def test_broken_images_get_reasons_and_harm_no_other(stub: "Stub", service: Metadata) -> None:
    expected = {
        "empty": (b"", "IMAGE_EMPTY"),
        "cut": (files.sample("rocket.jpg")[:20_000], "IMAGE_UNREADABLE"),
        "text": (b"I say I am a picture", "IMAGE_UNREADABLE"),
        "svg": (files.SVG, "IMAGE_UNREADABLE"),
        "bomb": (files.zip_bomb(), "TOO_MANY_PIXELS"),
    }
    one = files.encode(Image.new("RGB", (1, 1)), "PNG")
    images = {name: image for name, (image, _) in expected.items()}
    images |= {"good": files.sample("coffee.png"), "1x1": one}
    answers = await embed_images(stub, service, images)
    for name, (_, why) in expected.items():
        assert reason(answers[name].error) == why
        assert answers[name].error.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert len(answers["good"].embedding.values) == len(answers["1x1"].embedding.values) == 512


async def test_an_item_that_breaks_the_contract_is_answered_alone(
    stub: "Stub", service: Metadata
) -> None:
    texts = await embed_texts(stub, service, ["", "a cat"])
    assert reason(texts[0].error) == "INVALID_REQUEST"
    assert texts[1].HasField("embedding")
    answers = await embed_images(stub, service, {"": files.sample("coffee.png")})
    assert reason(answers[""].error) == "INVALID_REQUEST"


async def test_ten_thousand_words_are_cut_with_a_flag(stub: "Stub", service: Metadata) -> None:
    long, short = await embed_texts(stub, service, ["word " * 10_000, "word"])
    assert (long.truncated, short.truncated) == (True, False)
    assert len(long.embedding.values) == 512


async def test_an_unknown_model_ends_the_stream(stub: "Stub", service: Metadata) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await embed_images(stub, service, {"a": files.sample("coffee.png")}, model="other")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert error_info(caught.value).reason == "MODEL_NOT_FOUND"
    named = await embed_images(stub, service, {"a": files.sample("coffee.png")}, model="compact")
    assert named["a"].HasField("embedding")


async def test_nobody_embeds_without_a_token(stub: "Stub") -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await embed_images(stub, (), {"a": files.sample("coffee.png")})
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(grpc.aio.AioRpcError):
        await embed_texts(stub, (), ["a cat"])
    with pytest.raises(grpc.aio.AioRpcError):
        await stub.ListModels(embedder_pb2.ListModelsRequest())


async def test_vectors_do_not_depend_on_who_else_asks(stub: "Stub", service: Metadata) -> None:
    names = ["chelsea.png", "rocket.jpg", "coffee.png", "astronaut.png", "brick.png"]
    images = {name: files.sample(name) for name in names}
    crowds = await asyncio.gather(*(embed_images(stub, service, images) for _ in range(4)))
    for name, image in images.items():
        alone = await embed_images(stub, service, {name: image})
        vector = np.array(alone[name].embedding.values)
        for crowd in crowds:
            assert vector @ np.array(crowd[name].embedding.values) > 0.9999


async def test_a_stream_longer_than_the_window_is_answered_whole(
    stub: "Stub", service: Metadata
) -> None:
    small = files.encode(files.picture(64, 48), "JPEG")
    answers = await embed_images(stub, service, {str(index): small for index in range(150)})
    assert all(answer.HasField("embedding") for answer in answers.values())


async def test_a_stream_that_is_cancelled_leaves_the_service_well(
    stub: "Stub", server: RunningServer, service: Metadata
) -> None:
    async def endless() -> AsyncIterator[embedder_pb2.EmbedImagesRequest]:
        while True:
            yield embedder_pb2.EmbedImagesRequest(item_id="x", image=files.sample("coffee.png"))

    call = stub.EmbedImages(endless(), metadata=service)
    async for _ in call:
        call.cancel()
        break
    texts = await embed_texts(stub, service, ["a cat"])
    assert texts[0].HasField("embedding")
    async with grpc.aio.insecure_channel(server.address) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        for name in ("", "model", "argus.embedder.v1.EmbedderService"):
            answer = await health.Check(  # type: ignore[attr-defined] # its stubs lack the stub
                health_pb2.HealthCheckRequest(service=name)
            )
            assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_overload_ends_the_stream_and_says_when_to_come_back(
    auth: RunningServer, fresh_redis_url: str, service: Metadata
) -> None:
    settings = EmbedderSettings(
        **COMMON,
        redis_url=fresh_redis_url,
        auth_url=auth.address,
        model_dir=MODEL_DIR,
        embedder_max_images=1,
    )
    async with (
        build(settings) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        stub = embedder_pb2_grpc.EmbedderServiceStub(channel)
        images = {str(index): files.sample("astronaut.png") for index in range(2)}
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await embed_images(stub, service, images)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert error_info(caught.value).reason == "OVERLOADED"
        alone = await embed_images(stub, service, {"0": images["0"]})
        assert alone["0"].HasField("embedding")


async def test_it_does_not_start_without_its_model(
    auth: RunningServer, fresh_redis_url: str
) -> None:
    settings = EmbedderSettings(
        **COMMON,
        redis_url=fresh_redis_url,
        auth_url=auth.address,
        model_dir=MODEL_DIR,
        model="local-dir:/nowhere",
    )
    with pytest.raises(ModelUnavailable, match="local-dir:/nowhere"):
        async with build(settings):
            pass
