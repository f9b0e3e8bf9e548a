"""Images that come in groups, and images and texts that come alone, over a real socket."""

from collections.abc import Iterable

import grpc
import numpy as np
import pytest
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc
from google.rpc import error_details_pb2

from services.runtime.server import RunningServer
from tests.support import pictures
from tests.support.services import error_info
from tests.wire.test_embedder import (
    Metadata,
    Stub,
    auth,
    embed_images,
    embed_texts,
    own_embedder,
    photos,
    reason,
    server,
    service,
    stream_of,
    stub,
    user,
)

__all__ = ["auth", "server", "service", "stub", "user"]

Item = embedder_pb2.EmbedImagesRequest
Group = embedder_pb2.EmbedImageBatchesRequest


def items(images: dict[str, bytes]) -> list[Item]:
    return [Item(item_id=name, image=image) for name, image in images.items()]


async def embed_groups(
    stub: Stub, token: Metadata, groups: Iterable[Iterable[Item]]
) -> list[embedder_pb2.EmbedImagesResponse]:
    requests = [Group(items=group) for group in groups]
    call = stub.EmbedImageBatches(stream_of(requests), metadata=token, timeout=60)
    answers: list[embedder_pb2.EmbedImagesResponse] = []
    async for answer in call:
        assert answer.items
        answers += answer.items
    return answers


async def test_each_item_of_each_group_is_answered_once(stub: Stub, service: Metadata) -> None:
    images = photos(150)
    sent = items(images)
    answers = await embed_groups(stub, service, [sent[:64], sent[64:65], sent[65:129], sent[129:]])
    assert sorted(answer.item_id for answer in answers) == sorted(images)
    alone = await embed_images(stub, service, dict(list(images.items())[:8]))
    by_name = {answer.item_id: answer for answer in answers}
    for name, answer in alone.items():
        assert np.allclose(answer.embedding.values, by_name[name].embedding.values, atol=1e-5)


async def test_broken_items_of_a_group_harm_no_other(stub: Stub, service: Metadata) -> None:
    good = pictures.sample("coffee.png")
    group = [
        Item(item_id="empty", image=b""),
        Item(item_id="cut", image=good[:5000]),
        Item(item_id="", image=good),
        Item(item_id="model", image=good, model="m" * 256),
        Item(item_id="good", image=good),
        Item(item_id="crops", image=good, crops=True),
    ]
    answers = await embed_groups(stub, service, [group])
    reasons = {one.item_id: reason(one.error) for one in answers if one.HasField("error")}
    assert reasons == {
        "empty": "IMAGE_EMPTY",
        "cut": "IMAGE_UNREADABLE",
        "": "INVALID_REQUEST",
        "model": "INVALID_REQUEST",
    }
    vectors = {one.item_id: one for one in answers if one.HasField("embedding")}
    assert sorted(vectors) == ["crops", "good"]
    assert len(vectors["crops"].crops) > 1
    assert not vectors["good"].crops


async def test_an_item_for_an_unknown_model_ends_the_stream(stub: Stub, service: Metadata) -> None:
    good = pictures.sample("coffee.png")
    group = [
        Item(item_id="good", image=good),
        Item(item_id="named", image=good, model="compact"),
        Item(item_id="bad", image=good, model="no-such-model"),
    ]
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await embed_groups(stub, service, [group])
    assert error_info(failed.value).reason == "MODEL_NOT_FOUND"


@pytest.mark.parametrize("count", [0, 65])
async def test_a_group_of_none_or_too_many_ends_the_stream(
    stub: Stub, service: Metadata, count: int
) -> None:
    group = [Item(item_id=str(number), image=b"") for number in range(count)]
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await embed_groups(stub, service, [group])
    assert failed.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert error_info(failed.value).reason == "INVALID_REQUEST"
    # The stream's end harmed nothing else.
    answers = await embed_groups(stub, service, [items({"a": pictures.sample("coffee.png")})])
    assert answers[0].HasField("embedding")


