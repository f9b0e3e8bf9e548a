"""A storage process that is killed while it verifies uploads."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from argus.storage.v1 import image_pb2

from services.storage.settings import StorageSettings
from tests.support import parts
from tests.support.eventually import eventually
from tests.support.storage_client import Storage, StorageUser, events_of

UPLOADS = 24


@asynccontextmanager
async def process(settings: StorageSettings) -> AsyncIterator[tuple[subprocess.Popen[bytes], str]]:
    """Runs storage as a process of its own; killed at the end."""
    address = f"127.0.0.1:{parts.free_port()}"
    values = settings.model_dump() | {
        "listen": address,
        "s3_secret_key": settings.s3_secret_key.get_secret_value(),
        "service_secret": settings.service_secret.get_secret_value(),
    }
    variables = {f"ARGUS_{name.upper()}": str(value) for name, value in values.items()}
    running = subprocess.Popen(  # noqa: ASYNC220 - returns at once
        [sys.executable, "-m", "services.storage"],
        env=os.environ | variables,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield running, address
    finally:
        running.kill()
        running.wait(10)


async def test_a_killed_process_loses_nothing_that_it_answered(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    created = [await user.reserve(cat) for _ in range(UPLOADS)]
    await asyncio.gather(*(user.put(one, cat) for one in created))
    ids = [one.image.image_id for one in created]
    answered: list[str] = []

    async with (
        process(storage.settings) as (running, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        await asyncio.wait_for(channel.channel_ready(), 30)
        doomed = user.at(channel)

        async def complete(image_id: str) -> None:
            await doomed.complete(image_id)
            answered.append(image_id)
            # In the middle: some are answered, some in hand, some wait.
            if len(answered) == UPLOADS // 3:
                running.kill()

        outcomes = await asyncio.gather(*map(complete, ids), return_exceptions=True)

    assert UPLOADS // 3 <= len(answered) < UPLOADS
    assert all(isinstance(one, grpc.aio.AioRpcError) for one in outcomes if one is not None)
    for image_id in answered:
        assert (await user.image(image_id)).state == image_pb2.Image.UPLOADED
    # The other replica goes on where the dead one stopped, and waits for no lease.
    for image_id in ids:
        image = await asyncio.wait_for(user.complete(image_id), 5)
        assert image.state == image_pb2.Image.UPLOADED
        assert (await storage.http.get(image.content_url)).content == cat

        async def announced(image_id: str = image_id) -> bool:
            # Twice, if the process died between telling and noting that it had.
            return set(await events_of(storage, image_id)) == {"uploaded"}

        await eventually(announced, "search is told")
