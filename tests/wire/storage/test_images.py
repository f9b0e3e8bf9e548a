"""Reading, listing and deleting images."""

import hashlib
from io import BytesIO
from typing import Any
from uuid import uuid4

import grpc
import pytest
from argus.storage.v1 import image_pb2
from PIL import Image

from tests.support.eventually import eventually
from tests.support.services import error_info
from tests.support.storage_client import (
    Storage,
    StorageUser,
    gone,
    refused,
    sign_up,
    told,
)


async def test_a_picture_goes_in_and_comes_back(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    created = await user.reserve(cat, filename="photos/chelsea.png", labels={"animal": "cat"})
    assert created.image.state == image_pb2.Image.PENDING
    assert (created.image.filename, created.image.content_url) == ("chelsea.png", "")
    assert created.upload.method == "PUT"
    assert created.upload.url.startswith(storage.settings.s3_public_url)
    await user.put(created, cat)
    image_id = created.image.image_id

    done = await user.complete(image_id)

    assert done.state == image_pb2.Image.UPLOADED
    assert (done.width, done.height) == (451, 300)
    assert done.sha256 == hashlib.sha256(cat).hexdigest()
    assert done.size_bytes == len(cat)
    assert len(done.phash) == 16
    assert done.labels == {"animal": "cat"}
    assert done.user_id == user.user_id
    got = await user.image(image_id)
    assert (got.state, got.sha256, got.phash) == (done.state, done.sha256, done.phash)
    listed = await user.page()
    assert [image.image_id for image in listed.images] == [image_id]
    content = await storage.http.get(got.content_url)
    assert content.content == cat
    assert content.headers["content-type"] == "image/png"
    small = Image.open(BytesIO((await storage.http.get(got.thumbnail_url)).content))
    assert (small.format, small.size) == ("WEBP", (256, 170))
    await told(storage, image_id, "uploaded")


async def test_bytes_and_thumbnail_stream_through_the_service(
    user: StorageUser, cat: bytes
) -> None:
    image = await user.store(cat)

    messages = await user.download(image.image_id)
    thumbnail = await user.thumbnail(image.image_id)

    assert b"".join(message.data for message in messages) == cat
    assert [message.content_type for message in messages] == ["image/png"] + [""] * (
        len(messages) - 1
    )
    assert max(len(message.data) for message in messages) == 128 * 1024
    assert thumbnail.content_type == "image/webp"
    assert Image.open(BytesIO(thumbnail.data)).size == (256, 170)


async def test_deleting_removes_everything(storage: Storage, user: StorageUser, cat: bytes) -> None:
    image = await user.store(cat)

    await user.delete(image.image_id, permanently=True)

    await refused(user.image(image.image_id), grpc.StatusCode.NOT_FOUND, "IMAGE_NOT_FOUND")
    assert not (await user.page()).images
    await refused(user.delete(image.image_id), grpc.StatusCode.NOT_FOUND, "IMAGE_NOT_FOUND")
    await told(storage, image.image_id, "uploaded", "deleted")
    for url in (image.content_url, image.thumbnail_url):
        await eventually(gone(storage, url), "objects are removed")


async def test_somebody_elses_image_is_not_there(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    created = await user.reserve(cat)
    await user.put(created, cat)
    image_id = created.image.image_id
    stranger = await sign_up(storage)

    for call in (
        stranger.image, stranger.complete, stranger.delete, stranger.download, stranger.thumbnail
    ):  # fmt: skip
        error = await refused(call(image_id), grpc.StatusCode.NOT_FOUND, "IMAGE_NOT_FOUND")
        unknown = str(uuid4())
        same = await refused(call(unknown), grpc.StatusCode.NOT_FOUND, "IMAGE_NOT_FOUND")
        assert (error.details() or "").replace(image_id, unknown) == same.details()
    assert not (await stranger.page()).images
    batch = await storage.images.BatchGetImages(
        image_pb2.BatchGetImagesRequest(image_ids=[image_id]), metadata=stranger.token
    )
    assert not batch.images
    assert (await user.complete(image_id)).state == image_pb2.Image.UPLOADED


async def test_without_a_token_nothing_is_answered(storage: Storage) -> None:
    await refused(
        storage.images.ListImages(image_pb2.ListImagesRequest()),
        grpc.StatusCode.UNAUTHENTICATED,
        "TOKEN_INVALID",
    )


async def test_many_images_come_in_the_order_asked_for(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    first, second = [(await user.reserve(cat)).image.image_id for _ in range(2)]

    batch = await storage.images.BatchGetImages(
        image_pb2.BatchGetImagesRequest(image_ids=[second, str(uuid4()), first, second]),
        metadata=user.token,
    )

    assert [image.image_id for image in batch.images] == [second, first]


async def test_pages_hold_every_image_once_newest_first(user: StorageUser, cat: bytes) -> None:
    made = [(await user.reserve(cat)).image.image_id for _ in range(5)]

    seen: list[str] = []
    token = ""
    while True:
        page = await user.page(page_size=2, page_token=token)
        seen += [image.image_id for image in page.images]
        token = page.next_page_token
        if not token:
            break
        await user.reserve(cat)  # what is new does not shift what follows

    assert seen == made[::-1]


async def test_page_tokens_belong_to_one_user_and_filter(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    for _ in range(2):
        await user.reserve(cat)
    token = (await user.page(page_size=1)).next_page_token
    stranger = await sign_up(storage)

    for call in (
        user.page(page_token=token, filter="state = PENDING"),
        user.page(page_token="nonsense"),
        stranger.page(page_token=token),
    ):
        await refused(call, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_PAGE_TOKEN")


async def test_filters_choose_among_the_users_images(user: StorageUser, cat: bytes) -> None:
    ids = {}
    for name, labels in {
        "three": {"line": "3", "shift": "night"},
        "four": {"line": "4"},
        "none": {},
    }.items():
        created = await user.reserve(cat, filename=f"{name}.png", labels=labels)
        ids[created.image.image_id] = name
    kept = await user.store(cat, filename="it's kept.png", labels={"line": '3"'})
    ids[kept.image_id] = "kept"

    async def chosen(text: str) -> set[str]:
        return {ids[image.image_id] for image in (await user.page(filter=text)).images}

    assert await chosen('labels.line = "3"') == {"three"}
    assert await chosen("labels.line != 3") == {"four", "kept"}
    assert await chosen("NOT labels.line = 3") == {"four", "kept", "none"}
    assert await chosen("labels:line") == {"three", "four", "kept"}
    assert await chosen("labels:line AND NOT labels:shift") == {"four", "kept"}
    assert await chosen("state = UPLOADED OR labels.line = 4") == {"four", "kept"}
    assert await chosen("NOT (state = PENDING)") == {"kept"}
    assert await chosen('filename = "it\'s kept.png"') == {"kept"}
    assert await chosen(f"sha256 = {hashlib.sha256(cat).hexdigest()}") == {"kept"}
    assert await chosen("content_type != image/png") == set()
    assert await chosen('filename = "\'; DROP TABLE storage.image_uploads; --"') == set()
    for bad in ("state = DONE", "user_id = 1", "labels.line ="):
        await refused(user.page(filter=bad), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FILTER")


async def test_ranges_of_an_image_are_given(user: StorageUser, cat: bytes) -> None:
    image_id = (await user.store(cat)).image_id

    async def read(
        *headers: tuple[str, str], **fields: Any
    ) -> tuple[bytes, dict[str, str | bytes]]:
        request = image_pb2.DownloadImageRequest(image_id=image_id, **fields)
        stream = user.images.DownloadImage(request, metadata=(*user.token, *headers))
        data = b"".join([message.data async for message in stream])
        return data, dict(await stream.initial_metadata() or ())

    whole, headers = await read()
    assert whole == cat
    assert headers["accept-ranges"] == "bytes"
    assert "content-range" not in headers
    tag = str(headers["etag"])
    for wanted, said in (
        (read(offset=10, length=20), f"bytes 10-29/{len(cat)}"),
        (read(("range", "bytes=10-29")), f"bytes 10-29/{len(cat)}"),
        (read(("range", "bytes=10-29"), ("if-range", tag)), f"bytes 10-29/{len(cat)}"),
    ):
        part, headers = await wanted
        assert part == cat[10:30]
        assert (headers["content-range"], headers["x-argus-partial"]) == (said, "1")
    assert (await read(offset=len(cat) - 5))[0] == cat[-5:]
    assert (await read(("range", "bytes=10-29"), ("if-range", '"other"')))[0] == cat
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await read(offset=len(cat))
    assert error_info(caught.value).reason == "RANGE_NOT_SATISFIABLE"
