"""Checks of storage: each kind of orphan is made in the real stores, found and mended."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import grpc
import minio
import pytest
from argus.auth.v1 import auth_pb2
from argus.storage.v1 import (
    image_pb2,
    operator_pb2,
    operator_pb2_grpc,
    video_pb2,
    video_pb2_grpc,
)
from argus.type.v1.finding_pb2 import Finding
from google.protobuf.duration_pb2 import Duration

from services.storage.videos.model import frame_id
from tests.support.eventually import eventually
from tests.support.pictures import encoded
from tests.support.roles import assign_role
from tests.support.services import bearer
from tests.support.storage_client import (
    Metadata,
    Storage,
    StorageUser,
    indexed,
    refused,
    sign_up,
    told,
)
from tests.support.user import PASSWORD
from tests.wire.storage.test_renditions import picture, rendered

pytestmark = pytest.mark.usefixtures("emptied")


@pytest.fixture
async def emptied(storage: Storage, service_token: Metadata) -> None:
    """What other tests left is mended first, or removed where nobody but they know its keys."""
    for left in await check(storage, service_token, repair=True):
        if left.repair == Finding.BY_HAND and left.kind == Finding.OBJECT_WITHOUT_IMAGE:
            bucket(storage).remove_object("images", left.subject)


async def check(storage: Storage, token: Metadata, **fields: Any) -> list[Finding]:
    """What a check finds, of whatever age."""
    values = {"grace": Duration(), "settle": Duration()} | fields
    call = operator_pb2_grpc.StorageOperatorServiceStub(storage.channel).CheckStorage(
        operator_pb2.CheckStorageRequest(**values), metadata=token
    )
    return [told.finding async for told in call if told.HasField("finding")]


def about(findings: Sequence[Finding], *subjects: str) -> list[tuple[str, str]]:
    """Kinds and repairs of what was found about something."""
    return [
        (Finding.Kind.Name(one.kind), Finding.Repair.Name(one.repair))
        for one in findings
        if any(subject in one.subject for subject in subjects)
    ]


def bucket(storage: Storage) -> minio.Minio:
    s3 = storage.settings
    return minio.Minio(
        s3.s3_url.removeprefix("http://"),
        access_key=s3.s3_access_key,
        secret_key=s3.s3_secret_key.get_secret_value(),
        secure=False,
        region=s3.s3_region,
    )


async def put(storage: Storage, key: str, content: bytes = b"left") -> None:
    url = storage.links().put(key, timedelta(minutes=1))
    assert (await storage.http.put(url, content=content)).status_code == 200


async def is_there(storage: Storage, key: str) -> bool:
    return (await storage.http.get(storage.link(key))).status_code == 200


def keys_of(image: image_pb2.Image) -> dict[str, str]:
    place = f"{image.user_id}/{image.image_id}"
    return {
        "content": f"images/{place}",
        "thumbnail": f"thumbnails/{place}.webp",
        "rendition": f"renditions/{place}/512.webp",
    }


async def lose(storage: Storage, key: str) -> None:
    bucket(storage).remove_object("images", key)
    assert not await is_there(storage, key)


@asynccontextmanager
async def silent(storage: Storage) -> AsyncIterator[None]:
    """The stream that search reads is empty meanwhile, as if search had taken what is told."""
    await storage.redis.delete("argus:images")
    yield
    await storage.redis.delete("argus:images")


async def test_a_storage_in_order_has_nothing_to_find_while_images_come_and_go(
    storage: Storage, user: StorageUser, cat: bytes, service_token: Metadata
) -> None:
    kept = await rendered(user, encoded(picture(900, 600)))
    trashed = await user.upload(encoded(picture(300, 300)))
    await user.delete(trashed)
    purged = await user.upload(encoded(picture(301, 300)))
    await user.call("DeleteImage", image_id=purged, permanently=True)
    pending = await user.reserve(cat)
    await user.put(pending, cat)
    wrong = await user.reserve(b"no image at all")
    await user.put(wrong, b"no image at all")
    with pytest.raises(grpc.aio.AioRpcError):
        await user.complete(wrong.image.image_id)
    assert await check(storage, service_token) == []
    assert await is_there(storage, keys_of(kept)["rendition"])
    assert await is_there(storage, f"uploads/{user.user_id}/{pending.image.image_id}")


async def test_what_is_under_way_and_has_no_image_yet_is_nothing_to_find(
    storage: Storage, user: StorageUser, service_token: Metadata
) -> None:
    videos: Any = video_pb2_grpc.VideoServiceStub(storage.channel)
    request = video_pb2.CreateVideoUploadRequest(
        filename="film.webm", content_type="video/webm", size_bytes=4
    )
    created = await videos.CreateVideoUpload(request, metadata=user.token)
    await user.put(created, b"film")
    cut, image_id = uuid4(), uuid4()
    # An import of a video that another process has in hand, and an image of a stream.
    await storage.postgres.execute(
        "INSERT INTO storage.videos (video_id, user_id, filename, content_type, size_bytes, "
        "sha256, labels, max_key_frames, state, created_at, updated_at, put_expires_at, "
        "expires_at, work_at, begun_at, attempts) SELECT $1, user_id, filename, content_type, "
        "size_bytes, sha256, labels, 2, 'IMPORTING', created_at, updated_at, put_expires_at, "
        "expires_at, now() + interval '1 hour', now(), 1 FROM storage.videos "
        "WHERE video_id = $2::text::uuid",
        cut,
        created.video.video_id,
    )
    await storage.postgres.execute(
        "INSERT INTO storage.arriving_images (image_id, user_id, size_bytes, expires_at) "
        "VALUES ($1, $2::text::uuid, 4, now() + interval '1 hour')",
        image_id,
        user.user_id,
    )
    own = [frame_id(cut, 1), image_id]
    for one in own:
        await put(storage, f"images/{user.user_id}/{one}")
        await put(storage, f"thumbnails/{user.user_id}/{one}.webp")
    beyond = f"images/{user.user_id}/{frame_id(cut, 2)}"
    await put(storage, beyond)

    found = await check(storage, service_token, repair=True)

    assert [one.subject for one in found] == [beyond]
    assert await is_there(storage, f"uploads/{user.user_id}/{created.video.video_id}")
    assert all([await is_there(storage, f"images/{user.user_id}/{one}") for one in own])
    # What others find is not of these.
    await storage.postgres.execute("DELETE FROM storage.videos WHERE video_id = $1", cut)
    await storage.postgres.execute(
        "DELETE FROM storage.arriving_images WHERE image_id = $1", image_id
    )


async def test_objects_that_no_record_needs_are_told_and_removed_only_on_request(
    storage: Storage, user: StorageUser, cat: bytes, service_token: Metadata
) -> None:
    nobody = uuid4()
    keys = [
        f"images/{user.user_id}/{nobody}",
        f"thumbnails/{user.user_id}/{nobody}.webp",
        f"renditions/{user.user_id}/{nobody}/512.webp",
        f"uploads/{user.user_id}/{nobody}",
    ]
    for key in keys:
        await put(storage, key)
    image = await user.store(cat)
    # A rendition that its record does not have, and somebody else's of the same image.
    strange = f"images/{uuid4()}/{image.image_id}"
    await put(storage, strange)
    keys.append(strange)

    young = await check(storage, service_token, grace=Duration(seconds=3600))
    assert about(young, *keys) == []
    told = await check(storage, service_token)
    assert about(told, *keys) == [("OBJECT_WITHOUT_IMAGE", "POSSIBLE")] * len(keys)
    assert all([await is_there(storage, key) for key in keys])

    mended = await check(storage, service_token, repair=True)
    assert about(mended, *keys) == [("OBJECT_WITHOUT_IMAGE", "MENDED")] * len(keys)

    async def removed() -> bool:
        return not any([await is_there(storage, key) for key in keys])

    await eventually(removed, "they are removed")
    assert await check(storage, service_token) == []
    assert await is_there(storage, keys_of(image)["content"])


async def test_an_object_with_a_key_that_argus_does_not_give_stays(
    storage: Storage, service_token: Metadata
) -> None:
    key = f"images/notes/{uuid4()}.txt"
    await put(storage, key)
    try:
        found = await check(storage, service_token, repair=True)
        assert about(found, key) == [("OBJECT_WITHOUT_IMAGE", "BY_HAND")]
        assert await is_there(storage, key)
    finally:
        await lose(storage, key)


async def test_what_was_lost_of_pictures_is_made_again(
    storage: Storage, user: StorageUser, service_token: Metadata
) -> None:
    image = await rendered(user, encoded(picture(900, 600)))
    keys = keys_of(image)
    await lose(storage, keys["thumbnail"])
    await lose(storage, keys["rendition"])
    told = about(await check(storage, service_token), image.image_id)
    assert told == [("THUMBNAIL_MISSING", "POSSIBLE"), ("RENDITION_MISSING", "POSSIBLE")]
    mended = about(await check(storage, service_token, repair=True), image.image_id)
    assert mended == [("THUMBNAIL_MISSING", "MENDED"), ("RENDITION_MISSING", "MENDED")]

    async def made() -> bool:
        return await is_there(storage, keys["rendition"])

    await eventually(made, "the rendition is there")
    assert len((await user.thumbnail(image.image_id)).data) > 100

    async def in_order() -> bool:
        return await check(storage, service_token) == []

    await eventually(in_order, "nothing is found any more")


async def test_an_image_whose_bytes_are_lost_is_failed_and_can_be_uploaded_again(
    storage: Storage, user: StorageUser, service_token: Metadata
) -> None:
    content = encoded(picture(310, 200))
    gone, changed = await user.store(content), await user.store(encoded(picture(320, 200)))
    await lose(storage, keys_of(gone)["content"])
    await put(storage, keys_of(changed)["content"], b"something else")
    told = await check(storage, service_token)
    assert about(told, gone.image_id) == [("CONTENT_LOST", "POSSIBLE")]
    assert about(told, changed.image_id) == [("CONTENT_LOST", "POSSIBLE")]
    assert (await user.image(gone.image_id)).state == image_pb2.Image.UPLOADED

    await check(storage, service_token, repair=True)
    for image in (gone, changed):
        failed = await user.image(image.image_id)
        assert failed.state == image_pb2.Image.FAILED
        assert "CONTENT_WRONG" in str(failed.failure)
    assert await check(storage, service_token) == []
    again = await user.store(content, skip_existing=True)
    assert again.image_id != gone.image_id
    assert again.state == image_pb2.Image.UPLOADED


async def test_an_upload_in_parts_that_was_given_up_is_removed_after_its_time(
    storage: Storage, user: StorageUser, service_token: Metadata
) -> None:
    key = f"uploads/{user.user_id}/{uuid4()}"
    client = bucket(storage)
    client._create_multipart_upload("images", key, {})
    assert about(await check(storage, service_token), key) == []
    before = storage.clock.ahead
    storage.clock.ahead += timedelta(hours=2)
    try:
        found = await check(storage, service_token)
        assert about(found, key) == [("UPLOAD_ABANDONED", "POSSIBLE")]
        mended = await check(storage, service_token, repair=True)
        assert about(mended, key) == [("UPLOAD_ABANDONED", "MENDED")]
        assert about(await check(storage, service_token), key) == []
    finally:
        storage.clock.ahead = before


async def test_an_image_of_which_search_was_not_told_is_announced_again(
    storage: Storage, user: StorageUser, service_token: Metadata
) -> None:
    image_id = await user.upload(encoded(picture(330, 200)))
    await told(storage, image_id, "uploaded")
    # It is on its way, so nothing is wrong.
    assert about(await check(storage, service_token), image_id) == []
    async with silent(storage):
        found = await check(storage, service_token)
        assert about(found, image_id) == [("EVENT_LOST", "POSSIBLE")]
        await check(storage, service_token, repair=True)

        async def announced() -> bool:
            return image_id in str(await storage.redis.xrange("argus:images"))

        await eventually(announced, "it is announced again")
    await indexed(storage, user, image_id)
    assert about(await check(storage, service_token), image_id) == []


async def test_checks_are_for_administrators(storage: Storage) -> None:
    user = await sign_up(storage)
    refusal = grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED"
    await refused(check(storage, user.token), *refusal)
    await assign_role(storage.auth_channel, user.email, "ADMIN")
    request = auth_pb2.LoginRequest(email=user.email, password=PASSWORD)
    session = await storage.auth.Login(request)
    assert await check(storage, bearer(session.access_token)) == []
