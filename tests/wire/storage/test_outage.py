"""An object store that dies and comes back."""

import grpc
from argus.storage.v1 import image_pb2

from tests.support import parts
from tests.support.eventually import eventually
from tests.support.storage_client import (
    Storage,
    StorageUser,
    gone,
    refused,
)


async def test_a_dead_object_store_is_said_so_and_loses_nothing(
    storage: Storage, user: StorageUser, cat: bytes, seaweedfs: parts.SeaweedFS
) -> None:
    kept = await user.store(cat)
    created = await user.reserve(cat)
    await user.put(created, cat)
    seaweedfs.kill()
    try:
        await refused(
            user.complete(created.image.image_id),
            grpc.StatusCode.UNAVAILABLE,
            "OBJECT_STORE_UNAVAILABLE",
        )
        await refused(
            user.thumbnail(kept.image_id),
            grpc.StatusCode.UNAVAILABLE,
            "OBJECT_STORE_UNAVAILABLE",
        )
        assert (await user.image(created.image.image_id)).state == image_pb2.Image.PENDING
        await user.delete(kept.image_id, permanently=True)
        await refused(user.image(kept.image_id), grpc.StatusCode.NOT_FOUND, "IMAGE_NOT_FOUND")
    finally:
        # From this thread, with which it is to end.
        seaweedfs.start()

    assert (await user.complete(created.image.image_id)).state == image_pb2.Image.UPLOADED
    await eventually(gone(storage, kept.content_url), "what was deleted meanwhile is removed")
