"""Uploads: complete, repeated, late, wrong."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import grpc
import pytest
from argus.storage.v1 import image_pb2
from PIL import Image

from services.storage.s3 import S3ObjectStore
from services.storage.wiring import build
from tests.support.eventually import eventually
from tests.support.pictures import chelsea, encoded
from tests.support.services import bad_request, error_info
from tests.support.storage_client import (
    Storage,
    StorageUser,
    events_of,
    gone,
    refused,
    sign_up,
    staging_empty,
    told,
)


async def test_completing_twice_answers_the_same(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    image = await user.store(cat)

    again = await user.complete(image.image_id)

    assert (again.state, again.sha256, again.create_time) == (
        image.state,
        image.sha256,
        image.create_time,
    )
    await told(storage, image.image_id, "uploaded")


async def test_completing_at_the_same_time_keeps_it_once(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    created = await user.reserve(cat)
    await user.put(created, cat)
    image_id = created.image.image_id

    answers = await asyncio.gather(*(user.complete(image_id) for _ in range(12)))

    assert {answer.state for answer in answers} == {image_pb2.Image.UPLOADED}
    assert {answer.sha256 for answer in answers} == {hashlib.sha256(cat).hexdigest()}
    await told(storage, image_id, "uploaded")


async def test_replicas_complete_the_same_upload_once(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    created = await user.reserve(cat)
    await user.put(created, cat)
    image_id = created.image.image_id
    async with (
        build(storage.settings) as other,
        grpc.aio.insecure_channel(other.address) as channel,
    ):
        same_user = user.at(channel)
        answers = await asyncio.gather(
            *(caller.complete(image_id) for caller in (user, same_user) for _ in range(4))
        )
        assert {answer.state for answer in answers} == {image_pb2.Image.UPLOADED}
        await told(storage, image_id, "uploaded")
        await same_user.delete(image_id)
        await told(storage, image_id, "uploaded", "deleted")


async def test_bytes_put_after_completion_change_nothing(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    created = await user.reserve(cat)
    await user.put(created, cat)
    image = await user.complete(created.image.image_id)

    await user.put(created, bytes(len(cat)))

    assert (await storage.http.get(image.content_url)).content == cat
    assert (await user.complete(image.image_id)).sha256 == image.sha256


async def test_completing_before_the_bytes_are_there_can_be_made_good(
    user: StorageUser, cat: bytes
) -> None:
    created = await user.reserve(cat)
    image_id = created.image.image_id

    await refused(
        user.complete(image_id), grpc.StatusCode.FAILED_PRECONDITION, "UPLOAD_NOT_RECEIVED"
    )
    await refused(user.thumbnail(image_id), grpc.StatusCode.FAILED_PRECONDITION, "IMAGE_NOT_READY")

    assert (await user.image(image_id)).state == image_pb2.Image.PENDING
    await user.put(created, cat)
    assert (await user.complete(image_id)).state == image_pb2.Image.UPLOADED


def _bomb() -> bytes:
    """A PNG whose header promises 20,000 by 20,000 pixels."""
    return encoded(Image.new("1", (20_000, 20_000)))


BAD: dict[str, tuple[Callable[[], bytes], dict[str, Any], str]] = {
    "other size": (lambda: b"x" * 99, {"size_bytes": 100}, "SIZE_MISMATCH"),
    "empty": (lambda: b"", {"size_bytes": 5}, "IMAGE_EMPTY"),
    "longer than accepted": (
        lambda: b"x" * (4 * 2**20 + 1),
        {"size_bytes": 5},
        "IMAGE_TOO_LARGE",
    ),
    "noise": (lambda: b"no picture at all", {}, "IMAGE_UNREADABLE"),
    "svg": (
        lambda: b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        {},
        "IMAGE_UNSUPPORTED",
    ),
    "truncated": (
        lambda: encoded(chelsea())[:50_000],
        {},
        "IMAGE_UNREADABLE",
    ),
    "gif named png": (
        lambda: encoded(chelsea(), "GIF"),
        {},
        "CONTENT_TYPE_MISMATCH",
    ),
    "one pixel": (lambda: encoded(Image.new("RGB", (1, 1))), {}, "IMAGE_TOO_SMALL"),
    "too many pixels": (_bomb, {}, "TOO_MANY_PIXELS"),
    "other digest": (
        lambda: encoded(chelsea()),
        {"sha256": "0" * 64},
        "SHA256_MISMATCH",
    ),
}


@pytest.mark.parametrize("fault", BAD)
async def test_bad_bytes_fail_with_a_reason_and_are_gone(
    storage: Storage, user: StorageUser, cat: bytes, fault: str
) -> None:
    make, fields, reason = BAD[fault]
    content = make()
    created = await user.reserve(content, **{"size_bytes": len(content)} | fields)
    image_id = created.image.image_id
    # As a store would take it that does not hold to the signed length.
    whatever = storage.links().put(f"uploads/{user.user_id}/{image_id}", timedelta(minutes=1))
    assert (await storage.http.put(whatever, content=content)).status_code == 200

    error = await refused(user.complete(image_id), grpc.StatusCode.INVALID_ARGUMENT, reason)
    again = await refused(user.complete(image_id), grpc.StatusCode.INVALID_ARGUMENT, reason)

    assert error.details() == again.details()
    image = await user.image(image_id)
    assert (image.state, image.content_url) == (image_pb2.Image.FAILED, "")
    assert (image.failure.reason, image.failure.message) == (reason, error.details())
    assert await events_of(storage, image_id) == []
    await eventually(staging_empty(storage, user, image_id), "the bytes are gone")
    assert (await user.store(cat)).state == image_pb2.Image.UPLOADED


@pytest.mark.parametrize("change", [-1, 1, 10 * 2**20])
async def test_the_store_takes_as_many_bytes_as_were_declared(
    storage: Storage, user: StorageUser, cat: bytes, change: int
) -> None:
    created = await user.reserve(cat)
    other = cat[:change] if change < 0 else cat + bytes(change)
    answer = await storage.http.put(created.upload.url, content=other)
    assert answer.status_code == 403

    async def in_pieces() -> AsyncIterator[bytes]:
        yield cat

    # Without a content-length there is nothing that could have been signed.
    answer = await storage.http.put(created.upload.url, content=in_pieces())
    assert answer.status_code == 403
    await refused(
        user.complete(created.image.image_id),
        grpc.StatusCode.FAILED_PRECONDITION,
        "UPLOAD_NOT_RECEIVED",
    )
    await user.put(created, cat)
    assert (await user.complete(created.image.image_id)).state == image_pb2.Image.UPLOADED


async def test_a_user_reserves_a_bounded_number_of_uploads(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    settings = storage.settings.model_copy(update={"storage_pending_uploads": 3})
    other = await sign_up(storage)
    async with (
        build(settings) as small,
        grpc.aio.insecure_channel(small.address) as channel,
    ):
        here = user.at(channel)
        # However many at once.
        answers = await asyncio.gather(
            *(here.reserve(cat) for _ in range(8)), return_exceptions=True
        )
        reserved = [one for one in answers if isinstance(one, image_pb2.CreateUploadResponse)]
        assert len(reserved) == 3
        error = await refused(
            here.reserve(cat), grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_PENDING_UPLOADS"
        )
        assert error_info(error).metadata["max_images"] == "3"
        await other.at(channel).reserve(cat)
        await here.delete(reserved[0].image.image_id)
        await here.put(reserved[1], cat)
        await here.complete(reserved[1].image.image_id)
        for _ in range(2):
            await here.reserve(cat)


async def test_a_user_keeps_no_more_than_the_quota(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    settings = storage.settings.model_copy(
        update={"storage_quota_images": 3, "storage_quota_bytes": 2 * len(cat) + 10}
    )
    async with (
        build(settings) as small,
        grpc.aio.insecure_channel(small.address) as channel,
    ):
        here = user.at(channel)
        first = await here.store(cat)
        await here.store(cat)
        error = await refused(
            here.reserve(cat), grpc.StatusCode.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED"
        )
        assert error_info(error).metadata["max_bytes"] == str(2 * len(cat) + 10)
        assert (await here.reserve(b"tiny")).HasField("upload")
        await refused(here.reserve(b"x"), grpc.StatusCode.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED")
        await here.delete(first.image_id)
        await refused(here.reserve(cat), grpc.StatusCode.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED")
        await here.delete(first.image_id, permanently=True)
        assert (await here.store(cat)).state == image_pb2.Image.UPLOADED


async def test_kept_bytes_leave_the_staging_area(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    image = await user.store(cat)

    await eventually(staging_empty(storage, user, image.image_id), "staging is empty")


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"content_type": "image/svg+xml"}, "UNSUPPORTED_CONTENT_TYPE", "content_type"),
        ({"content_type": "text/html"}, "UNSUPPORTED_CONTENT_TYPE", "content_type"),
        ({"size_bytes": 4 * 2**20 + 1}, "IMAGE_TOO_LARGE", "size_bytes"),
        ({"size_bytes": 0}, "INVALID_REQUEST", "size_bytes"),
        ({"filename": "folder/"}, "INVALID_REQUEST", "filename"),
        ({"sha256": "abc"}, "INVALID_REQUEST", "sha256"),
        ({"labels": {"Line": "3"}}, "INVALID_REQUEST", 'labels["Line"]'),
    ],
)
async def test_what_would_not_be_taken_is_refused_at_once(
    user: StorageUser, fields: dict[str, Any], reason: str, field: str
) -> None:
    error = await refused(user.reserve(b"xx", **fields), grpc.StatusCode.INVALID_ARGUMENT, reason)

    assert [violation.field for violation in bad_request(error).field_violations] == [field]


async def test_bytes_that_are_there_already_are_not_asked_for_again(
    user: StorageUser, storage: Storage, cat: bytes
) -> None:
    sha256 = hashlib.sha256(cat).hexdigest().upper()
    pending = await user.reserve(cat, sha256=sha256, skip_existing=True)
    assert pending.HasField("upload")
    image = await user.store(cat)

    existing = await user.reserve(cat, sha256=sha256, skip_existing=True)
    another = await user.reserve(cat, sha256=sha256)
    strangers = await (await sign_up(storage)).reserve(cat, sha256=sha256, skip_existing=True)

    assert existing.image.image_id == image.image_id
    assert not existing.HasField("upload")
    assert another.HasField("upload")
    assert strangers.HasField("upload")


async def test_an_upload_that_is_never_completed_expires(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    late, forgotten = await user.reserve(cat), await user.reserve(cat)
    for created in (late, forgotten):
        await user.put(created, cat)
    # As a process leaves it that dies before it can record what it kept.
    half_way = f"images/{user.user_id}/{forgotten.image.image_id}"
    async with S3ObjectStore(
        storage.settings.s3_url,
        bucket=storage.settings.s3_bucket,
        access_key=storage.settings.s3_access_key,
        secret_key=storage.settings.s3_secret_key.get_secret_value(),
        region=storage.settings.s3_region,
    ) as store:
        await store.put(half_way, cat, "image/png")
    storage.clock.ahead = timedelta(hours=1, seconds=1)
    try:
        # The first is found out by whoever completes it, the second by the janitor.
        await refused(
            user.complete(late.image.image_id),
            grpc.StatusCode.FAILED_PRECONDITION,
            "UPLOAD_EXPIRED",
        )

        async def failed() -> bool:
            return (await user.image(forgotten.image.image_id)).state == image_pb2.Image.FAILED

        await eventually(failed, "the janitor fails it")
        for created in (late, forgotten):
            image_id = created.image.image_id
            assert (await user.image(image_id)).failure.reason == "UPLOAD_EXPIRED"
            await refused(
                user.complete(image_id), grpc.StatusCode.FAILED_PRECONDITION, "UPLOAD_EXPIRED"
            )
            await eventually(staging_empty(storage, user, image_id), "its bytes are removed")
        await eventually(gone(storage, storage.link(half_way)), "what was half kept is removed")
    finally:
        storage.clock.ahead = timedelta()


async def test_bytes_put_after_deletion_are_removed_once_the_link_is_dead(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    created = await user.reserve(cat)
    image_id = created.image.image_id
    await user.delete(image_id)

    async def first_removal() -> bool:
        count = await storage.postgres.fetchval(
            "SELECT count(*) FROM storage.purges WHERE object_key LIKE $1", f"uploads/%{image_id}"
        )
        return bool(count == 1)

    await eventually(first_removal, "what was put before is removed")
    await user.put(created, cat)
    assert not await staging_empty(storage, user, image_id)()
    storage.clock.ahead = timedelta(minutes=26)
    try:
        await eventually(staging_empty(storage, user, image_id), "the bytes are removed")
    finally:
        storage.clock.ahead = timedelta()
