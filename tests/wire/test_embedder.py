"""The embedder over a real socket, with the compact model and a real auth beside it."""

import asyncio
import itertools
import os
import signal
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
import numpy as np
import psutil
import pytest
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc, network_pb2, network_pb2_grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from PIL import Image

from services.embedder.errors import ModelUnavailable
from services.embedder.models.crops import crop_boxes, tile_boxes
from services.embedder.settings import EmbedderSettings
from services.embedder.wiring import build
from services.runtime.message_limits import MessagePace
from services.runtime.server import RunningServer
from services.runtime.telemetry import Providers
from tests.support import pictures
from tests.support.eventually import eventually
from tests.support.measuring import Measured
from tests.support.model_dir import MODEL_DIR
from tests.support.services import (
    COMMON,
    SERVICE_SECRET,
    bearer,
    error_info,
    retry_after_s,
    running_auth,
)

if TYPE_CHECKING:
    Stub = embedder_pb2_grpc.EmbedderServiceAsyncStub
else:
    Stub = embedder_pb2_grpc.EmbedderServiceStub

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
    stub: "Stub",
    token: Metadata,
    images: dict[str, bytes],
    model: str = "",
    *,
    crops: bool = False,
    tiles: bool = False,
    priority: embedder_pb2.Priority = embedder_pb2.PRIORITY_UNSPECIFIED,
) -> dict[str, embedder_pb2.EmbedImagesResponse]:
    requests = (
        embedder_pb2.EmbedImagesRequest(
            item_id=name, image=image, model=model, crops=crops, tiles=tiles, priority=priority
        )
        for name, image in images.items()
    )
    call = stub.EmbedImages(stream_of(requests), metadata=token, timeout=60)
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
    call = stub.EmbedTexts(stream_of(requests), metadata=token, timeout=60)
    return sorted([answer async for answer in call], key=lambda answer: int(answer.item_id))


async def extract_patches(
    stub: "Stub", token: Metadata, images: dict[str, bytes], size: int = 0
) -> dict[str, embedder_pb2.ExtractPatchesResponse]:
    requests = (
        embedder_pb2.ExtractPatchesRequest(item_id=name, image=image, size=size)
        for name, image in images.items()
    )
    call = stub.ExtractPatches(stream_of(requests), metadata=token, timeout=60)
    return {answer.item_id: answer async for answer in call}


async def health(server: RunningServer, name: str = "") -> health_pb2.HealthCheckResponse:
    async with grpc.aio.insecure_channel(server.address) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)  # its stubs leave the methods out
        answer: health_pb2.HealthCheckResponse
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=name))
        return answer


async def becomes(server: RunningServer, status: int) -> None:
    """Waits until the service says so of itself."""

    async def said() -> bool:
        return (await health(server)).status == status

    await eventually(said, f"the service says that its status is {status}")


def workers() -> list[psutil.Process]:
    """The processes that run models for servers of this one."""
    return [
        child
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and "services.embedder.worker" in child.cmdline()
    ]


def photos(count: int) -> dict[str, bytes]:
    """Photographs that were never asked for before: pieces of one."""
    whole = Image.open(pictures.SAMPLES / "astronaut.png").convert("RGB")
    places = [divmod(next(_places), 256) for _ in range(count)]
    return {
        f"{x}-{y}": pictures.encoded(whole.crop((x, y, x + 256, y + 256)), "JPEG")
        for x, y in places
    }


_places = itertools.count()


async def stream_of(requests: Iterable[R]) -> AsyncIterator[R]:
    for request in requests:
        yield request


def reason(status: status_pb2.Status) -> str:
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    why: str = info.reason
    return why


def good() -> dict[str, bytes]:
    cat = Image.open(pictures.SAMPLES / "chelsea.png").convert("RGB")
    grey = np.asarray(cat.convert("L")).astype(np.uint16) * 257
    turned = cat.transpose(Image.Transpose.ROTATE_90)
    frames = [cat, Image.new("RGB", cat.size)]
    return {
        "png": pictures.sample("chelsea.png"),
        "jpeg": pictures.encoded(cat, "JPEG"),
        "cmyk": pictures.encoded(cat.convert("CMYK"), "JPEG"),
        "16-bit": pictures.encoded(Image.fromarray(grey)),
        "exif": pictures.encoded(turned, "JPEG", exif=pictures.exif(6)),
        "animated": pictures.encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        "avif": pictures.encoded(cat, "AVIF"),
    }


