"""The same bytes twice: at once, after an answer was lost, on purpose."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from argus.storage.v1 import image_pb2, ingest_pb2

from services.storage.wiring import build
from tests.support.eventually import eventually
from tests.support.pictures import chelsea, encoded
from tests.support.services import bad_request, error_info
from tests.support.storage_client import (
    Storage,
    StorageUser,
    announce,
    events_of,
    gone,
    refused,
    sign_up,
    told,
)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def usable(user: StorageUser, content: bytes) -> list[str]:
    """The ids of a user's usable images with these bytes."""
    page = await user.page(
        filter=f'sha256 = "{sha256(content)}" AND (state = UPLOADED OR state = INDEXED)'
    )
    return [image.image_id for image in page.images]


async def bring(user: StorageUser, content: bytes, **fields: Any) -> str:
    """Does what an import does with a file; the id of the image that it is."""
    while True:
        try:
            created = await user.reserve(content, sha256=sha256(content), **fields)
            break
        except grpc.aio.AioRpcError as error:
            # Another one completes it, and takes its time: again, as the answer says.
            if error_info(error).reason != "IMAGE_IN_HAND":
                raise
    if not created.HasField("upload"):
        return created.image.image_id
    await user.put(created, content)
    return (await user.complete(created.image.image_id)).image_id


@pytest.mark.parametrize("skip_existing", [True, False])
async def test_the_same_file_at_the_same_time_becomes_one_image(
    storage: Storage, user: StorageUser, cat: bytes, skip_existing: bool
) -> None:
    created = await asyncio.gather(
        *(
            user.reserve(
                cat,
                sha256=sha256(cat),
                skip_existing=skip_existing,
                filename=f"{number}.png",
            )
            for number in range(8)
        )
    )

    await asyncio.gather(*(user.put(one, cat) for one in created))
    done = await asyncio.gather(*(user.complete(one.image.image_id) for one in created))

    (image_id,) = await usable(user, cat)
    assert {image.image_id for image in done} == {image_id}
    assert (await storage.http.get(done[0].content_url)).content == cat
    await told(storage, image_id, "uploaded")


async def test_two_imports_of_a_folder_through_two_replicas_become_one(
    storage: Storage, user: StorageUser
) -> None:
    files = [encoded(chelsea().rotate(number)) for number in range(6)]
    async with (
        build(storage.settings) as other,
        grpc.aio.insecure_channel(other.address) as channel,
    ):
        same_user = user.at(channel)
        callers = [user, same_user, user, same_user]

        brought = await asyncio.gather(
            *(bring(one, file, skip_existing=True) for file in files for one in callers)
        )

    for number, file in enumerate(files):
        assert set(brought[4 * number : 4 * number + 4]) == set(await usable(user, file))
        assert len(await usable(user, file)) == 1


