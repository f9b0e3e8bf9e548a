"""One upload over a stream: in parts, broken off, gone on with."""

import asyncio
from typing import Any

import grpc
import numpy as np
import pytest
from argus.storage.v1 import image_pb2, upload_pb2
from PIL import Image

from services.runtime.telemetry_contract import QUEUE
from services.storage import import_stream
from tests.support.eventually import eventually
from tests.support.pictures import drawing, encoded
from tests.support.services import error_info
from tests.support.storage_client import Storage, StorageUser, refused, sign_up, told
from tests.support.streams import chunk_at, finish_of, rest_of, sent, spec_of, upload_of

PART = 5 * 2**20
Message = upload_pb2.UploadImageRequest


@pytest.fixture(scope="module")
def noise() -> bytes:
    """Of more than one part: what is random does not compress."""
    levels = np.random.default_rng(1).integers(0, 256, (1400, 1400, 3), np.uint8)
    return encoded(Image.fromarray(levels))


@pytest.fixture(scope="module")
def max_image_bytes() -> int:
    return 16 * 2**20


async def upload(user: StorageUser, messages: Any) -> image_pb2.Image:
    return await user.images.UploadImage(sent(messages), metadata=user.token)


async def progress(user: StorageUser, image_id: str) -> image_pb2.GetUploadResponse:
    request = image_pb2.GetUploadRequest(image_id=image_id)
    return await user.images.GetUpload(request, metadata=user.token)


async def test_an_upload_is_kept_as_one_by_a_link_is(storage: Storage, user: StorageUser) -> None:
    content = encoded(drawing(20))

    image = await upload(user, upload_of(content, filename="b.png", labels={"a": "b"}))

    assert (image.state, image.filename, dict(image.labels)) == (
        image_pb2.Image.UPLOADED,
        "b.png",
        {"a": "b"},
    )
    assert b"".join(m.data for m in await user.download(image.image_id)) == content
    assert (await progress(user, image.image_id)).persisted_bytes == len(content)
    await told(storage, image.image_id, "uploaded")


async def test_a_broken_upload_goes_on_after_its_last_part(
    storage: Storage, user: StorageUser, noise: bytes
) -> None:
    created = await user.reserve(noise)
    image_id = created.image.image_id
    stream = user.images.UploadImage(metadata=user.token)
    await stream.write(Message(image_id=image_id))
    for offset in range(0, PART + 2**20, 2**20):
        await stream.write(Message(chunk=chunk_at(offset, noise[offset : offset + 2**20])))

    async def has_a_part() -> bool:
        return (await progress(user, image_id)).persisted_bytes == PART

    await eventually(has_a_part, "the first part is in the store")
    stream.cancel()

    async def goes_on() -> bool:
        try:
            image = await upload(user, [Message(image_id=image_id), *rest_of(noise, PART)])
        except grpc.aio.AioRpcError as error:
            # The broken stream has not let go of it yet.
            if error_info(error).reason != "IMAGE_IN_HAND":
                raise
            return False
        return image.state == image_pb2.Image.UPLOADED

    await eventually(goes_on, "the upload is complete")
    assert b"".join(m.data for m in await user.download(image_id)) == noise

    async def nothing_is_left() -> bool:
        return not await storage.postgres.fetchval(
            "SELECT count(*) FROM storage.multipart_uploads WHERE image_id = $1::text::uuid",
            image_id,
        )

    await eventually(nothing_is_left, "the parts are forgotten")


async def test_what_is_wrong_is_said_and_nothing_is_lost(user: StorageUser, noise: bytes) -> None:
    aborted, invalid = grpc.StatusCode.ABORTED, grpc.StatusCode.INVALID_ARGUMENT
    spec = Message(spec=spec_of(noise))
    first = [Message(chunk=chunk_at(n, noise[n : n + 2**20])) for n in range(0, PART, 2**20)]
    image_id = (await user.reserve(noise)).image.image_id
    go_on = Message(image_id=image_id)
    for messages, code, reason in (
        ([go_on, *first, Message(chunk=chunk_at(PART, b"x", crc32c=1))], aborted, "CHUNK_CORRUPT"),
        ([go_on, Message(chunk=chunk_at(0, b"x"))], aborted, "CHUNK_OUT_OF_PLACE"),
        ([go_on, Message(finish=finish_of(noise))], invalid, "UPLOAD_INCOMPLETE"),
        ([go_on, go_on], invalid, "UPLOAD_INCOMPLETE"),
        ([go_on], invalid, "UPLOAD_INCOMPLETE"),
        ([], invalid, "UPLOAD_INCOMPLETE"),
        ([Message(finish=finish_of(noise))], invalid, "UPLOAD_INCOMPLETE"),
        ([spec, Message()], invalid, "INVALID_REQUEST"),
    ):
        error = await refused(upload(user, messages), code, reason)
        if reason == "CHUNK_OUT_OF_PLACE":
            assert error_info(error).metadata["offset"] == str(PART)

    assert (await progress(user, image_id)).persisted_bytes == PART
    image = await upload(user, [go_on, *rest_of(noise, PART)])
    assert image.state == image_pb2.Image.UPLOADED


