"""Watching images, over a real socket."""

from typing import Any

import grpc
import pytest
from argus.storage.v1 import image_pb2

from services.runtime.pages import encode_page_token
from tests.support.eventually import eventually
from tests.support.services import error_info
from tests.support.storage_client import Storage, StorageUser, announce, sign_up


async def begun(stream: Any) -> str:
    """The cursor of the checkpoint that a watch begins with."""
    first = await stream.read()
    assert first.WhichOneof("change") == "checkpoint"
    return str(first.cursor)


async def until(stream: Any, state: "image_pb2.Image.State") -> list[Any]:
    """What is told until an image has a state; checkpoints are left out."""
    seen = []
    while True:
        message = await stream.read()
        if message.WhichOneof("change") != "checkpoint":
            seen.append(message)
            if message.image.state == state:
                return seen


async def test_an_image_is_told_from_its_reservation_to_its_index(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    async with user.watching() as stream:
        await begun(stream)
        created = await user.reserve(cat)
        (pending,) = await until(stream, image_pb2.Image.PENDING)
        assert pending.image == created.image
        await user.put(created, cat)
        await user.complete(created.image.image_id)
        await until(stream, image_pb2.Image.UPLOADED)
        await announce(storage, type="indexed", image_id=created.image.image_id)
        *_, last = await until(stream, image_pb2.Image.INDEXED)
        assert last.image.image_id == created.image.image_id
        assert last.image.content_url


async def test_a_watch_goes_on_after_its_cursor_and_tells_each_image_once(
    user: StorageUser, cat: bytes
) -> None:
    async with user.watching() as stream:
        cursor = await begun(stream)
    kept, deleted = await user.store(cat), await user.store(cat)
    pending = (await user.reserve(cat)).image.image_id

    async def rendered() -> bool:
        return all([(await user.image(one.image_id)).thumbhash for one in (kept, deleted)])

    await eventually(rendered, "nothing goes on beside")
    await user.call("BatchUpdateLabels", image_ids=[kept.image_id], set={"seen": "once"})
    await user.delete(deleted.image_id)
    await user.delete(pending)

    async with user.watching(cursor) as stream:
        told = [await stream.read() for _ in range(4)]

    assert [message.WhichOneof("change") for message in told] == [
        "image", "deleted_image_id", "deleted_image_id", "checkpoint",
    ]  # fmt: skip
    assert told[0].image == await user.image(kept.image_id)
    assert [told[1].deleted_image_id, told[2].deleted_image_id] == [deleted.image_id, pending]
    await user.call("UndeleteImage", image_id=deleted.image_id)
    async with user.watching(told[1].cursor) as stream:
        again = [await stream.read() for _ in range(2)]
    assert again[0].deleted_image_id == pending
    assert again[1].image.image_id == deleted.image_id


async def test_nobody_hears_of_somebody_elses_images(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    stranger = await sign_up(storage)
    async with stranger.watching() as stream:
        cursor = await begun(stream)
        await user.store(cat)
        mine = (await stranger.reserve(cat)).image
        assert (await until(stream, image_pb2.Image.PENDING))[0].image == mine
    await refuse(user, cursor, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_CURSOR")


async def refuse(user: StorageUser, cursor: str, code: grpc.StatusCode, reason: str) -> None:
    async with user.watching(cursor) as stream:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stream.read()
    assert (caught.value.code(), error_info(caught.value).reason) == (code, reason)


async def test_a_cursor_that_is_none_or_of_no_use_is_refused(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    async with user.watching() as stream:
        old = await begun(stream)
    await user.reserve(cat)
    await storage.postgres.execute(
        "UPDATE storage.change_positions SET forgotten = position WHERE user_id = $1", user.user_id
    )
    expired = (grpc.StatusCode.FAILED_PRECONDITION, "CURSOR_EXPIRED")
    await refuse(user, "nonsense", grpc.StatusCode.INVALID_ARGUMENT, "INVALID_CURSOR")
    await refuse(user, old, *expired)
    future = encode_page_token((10**6,), bytes.fromhex(user.user_id.replace("-", "")), "changes")
    await refuse(user, future, *expired)
    async with user.watching() as stream:
        await begun(stream)