async def test_messages_of_users_are_read_at_their_pace_and_those_of_services_are_not(
    stub: "Stub", user: Metadata, service: Metadata, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str]] = []

    def wait_s(_pace: MessagePace, user_id: str, cost: str) -> float:
        seen.append((user_id, cost))
        return 0

    monkeypatch.setattr(MessagePace, "wait_s", wait_s)
    assert len(await embed_texts(stub, service, ["a", "b"])) == 2
    assert seen == []
    assert len(await embed_texts(stub, user, ["a", "b", "c"])) == 3
    [(user_id, cost)] = {*seen}
    assert (len(seen), cost) == (3, "embed")
    assert user_id


async def test_lists_the_model(stub: "Stub", user: Metadata) -> None:
    listed = await stub.ListModels(embedder_pb2.ListModelsRequest(), metadata=user)
    model = listed.models[0]
    assert (model.model, model.dimension, model.default) == ("compact", 512, True)
    assert (model.image_size, model.context_length) == (224, 256)
    assert model.runtime.startswith("openvino")
    assert "cosine" in model.runtime_reason
    assert len(model.version) == 16
    assert model.preprocessing.startswith("compact/")
    assert set(model.modalities) == {
        embedder_pb2.MODALITY_IMAGE,
        embedder_pb2.MODALITY_TEXT,
        embedder_pb2.MODALITY_PATCHES,
    }
    assert model.residency == embedder_pb2.RESIDENCY_RESIDENT
    assert model.memory_bytes > 2**26
    assert model.patches.min_size <= model.patches.size <= model.patches.max_size


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
    images = await embed_images(stub, user, {name: pictures.sample(name) for name in names})
    texts = await embed_texts(stub, user, ["a cat", "a rocket", "a cup of coffee"])
    vectors = np.array([images[name].embedding.values for name in names])
    words = np.array([text.embedding.values for text in texts])
    assert (words @ vectors.T).argmax(axis=1).tolist() == [0, 1, 2]


async def test_broken_images_get_reasons_and_harm_no_other(stub: "Stub", service: Metadata) -> None:
    expected = {
        "empty": (b"", "IMAGE_EMPTY"),
        "cut": (pictures.sample("rocket.jpg")[:20_000], "IMAGE_UNREADABLE"),
        "text": (b"I say I am a picture", "IMAGE_UNREADABLE"),
        "svg": (pictures.SVG, "IMAGE_UNSUPPORTED"),
        "bomb": (pictures.zip_bomb(), "TOO_MANY_PIXELS"),
    }
    one = pictures.encoded(Image.new("RGB", (1, 1)), "PNG")
    images = {name: image for name, (image, _) in expected.items()}
    images |= {"good": pictures.sample("coffee.png"), "1x1": one}
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
    answers = await embed_images(stub, service, {"": pictures.sample("coffee.png")})
    assert reason(answers[""].error) == "INVALID_REQUEST"


async def test_ten_thousand_words_are_cut_with_a_flag(stub: "Stub", service: Metadata) -> None:
    long, short = await embed_texts(stub, service, ["word " * 10_000, "word"])
    assert (long.truncated, short.truncated) == (True, False)
    assert len(long.embedding.values) == 512


async def test_an_unknown_model_ends_the_stream(stub: "Stub", service: Metadata) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await embed_images(stub, service, {"a": pictures.sample("coffee.png")}, model="other")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert error_info(caught.value).reason == "MODEL_NOT_FOUND"
    named = await embed_images(stub, service, {"a": pictures.sample("coffee.png")}, model="compact")
    assert named["a"].HasField("embedding")


async def test_nobody_embeds_without_a_token(stub: "Stub") -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await embed_images(stub, (), {"a": pictures.sample("coffee.png")})
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(grpc.aio.AioRpcError):
        await embed_texts(stub, (), ["a cat"])
    with pytest.raises(grpc.aio.AioRpcError):
        await stub.ListModels(embedder_pb2.ListModelsRequest())


