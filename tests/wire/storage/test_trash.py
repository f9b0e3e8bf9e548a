"""Deleting images, and bringing them back in time."""

import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import grpc
from argus.storage.v1 import image_pb2, ingest_pb2

from tests.support.eventually import eventually
from tests.support.storage_client import (
    Metadata,
    Storage,
    StorageUser,
    announce,
    gone,
    indexed,
    refused,
    sign_up,
    told,
)

NOT_FOUND = (grpc.StatusCode.NOT_FOUND, "IMAGE_NOT_FOUND")


async def purges_of(storage: Storage, image_id: str) -> int:
    """How often inspection was told that an image is gone for good."""
    entries: Any = await storage.redis.xrange("argus:deleted")
    return sum(json.loads(fields["event"])["image_id"] == image_id for _, fields in entries)


async def trash_of(user: StorageUser) -> list[image_pb2.Image]:
    return list((await user.page(deleted=True)).images)


async def test_a_deleted_image_is_gone_for_every_reader_and_can_be_brought_back(
    storage: Storage, user: StorageUser, cat: bytes, service_token: Metadata
) -> None:
    image = await user.store(cat, labels={"animal": "cat"})
    image_id = image.image_id
    await indexed(storage, user, image_id)
    await user.delete(image_id)

    for call in (user.image, user.delete, user.download, user.thumbnail, user.complete):
        await refused(call(image_id), *NOT_FOUND)
    assert not (await user.page()).images
    assert not (await user.call("BatchGetImages", image_ids=[image_id])).images
    assert not (await user.call("ListLabels")).keys
    assert not (await user.call("ListImageMonths")).months
    resolve = ingest_pb2.ResolveContentsRequest(image_ids=[image_id])
    assert not (await storage.ingest.ResolveContents(resolve, metadata=service_token)).contents
    show = ingest_pb2.ResolvePreviewsRequest(image_ids=[image_id])
    assert not (await storage.ingest.ResolvePreviews(show, metadata=service_token)).previews
    (listed,) = await trash_of(user)
    assert listed.labels == {"animal": "cat"}
    assert (listed.purge_time.ToDatetime() - listed.delete_time.ToDatetime()) == timedelta(hours=24)
    assert (listed.content_url, listed.display_url) == ("", "")
    assert (await storage.http.get(listed.thumbnail_url)).status_code == 200
    await told(storage, image_id, "uploaded", "deleted")

    back = await user.call("UndeleteImage", image_id=image_id)

    assert back.state == image_pb2.Image.UPLOADED
    assert not back.HasField("delete_time")
    assert back == await user.image(image_id)
    assert [found.image_id for found in (await user.page()).images] == [image_id]
    assert (await storage.http.get(back.content_url)).content == cat
    assert [key.key for key in (await user.call("ListLabels")).keys] == ["animal"]
    await told(storage, image_id, "uploaded", "deleted", "uploaded")
    assert await purges_of(storage, image_id) == 0, "reference sets keep it"
    assert await user.call("UndeleteImage", image_id=image_id) == back


async def test_after_its_time_a_deleted_image_is_removed(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    image = await user.store(cat)
    await user.delete(image.image_id)
    storage.clock.ahead = timedelta(hours=24, seconds=1)
    try:

        async def purged() -> bool:
            return not await trash_of(user)

        await eventually(purged, "the trash is emptied")
        await refused(user.call("UndeleteImage", image_id=image.image_id), *NOT_FOUND)
        await eventually(gone(storage, image.content_url), "its bytes are removed")
    finally:
        storage.clock.ahead = timedelta()

    async def heard() -> bool:
        return await purges_of(storage, image.image_id) > 0

    await eventually(heard, "inspection is told")


async def test_an_image_can_be_removed_at_once_also_from_the_trash(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    first, second = await user.store(cat), await user.store(cat)
    await user.delete(second.image_id)

    await user.delete(first.image_id, permanently=True)
    await user.delete(second.image_id, permanently=True)

    assert not await trash_of(user)
    for image in (first, second):
        await eventually(gone(storage, image.content_url), "its bytes are removed")

        async def heard(image_id: str = image.image_id) -> bool:
            return await purges_of(storage, image_id) == 1

        await eventually(heard, "inspection is told once")


async def test_what_was_not_completed_is_not_kept(user: StorageUser, cat: bytes) -> None:
    image_id = (await user.reserve(cat)).image.image_id
    await user.delete(image_id)
    assert not await trash_of(user)
    await refused(user.call("UndeleteImage", image_id=image_id), *NOT_FOUND)


async def test_many_are_deleted_and_brought_back_and_others_are_left_out(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    ids = [(await user.store(cat)).image_id for _ in range(3)]
    theirs = (await (await sign_up(storage)).store(cat)).image_id
    asked = [ids[2], theirs, str(uuid4()), ids[0], ids[2]]

    deleted = await user.call("BatchDeleteImages", image_ids=asked)
    assert list(deleted.image_ids) == [ids[2], ids[0]]
    assert [image.image_id for image in (await user.page()).images] == [ids[1]]
    assert not (await user.call("BatchDeleteImages", image_ids=asked)).image_ids

    back = await user.call("BatchUndeleteImages", image_ids=[*asked, ids[1]])
    assert [image.image_id for image in back.images] == [ids[2], ids[0], ids[1]]
    assert len((await user.page()).images) == 3


async def test_the_same_bytes_can_be_uploaded_while_the_old_ones_are_in_the_trash(
    user: StorageUser, cat: bytes
) -> None:
    declared = {
        "sha256": hashlib.sha256(cat).hexdigest(),
        "skip_existing": True,
        "request_id": str(uuid4()),
    }
    old = await user.store(cat, **declared)
    await user.delete(old.image_id)

    new = await user.store(cat, **declared)

    assert new.image_id != old.image_id
    assert new.state == image_pb2.Image.UPLOADED
    await user.call("UndeleteImage", image_id=old.image_id)
    assert len((await user.page()).images) == 2


async def test_what_search_says_late_of_a_deleted_image_does_not_bring_it_back(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    image_id = (await user.store(cat)).image_id
    await user.delete(image_id)
    await told(storage, image_id, "uploaded", "deleted")
    await announce(storage, type="indexed", image_id=image_id)
    await told(storage, image_id, "uploaded", "deleted", "deleted")
    assert await purges_of(storage, image_id) == 0
    assert [image.image_id for image in await trash_of(user)] == [image_id]


async def test_a_replay_announces_what_is_in_the_trash_as_deleted(
    storage: Storage, user: StorageUser, cat: bytes, service_token: Metadata
) -> None:
    image_id = (await user.store(cat)).image_id
    await user.delete(image_id)
    await told(storage, image_id, "uploaded", "deleted")
    await storage.ingest.ReplayImages(ingest_pb2.ReplayImagesRequest(), metadata=service_token)
    await told(storage, image_id, "uploaded", "deleted", "deleted")
    assert await purges_of(storage, image_id) == 0


async def test_somebody_elses_trash_is_not_there(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    image_id = (await user.store(cat)).image_id
    await user.delete(image_id)
    stranger = await sign_up(storage)
    assert not await trash_of(stranger)
    await refused(stranger.call("UndeleteImage", image_id=image_id), *NOT_FOUND)
    await refused(stranger.delete(image_id, permanently=True), *NOT_FOUND)
    assert [image.image_id for image in await trash_of(user)] == [image_id]
