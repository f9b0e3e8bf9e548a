"""What storage tells search, what search tells storage, and what services may ask."""

import json
from datetime import timedelta
from typing import Any

import grpc
from argus.storage.v1 import image_pb2, ingest_pb2

from tests.support.eventually import eventually
from tests.support.storage_client import (
    Metadata,
    Storage,
    StorageUser,
    announce,
    announce_raw,
    events_of,
    refused,
    told,
)


async def test_the_indexers_news_set_the_state(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    indexed, failed = await user.store(cat), await user.store(cat)
    await announce_raw(storage, {"event": "no json"})
    await announce_raw(storage, {"other": "field"})
    await announce(storage, type="indexed", image_id=indexed.image_id)
    await announce(
        storage, type="failed", image_id=failed.image_id, reason="IMAGE_UNREADABLE", message="why"
    )

    async def settled() -> bool:
        states = [(await user.image(image.image_id)).state for image in (indexed, failed)]
        return states == [image_pb2.Image.INDEXED, image_pb2.Image.FAILED]

    await eventually(settled, "both states are set")
    found = await user.image(indexed.image_id)
    assert found.content_url
    lost = await user.image(failed.image_id)
    assert (lost.failure.reason, lost.failure.message) == ("IMAGE_UNREADABLE", "why")
    # Completing again answers as before: the upload itself was right.
    assert (await user.complete(failed.image_id)).state == image_pb2.Image.FAILED

    async def empty() -> bool:
        return int(await storage.redis.xlen("argus:indexed")) == 0

    await eventually(empty, "what was read is removed, and bad events do not block")


async def test_news_of_a_deleted_image_announce_the_deletion_again(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    image = await user.store(cat)
    await user.delete(image.image_id)
    await told(storage, image.image_id, "uploaded", "deleted")

    await announce(storage, type="indexed", image_id=image.image_id)

    await told(storage, image.image_id, "uploaded", "deleted", "deleted")


async def test_news_that_a_dead_replica_took_are_recorded(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    image = await user.store(cat)
    entry: dict[Any, Any] = {"event": json.dumps({"type": "indexed", "image_id": image.image_id})}
    async with storage.redis.pipeline(transaction=True) as pipe:
        pipe.xadd("argus:indexed", entry)
        pipe.xreadgroup("storage", "dead", {"argus:indexed": ">"})
        await pipe.execute()
    pending = await storage.redis.xpending_range("argus:indexed", "storage", "-", "+", 1)
    # Taken long ago, as far as Redis knows.
    await storage.redis.xclaim(
        "argus:indexed", "storage", "dead", 0, [pending[0]["message_id"]], idle=60_000
    )

    async def indexed() -> bool:
        return (await user.image(image.image_id)).state == image_pb2.Image.INDEXED

    await eventually(indexed, "another replica takes over")


async def test_search_is_reminded_of_images_that_stay_unindexed(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    await storage.redis.delete("argus:images")
    image = await user.store(cat)
    await told(storage, image.image_id, "uploaded")
    await storage.redis.delete("argus:images")
    storage.clock.ahead = timedelta(seconds=61)
    try:
        await told(storage, image.image_id, "uploaded")
    finally:
        storage.clock.ahead = timedelta()


async def test_search_is_told_again_of_a_deletion_that_redis_lost(
    storage: Storage, user: StorageUser, cat: bytes, service_token: Metadata
) -> None:
    image = await user.store(cat)
    await user.delete(image.image_id)
    await told(storage, image.image_id, "uploaded", "deleted")

    await storage.redis.delete("argus:images")
    storage.clock.ahead = timedelta(seconds=61)
    try:
        await told(storage, image.image_id, "deleted")
    finally:
        storage.clock.ahead = timedelta()

    await storage.redis.delete("argus:images")
    await storage.ingest.ReplayImages(ingest_pb2.ReplayImagesRequest(), metadata=service_token)
    await told(storage, image.image_id, "deleted")


async def test_services_resolve_contents_and_replay(
    storage: Storage, user: StorageUser, cat: bytes, service_token: Metadata
) -> None:
    image = await user.store(cat, labels={"animal": "cat"})
    deleted = await user.store(cat)
    await user.delete(deleted.image_id)
    pending = await user.reserve(cat)

    resolved = await storage.ingest.ResolveContents(
        ingest_pb2.ResolveContentsRequest(
            image_ids=[pending.image.image_id, deleted.image_id, image.image_id]
        ),
        metadata=service_token,
    )

    (content,) = resolved.contents
    assert (content.image_id, content.user_id) == (image.image_id, user.user_id)
    assert (content.sha256, content.size_bytes) == (image.sha256, len(cat))
    assert (content.content_type, dict(content.labels)) == ("image/png", {"animal": "cat"})
    assert (await storage.http.get(content.url)).content == cat

    await storage.redis.delete("argus:images")
    replayed = await storage.ingest.ReplayImages(
        ingest_pb2.ReplayImagesRequest(), metadata=service_token
    )

    assert replayed.image_count >= 1
    await told(storage, image.image_id, "uploaded")
    assert await events_of(storage, pending.image.image_id) == []


async def test_ingest_is_for_services_and_images_are_for_users(
    storage: Storage, user: StorageUser, service_token: Metadata
) -> None:
    await refused(
        storage.ingest.ReplayImages(ingest_pb2.ReplayImagesRequest(), metadata=user.token),
        grpc.StatusCode.PERMISSION_DENIED,
        "SERVICE_ONLY",
    )
    await refused(
        storage.images.ListImages(image_pb2.ListImagesRequest(), metadata=service_token),
        grpc.StatusCode.PERMISSION_DENIED,
        "USER_ONLY",
    )