async def test_a_vector_is_the_same_alone_and_in_any_company(
    stub: "Stub", service: Metadata, user: Metadata
) -> None:
    """To 1e-5 in each component: sums of floats differ with the batch's size, no more."""
    images = photos(24)
    # Another caller's items: nobody's answer comes from the cache.
    crowd = await embed_images(stub, service, images)
    for name in list(images)[::4]:
        alone = await embed_images(stub, user, {name: images[name]})
        np.testing.assert_allclose(
            alone[name].embedding.values, crowd[name].embedding.values, rtol=0, atol=1e-5
        )


async def test_what_is_asked_again_is_answered_with_the_same_bits(
    stub: "Stub", user: Metadata
) -> None:
    images = {name: pictures.sample(name) for name in ("chelsea.png", "brick.png")}
    first, again = [await embed_images(stub, user, images) for _ in range(2)]
    for name in images:
        assert first[name].embedding == again[name].embedding
    (one,) = await embed_texts(stub, user, ["a red brick wall"])
    (other,) = await embed_texts(stub, user, ["a red brick wall"])
    assert one == other


async def test_crops_tile_the_image_and_find_what_they_show(
    stub: "Stub", service: Metadata
) -> None:
    cat = Image.open(pictures.SAMPLES / "chelsea.png").convert("RGB")
    rocket = Image.open(pictures.SAMPLES / "rocket.jpg").convert("RGB").resize((400, 400))
    page = Image.new("RGB", (800, 400), "white")
    page.paste(cat.crop((0, 0, 300, 300)).resize((400, 400)), (0, 0))
    page.paste(rocket, (400, 0))
    answers = await embed_images(
        stub, service, {"page": pictures.encoded(page, "PNG"), "broken": b"no image"}, crops=True
    )
    assert reason(answers["broken"].error) == "IMAGE_UNREADABLE"
    crops = answers["page"].crops
    assert len(crops) == len(crop_boxes(800, 400))
    texts = await embed_texts(stub, service, ["a cat", "a rocket"])
    words = np.array([text.embedding.values for text in texts])
    whole = answers["page"].embedding
    assert len(whole.values) == 512
    best = [crops[i] for i in (np.array([crop.values for crop in crops]) @ words.T).argmax(axis=0)]
    assert best[0].box.right <= 0.5
    assert best[1].box.left >= 0.5
    without = await embed_images(stub, service, {"page": pictures.encoded(page, "PNG")})
    assert not without["page"].crops
    fewer = await embed_images(stub, service, {"page": pictures.encoded(page, "PNG")}, tiles=True)
    tiles = fewer["page"].crops
    assert [one.box.left for one in tiles] == pytest.approx([0.0, 0.25, 0.5, 0.75] * 2)
    assert [one.box.top for one in tiles] == pytest.approx([0.0] * 4 + [0.5] * 4)
    assert len(tiles) == len(tile_boxes(800, 400))
    # They are among the crops.
    same = next(crop for crop in crops if crop.box == tiles[0].box)
    assert tiles[0].values == pytest.approx(same.values, abs=1e-2)


async def test_patch_features_show_where_a_picture_changed(stub: "Stub", user: Metadata) -> None:
    plain = Image.open(pictures.SAMPLES / "brick.png").convert("RGB")
    spoilt = plain.copy()
    spoilt.paste((250, 10, 10), (384, 128, 448, 192))
    answers = await extract_patches(
        stub,
        user,
        {
            "plain": pictures.encoded(plain, "PNG"),
            "spoilt": pictures.encoded(spoilt, "PNG"),
            "broken": b"",
            "1x1": pictures.encoded(Image.new("RGB", (1, 1)), "PNG"),
        },
        size=256,
    )
    assert reason(answers["broken"].error) == "IMAGE_EMPTY"
    assert answers["1x1"].patches.rows == answers["1x1"].patches.columns > 0
    grids = {}
    for name in ("plain", "spoilt"):
        patches = answers[name].patches
        grids[name] = np.frombuffer(patches.values, "<f2").reshape(
            patches.rows, patches.columns, patches.dimension
        )
        assert np.isfinite(grids[name]).all()
    moved = np.linalg.norm(grids["plain"].astype(float) - grids["spoilt"].astype(float), axis=2)
    row, column = np.unravel_index(moved.argmax(), moved.shape)
    assert 0.25 <= (row + 0.5) / moved.shape[0] <= 0.375
    assert 0.75 <= (column + 0.5) / moved.shape[1] <= 0.875
    refused = await extract_patches(stub, user, {"a": pictures.encoded(plain, "PNG")}, size=4096)
    assert reason(refused["a"].error) == "PATCH_SIZE_UNSUPPORTED"