async def test_a_message_above_the_limit_ends_the_stream(stub: Stub, service: Metadata) -> None:
    group = [Item(item_id=str(number), image=bytes(2**20)) for number in range(60)]
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await embed_groups(stub, service, [group])
    assert failed.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_worker_that_is_killed_amid_groups_loses_nothing(
    auth: RunningServer, fresh_redis_url: str, service: Metadata
) -> None:
    images = photos(96)
    sent = items(images)
    requests = [Group(items=sent[first : first + 16]) for first in range(0, 96, 16)]
    names: list[str] = []
    async with (
        own_embedder(auth, fresh_redis_url) as (running, worker),
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        stub = embedder_pb2_grpc.EmbedderServiceStub(channel)
        call = stub.EmbedImageBatches(stream_of(requests), metadata=service, timeout=60)
        async for answer in call:
            if not names:
                worker.kill()
            assert all(item.HasField("embedding") for item in answer.items)
            names += [item.item_id for item in answer.items]
    assert sorted(names) == sorted(images)
    assert not worker.is_running()


async def test_a_cancelled_stream_of_groups_leaves_the_service_well(
    stub: Stub, service: Metadata
) -> None:
    sent = items(photos(128))
    for _ in range(3):
        call = stub.EmbedImageBatches(
            stream_of([Group(items=sent[:64]), Group(items=sent[64:])]), metadata=service
        )
        read = await call.read()
        assert isinstance(read, embedder_pb2.EmbedImageBatchesResponse)
        assert read.items
        call.cancel()
    answers = await embed_groups(stub, service, [items(photos(4))])
    assert len(answers) == 4


async def test_one_image_is_embedded_by_one_call(stub: Stub, user: Metadata) -> None:
    image = pictures.sample("chelsea.png")
    answer = await stub.EmbedImage(embedder_pb2.EmbedImageRequest(image=image), metadata=user)
    streamed = await embed_images(stub, user, {"a": image}, crops=True)
    expected = streamed["a"]
    assert np.allclose(answer.embedding.values, expected.embedding.values, atol=1e-5)
    assert answer.embedding.model_version == expected.embedding.model_version
    assert not answer.crops
    crops = await stub.EmbedImage(
        embedder_pb2.EmbedImageRequest(image=image, crops=True), metadata=user
    )
    assert [crop.box for crop in crops.crops] == [crop.box for crop in expected.crops]


@pytest.mark.parametrize(
    ("request_", "code", "why"),
    [
        ({"image": b""}, grpc.StatusCode.INVALID_ARGUMENT, "IMAGE_EMPTY"),
        ({"image": b"no image"}, grpc.StatusCode.INVALID_ARGUMENT, "IMAGE_UNREADABLE"),
        ({"image": b"x", "model": "none"}, grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND"),
        ({"image": b"x", "priority": 9}, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"),
    ],
)
async def test_what_is_wrong_with_one_image_is_the_call_s_status(
    stub: Stub, user: Metadata, request_: dict[str, object], code: grpc.StatusCode, why: str
) -> None:
    message = embedder_pb2.EmbedImageRequest(**request_)  # type: ignore[arg-type] # of the table
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await stub.EmbedImage(message, metadata=user)
    assert failed.value.code() is code
    assert error_info(failed.value).reason == why


async def test_one_text_is_embedded_by_one_call(stub: Stub, user: Metadata) -> None:
    long = "a cat " * 10_000
    short, cut = await embed_texts(stub, user, ["a cat", long])
    for text, expected in (("a cat", short), (long, cut)):
        answer = await stub.EmbedText(embedder_pb2.EmbedTextRequest(text=text), metadata=user)
        assert np.allclose(answer.embedding.values, expected.embedding.values, atol=1e-5)
        assert answer.embedding.model_version == expected.embedding.model_version
        assert answer.truncated == expected.truncated
    assert cut.truncated


@pytest.mark.parametrize(
    ("request_", "code", "why"),
    [
        ({"text": ""}, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"),
        ({"text": "x", "model": "none"}, grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND"),
        ({"text": "x", "priority": 9}, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"),
    ],
)
async def test_what_is_wrong_with_one_text_is_the_call_s_status(
    stub: Stub, user: Metadata, request_: dict[str, object], code: grpc.StatusCode, why: str
) -> None:
    message = embedder_pb2.EmbedTextRequest(**request_)  # type: ignore[arg-type] # of the table
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await stub.EmbedText(message, metadata=user)
    assert failed.value.code() is code
    assert error_info(failed.value).reason == why


async def test_nobody_embeds_groups_or_one_item_without_a_token(stub: Stub) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await stub.EmbedImage(embedder_pb2.EmbedImageRequest(image=b"x"))
    assert failed.value.code() is grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await stub.EmbedText(embedder_pb2.EmbedTextRequest(text="x"))
    assert failed.value.code() is grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await embed_groups(stub, (), [items({"a": b"x"})])
    assert failed.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert isinstance(error_info(failed.value), error_details_pb2.ErrorInfo)
