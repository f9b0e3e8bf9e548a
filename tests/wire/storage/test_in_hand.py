"""Images that somebody else has in hand: who asks for them gets in nobody's way."""

import asyncio
from typing import Any
from uuid import UUID

import grpc
import pytest
from argus.storage.v1 import image_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.storage.assembling import MAX_IN_HAND
from services.storage.wiring import POSTGRES_CONNECTIONS
from tests.support.services import retry_after_s
from tests.support.storage_client import Storage, StorageUser, refused


@pytest.mark.parametrize("what", ["complete", "delete"])
async def test_who_asks_for_a_held_image_is_told_to_come_back_and_others_go_on(
    storage: Storage, user: StorageUser, cat: bytes, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.storage.in_hand.WAIT_S", 1.0)
    held = [await user.reserve(cat) for _ in range(POSTGRES_CONNECTIONS)]
    free = await user.reserve(cat)
    await user.put(free, cat)
    ids = [one.image.image_id for one in held]
    health: Any = health_pb2_grpc.HealthStub(storage.channel)  # its stubs leave the methods out
    call = user.complete if what == "complete" else user.delete
    async with storage.postgres.acquire() as connection, connection.transaction():
        # As another replica has them that verifies them.
        await connection.execute(
            "SELECT FROM storage.image_uploads WHERE image_id = ANY($1) FOR UPDATE",
            [UUID(image_id) for image_id in ids],
        )
        asking = [
            asyncio.create_task(_refused(call(image_id)))
            for image_id in [*ids, *[ids[0]] * (2 * MAX_IN_HAND)]
        ]
        while not asking[0].done():
            another = await user.reserve(cat)
            await user.put(another, cat)
            assert (await user.complete(another.image.image_id)).state == image_pb2.Image.UPLOADED
            answer = await health.Check(health_pb2.HealthCheckRequest())
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        for error in await asyncio.gather(*asking):
            assert retry_after_s(error) > 0

    assert (await user.complete(free.image.image_id)).state == image_pb2.Image.UPLOADED
    await user.delete(ids[0])


async def _refused(call: object) -> grpc.aio.AioRpcError:
    return await refused(call, grpc.StatusCode.UNAVAILABLE, "IMAGE_IN_HAND")  # type: ignore[arg-type]


async def test_who_comes_while_it_is_completed_gets_its_answer(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    created = await user.reserve(cat)
    await user.put(created, cat)
    image_id = created.image.image_id
    async with storage.postgres.acquire() as connection:
        locking = connection.transaction()
        await locking.start()
        await connection.execute(
            "SELECT FROM storage.image_uploads WHERE image_id = $1 FOR UPDATE", UUID(image_id)
        )
        asking = [asyncio.create_task(user.complete(image_id)) for _ in range(4)]
        await asyncio.wait(asking, timeout=0.2)
        await locking.rollback()

    assert {(await one).state for one in asking} == {image_pb2.Image.UPLOADED}