async def test_a_person_s_item_is_answered_before_an_import_that_came_first(
    stub: "Stub", service: Metadata, user: Metadata
) -> None:
    images = photos(90)
    person = pictures.sample("coffee.png")
    answered = 0

    async def bulk(part: dict[str, bytes]) -> None:
        nonlocal answered
        requests = (
            embedder_pb2.EmbedImagesRequest(item_id=name, image=image)
            for name, image in part.items()
        )
        call = stub.EmbedImages(stream_of(requests), metadata=service, timeout=60)
        async for _ in call:
            answered += 1

    names = list(images)
    importing = asyncio.gather(
        *(bulk({name: images[name] for name in names[first::3]}) for first in range(3))
    )
    await eventually(lambda: bool(answered), "some are answered")
    await embed_images(stub, user, {"person": person}, priority=embedder_pb2.PRIORITY_INTERACTIVE)
    # 90 images wait or are under way; in turn, the person would be the 91st.
    assert answered < 60
    await importing
    assert answered == 90


@asynccontextmanager
async def own_embedder(
    auth: RunningServer,
    redis_url: str,
    *,
    providers: Providers | None = None,
    **settings: Any,
) -> AsyncIterator[tuple[RunningServer, psutil.Process]]:
    """An embedder of the test's own, and the process that runs its model."""
    before = {worker.pid for worker in workers()}
    values = COMMON | {"redis_url": redis_url, "auth_url": auth.address, "model_dir": MODEL_DIR}
    async with build(EmbedderSettings(**(values | settings)), providers=providers) as running:
        (worker,) = [worker for worker in workers() if worker.pid not in before]
        yield running, worker