async def test_what_was_declared_last_holds_for_an_upload_that_is_pending(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    first = await user.reserve(cat, sha256=sha256(cat), filename="a.png", labels={"line": "3"})
    storage.clock.ahead = timedelta(minutes=50)
    try:
        second = await user.reserve(cat, sha256=sha256(cat), filename="b.png", labels={"line": "4"})
        storage.clock.ahead = timedelta(minutes=100)
        await user.put(first, cat)
        done = await user.complete(second.image.image_id)
    finally:
        storage.clock.ahead = timedelta()

    assert second.image.image_id == first.image.image_id
    assert (done.state, done.filename) == (image_pb2.Image.UPLOADED, "b.png")
    assert done.labels == {"line": "4"}
    assert second.upload.expire_time.ToDatetime() > first.upload.expire_time.ToDatetime()


async def test_a_wrong_declaration_spoils_nobody_elses_upload(
    user: StorageUser, cat: bytes
) -> None:
    wrong = [
        await user.reserve(cat, sha256=sha256(cat), content_type="image/gif"),
        await user.reserve(cat, sha256=sha256(cat), size_bytes=len(cat) + 1),
    ]

    image_id = await bring(user, cat)

    assert image_id not in {one.image.image_id for one in wrong}
    assert await usable(user, cat) == [image_id]


async def test_an_upload_gives_way_to_an_image_that_came_meanwhile(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    created = await user.reserve(
        cat, sha256=sha256(cat), skip_existing=True, request_id=str(uuid4())
    )
    await user.put(created, cat)
    # Without a digest nobody knows before it is complete.
    image = await user.store(cat, filename="other.png")

    done = await user.complete(created.image.image_id)
    again = await user.complete(created.image.image_id)

    assert done.image_id == again.image_id == image.image_id
    assert done.filename == "other.png"
    assert await usable(user, cat) == [image.image_id]
    await refused(user.image(created.image.image_id), grpc.StatusCode.NOT_FOUND, "IMAGE_NOT_FOUND")
    stranger = await sign_up(storage)
    await refused(
        stranger.complete(created.image.image_id), grpc.StatusCode.NOT_FOUND, "IMAGE_NOT_FOUND"
    )
    assert await events_of(storage, created.image.image_id) == []
    for folder in ("uploads", "images"):
        key = f"{folder}/{user.user_id}/{created.image.image_id}"
        await eventually(gone(storage, storage.link(key)), "what was written is removed")
    await user.delete(image.image_id)
    await refused(
        user.complete(created.image.image_id), grpc.StatusCode.NOT_FOUND, "IMAGE_NOT_FOUND"
    )


async def test_a_copy_is_made_on_purpose(user: StorageUser, cat: bytes) -> None:
    first = await bring(user, cat)

    second = await bring(user, cat)
    third = (await user.store(cat)).image_id

    assert set(await usable(user, cat)) == {first, second, third}
    assert await bring(user, cat, skip_existing=True) == third


async def test_images_of_others_and_deleted_ones_do_not_count(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    await bring(await sign_up(storage), cat, skip_existing=True)
    first = await bring(user, cat, skip_existing=True)
    await user.delete(first)

    second = await bring(user, cat, skip_existing=True)

    assert second != first
    assert await usable(user, cat) == [second]


async def test_an_image_whose_place_was_taken_does_not_come_back(
    storage: Storage, user: StorageUser, cat: bytes, service_token: Any
) -> None:
    first = await bring(user, cat, skip_existing=True)
    await announce(storage, type="failed", image_id=first, reason="CONTENT_WRONG", message="m")

    async def failed() -> bool:
        return (await user.image(first)).state == image_pb2.Image.FAILED

    await eventually(failed, "it is FAILED")
    second = await bring(user, cat, skip_existing=True)
    assert second != first

    await storage.ingest.ReplayImages(ingest_pb2.ReplayImagesRequest(), metadata=service_token)

    assert await usable(user, cat) == [second]


async def test_a_retried_request_is_answered_alike(user: StorageUser, cat: bytes) -> None:
    request_id = str(uuid4())
    fields: dict[str, Any] = {"request_id": request_id, "labels": {"line": "3"}}

    answers = await asyncio.gather(*(user.reserve(cat, **fields) for _ in range(5)))

    (image_id,) = {answer.image.image_id for answer in answers}
    assert all(answer.HasField("upload") for answer in answers)
    await user.put(answers[0], cat)
    await user.complete(image_id)
    late = await user.reserve(cat, **fields | {"request_id": request_id.upper()})
    assert (late.image.image_id, late.image.state) == (image_id, image_pb2.Image.UPLOADED)
    assert not late.HasField("upload")
    another = await user.reserve(cat, **fields | {"request_id": str(uuid4())})
    assert another.image.image_id != image_id


@pytest.mark.parametrize("skip_existing", [True, False])
async def test_a_retried_request_gets_what_another_one_reserved(
    user: StorageUser, cat: bytes, skip_existing: bool
) -> None:
    fields: dict[str, Any] = {"sha256": sha256(cat), "skip_existing": skip_existing}
    request_id = str(uuid4())
    image_id = await bring(user, cat, skip_existing=skip_existing) if skip_existing else ""
    first = await user.reserve(cat, request_id=request_id, **fields)
    if not skip_existing:
        await bring(user, cat)

    again = await user.reserve(cat, request_id=request_id, **fields)

    assert again.image.image_id == first.image.image_id == (image_id or first.image.image_id)
    assert len(await usable(user, cat)) == 1


async def test_a_request_id_stands_for_one_upload_of_one_user(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    request_id = str(uuid4())
    mine = await user.reserve(cat, request_id=request_id)

    for change in ({"filename": "b.png"}, {"labels": {"a": "b"}}, {"size_bytes": 7}):
        error = await refused(
            user.reserve(cat, request_id=request_id, **change),
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_REQUEST",
        )
        assert [one.field for one in bad_request(error).field_violations] == ["request_id"]
    theirs = await (await sign_up(storage)).reserve(cat, request_id=request_id)
    assert theirs.image.image_id != mine.image.image_id
    await refused(
        user.reserve(cat, request_id="no uuid"), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"
    )