async def test_another_digest_than_was_sent_fails_the_image(user: StorageUser) -> None:
    content = encoded(drawing(21))
    image_id = (await user.reserve(content)).image.image_id
    chunk = Message(chunk=chunk_at(0, content))

    await refused(
        upload(user, [Message(image_id=image_id), chunk, Message(finish=finish_of(b"other"))]),
        grpc.StatusCode.INVALID_ARGUMENT,
        "SHA256_MISMATCH",
    )

    assert (await progress(user, image_id)).image.state == image_pb2.Image.FAILED


async def test_what_is_there_already_is_answered_without_bytes(user: StorageUser) -> None:
    content = encoded(drawing(22))
    finish = finish_of(content)
    first = await upload(user, upload_of(content, sha256=finish.sha256))

    spec = spec_of(content, sha256=finish.sha256, skip_existing=True)

    assert (await upload(user, [Message(spec=spec)])).image_id == first.image_id


async def test_one_stream_at_a_time_has_an_upload(user: StorageUser, noise: bytes) -> None:
    image_id = (await user.reserve(noise)).image.image_id
    streams = [user.images.UploadImage(metadata=user.token) for _ in range(2)]

    async def outcome(stream: Any) -> str:
        try:
            await stream.write(Message(image_id=image_id))
            await stream
        except grpc.aio.AioRpcError as error:
            return str(error_info(error).reason)
        return ""

    # Whichever comes second is refused; the first one waits for more.
    outcomes = [asyncio.create_task(outcome(stream)) for stream in streams]
    done, waiting = await asyncio.wait(outcomes, return_when=asyncio.FIRST_COMPLETED)

    assert [one.result() for one in done] == ["IMAGE_IN_HAND"]
    for one in waiting:
        one.cancel()


async def test_an_upload_that_does_not_go_on_is_ended(
    user: StorageUser, monkeypatch: Any, noise: bytes
) -> None:
    monkeypatch.setattr(import_stream, "STALLED_AFTER_S", 0.1)
    stream = user.images.UploadImage(metadata=user.token)
    await stream.write(Message(spec=spec_of(noise)))

    async def answer() -> object:
        return await stream

    await refused(answer(), grpc.StatusCode.ABORTED, "UPLOAD_STALLED")


async def test_others_uploads_are_unknown(storage: Storage, user: StorageUser) -> None:
    content = encoded(drawing(23))
    image_id = (await user.reserve(content)).image.image_id
    other = await sign_up(storage)

    calls = [progress(other, image_id), upload(other, [Message(image_id=image_id)])]

    for call in calls:
        await refused(call, grpc.StatusCode.NOT_FOUND, "IMAGE_NOT_FOUND")
    answers = await asyncio.gather(progress(user, image_id))
    assert answers[0].persisted_bytes == 0


async def test_streams_that_hardly_go_on_leave_room_to_others(
    storage: Storage, user: StorageUser, noise: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_stream, "STALLED_AFTER_S", 3600.0)
    contents = [encoded(drawing(seed)) for seed in range(60, 64)]
    streams = []
    try:
        for content in contents:
            stream = user.images.UploadImage(metadata=user.token)
            await stream.write(Message(spec=spec_of(content)))
            streams.append(stream)

        async def some_wait() -> bool:
            depths = storage.measured.values("argus.storage.depth", QUEUE)
            return depths.get(("imports",)) == 2

        await eventually(some_wait, "two of them hold what one user may, and the others wait")
        other = await sign_up(storage)
        # Without their share nothing would be free before the streams of the first stall.
        async with asyncio.timeout(60):
            image = await upload(other, upload_of(noise))
        assert image.state == image_pb2.Image.UPLOADED
        assert storage.measured.values("argus.storage.depth", QUEUE)[("imports",)] == 2
    finally:
        for stream in streams:
            stream.cancel()