async def test_a_worker_that_is_killed_with_a_full_queue_loses_nothing(
    auth: RunningServer, fresh_redis_url: str, service: Metadata
) -> None:
    images = photos(64)
    requests = (
        embedder_pb2.EmbedImagesRequest(item_id=name, image=image) for name, image in images.items()
    )
    answers: dict[str, embedder_pb2.EmbedImagesResponse] = {}
    async with (
        own_embedder(auth, fresh_redis_url) as (running, worker),
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        stub = embedder_pb2_grpc.EmbedderServiceStub(channel)
        async for answer in stub.EmbedImages(stream_of(requests), metadata=service, timeout=60):
            if not answers:
                worker.kill()
            answers[answer.item_id] = answer
        await becomes(running, health_pb2.HealthCheckResponse.SERVING)
    assert sorted(answers) == sorted(images)
    assert all(answer.HasField("embedding") for answer in answers.values())
    assert not worker.is_running()


async def test_readiness_goes_with_the_canary_and_comes_back(
    auth: RunningServer, fresh_redis_url: str, service: Metadata
) -> None:
    serving = health_pb2.HealthCheckResponse.SERVING
    not_serving = health_pb2.HealthCheckResponse.NOT_SERVING
    async with own_embedder(auth, fresh_redis_url, embedder_canary_s=0.1) as (running, worker):
        assert (await health(running, "model")).status == serving
        os.kill(worker.pid, signal.SIGSTOP)
        try:
            await becomes(running, not_serving)
            assert (await health(running, "model")).status == not_serving
        finally:
            os.kill(worker.pid, signal.SIGCONT)
        await becomes(running, serving)
        async with grpc.aio.insecure_channel(running.address) as channel:
            stub = embedder_pb2_grpc.EmbedderServiceStub(channel)
            answers = await embed_images(stub, service, {"a": pictures.sample("coffee.png")})
        assert answers["a"].HasField("embedding")
        assert worker.is_running()


async def test_a_stream_longer_than_the_window_is_answered_whole(
    stub: "Stub", service: Metadata
) -> None:
    images = {
        str(index): pictures.encoded(pictures.picture(64 + index, 48), "JPEG")
        for index in range(150)
    }
    answers = await embed_images(stub, service, images)
    assert all(answer.HasField("embedding") for answer in answers.values())


async def test_a_stream_that_is_cancelled_leaves_the_service_well(
    stub: "Stub", server: RunningServer, service: Metadata
) -> None:
    async def endless() -> AsyncIterator[embedder_pb2.EmbedImagesRequest]:
        while True:
            yield embedder_pb2.EmbedImagesRequest(item_id="x", image=pictures.sample("coffee.png"))

    call = stub.EmbedImages(endless(), metadata=service)
    async for _ in call:
        call.cancel()
        break
    texts = await embed_texts(stub, service, ["a cat"])
    assert texts[0].HasField("embedding")
    for name in ("", "model", "argus.embedder.v1.EmbedderService"):
        assert (await health(server, name)).status == health_pb2.HealthCheckResponse.SERVING


async def test_overload_ends_the_stream_and_says_when_to_come_back(
    auth: RunningServer, fresh_redis_url: str, service: Metadata
) -> None:
    settings = EmbedderSettings(
        **COMMON,
        redis_url=fresh_redis_url,
        auth_url=auth.address,
        model_dir=MODEL_DIR,
        embedder_max_images=1,
        embedder_cache_bytes=0,
    )
    async with (
        build(settings) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        stub = embedder_pb2_grpc.EmbedderServiceStub(channel)
        images = {name: pictures.sample(name) for name in ("astronaut.png", "chelsea.png")}
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await embed_images(stub, service, images)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert error_info(caught.value).reason == "OVERLOADED"
        assert retry_after_s(caught.value) > 0
        alone = await embed_images(stub, service, {"cat": images["chelsea.png"]})
        assert alone["cat"].HasField("embedding")


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


async def test_measures_items_lookups_queues_and_memory(
    auth: RunningServer, fresh_redis_url: str, service: Metadata
) -> None:
    measured = Measured()
    async with (
        own_embedder(
            auth, fresh_redis_url, providers=measured.providers, embedder_canary_s=300
        ) as (
            running,
            _,
        ),
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        stub = embedder_pb2_grpc.EmbedderServiceStub(channel)
        # What the embedder asks of itself, to know that it is ready, counts too.
        before = measured.values("argus.embedder.items", "argus.kind", "argus.outcome")
        await embed_images(stub, service, photos(2) | {"broken": b"no image"})
        await embed_texts(stub, service, ["a text that was never asked for before"])
        after = measured.values("argus.embedder.items", "argus.kind", "argus.outcome")
        depths = measured.values(
            "argus.embedder.queue.depth", "argus.model", "argus.kind", "argus.priority"
        )
        memory = measured.values("argus.embedder.worker.memory", "argus.model")
    assert {key: after[key] - before.get(key, 0) for key in after} == {
        ("image", "embedded"): 2,
        ("image", "IMAGE_UNREADABLE"): 1,
        ("text", "embedded"): 1,
    }
    assert measured.values("argus.embedder.cache.lookups", "argus.kind", "argus.outcome") == {
        ("image", "miss"): 3,
        ("text", "miss"): 1,
    }
    assert len(depths) == 4
    assert set(depths.values()) == {0}
    assert memory["compact",] > 2**20
    assert measured.values("argus.embedder.queue.depth") == {}, "asked of nobody once it ended"


async def test_a_network_goes_whole_to_services_and_to_nobody_else(
    server: RunningServer, service: Metadata, user: Metadata
) -> None:
    async with grpc.aio.insecure_channel(server.address) as channel:
        export = network_pb2_grpc.NetworkServiceStub(channel).ExportPatchNetwork

        def asked(metadata: Metadata, model: str = "") -> Any:
            return export(
                network_pb2.ExportPatchNetworkRequest(model=model), metadata=metadata, timeout=60
            )

        first, *rest = [answer async for answer in asked(service)]
        network, files = first.network, dict[str, bytes]()
        for piece in rest:
            files[piece.file.name] = files.get(piece.file.name, b"") + piece.file.data
        folder = MODEL_DIR / network.model_version
        assert list(files) == ["patches.xml", "patches.bin", "patches.npz"]
        assert all(content == (folder / name).read_bytes() for name, content in files.items())
        assert (network.model, network.patches.stride) == ("compact", 16)
        assert "Apache-2.0" in network.licence
        for metadata, model, reason in (
            (user, "", "SERVICE_ONLY"), (service, "other", "MODEL_NOT_FOUND"),
        ):  # fmt: skip
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await asked(metadata, model).read()
            assert error_info(caught.value).reason == reason
