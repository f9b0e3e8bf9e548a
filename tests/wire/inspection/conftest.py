"""One inspection service with all that it needs, for all of these tests."""

from collections.abc import AsyncIterator

import pytest
from argus.inspection.v1 import inspection_pb2 as pb

from tests.support import parts
from tests.support.databases import emptied_redis, new_database
from tests.support.inspection.cable import Cable
from tests.support.inspection.metal import part
from tests.support.inspection.people import Grown, Inspecting, Ready, sign_up
from tests.support.world import World, running_world, urls_of


@pytest.fixture(scope="package")
async def database_url(postgres_url: str) -> AsyncIterator[str]:
    async with new_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="package")
async def cable(database_url: str) -> AsyncIterator[Cable]:
    """What inspection has of PostgreSQL."""
    with parts.temporary_folder() as folder:
        made = Cable(database_url, folder)
        await made.mend()
        yield made
        await made.cut()


@pytest.fixture(scope="package")
async def world(
    database_url: str,
    redis_url: str,
    cable: Cable,
    s3: parts.S3,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[World]:
    urls = urls_of(database_url, await emptied_redis(redis_url, 2), s3)
    folder = tmp_path_factory.mktemp("vectors")
    settings = {
        "postgres_url": cable.url,
        "inspection_webhook_targets": "127.0.0.1:*",
        "inspection_result_stream_length": 100,
    }
    async with running_world(urls, folder, inspection=settings) as made:
        yield made


@pytest.fixture
async def ada(world: World) -> Inspecting:
    return await sign_up(world)


@pytest.fixture
async def ben(world: World) -> Inspecting:
    return await sign_up(world)


@pytest.fixture(scope="package")
async def ready(world: World) -> Ready:
    """A calibrated set of twenty parts, shared by tests that do not change it."""
    owner = await sign_up(world)
    image_ids = await owner.uploaded([part(seed) for seed in range(20)])
    set_id = await owner.ready_set(image_ids, target=0.1)
    return Ready(owner, set_id, tuple(image_ids))


@pytest.fixture
async def grown(ada: Inspecting) -> Grown:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(20)), target=0.1)
    dark = await ada.uploaded(part(200 + seed, shade=60) for seed in range(6))
    for image_id in dark:
        assert (await ada.inspect(set_id, image_id=image_id)).verdict != pb.InspectResponse.NORMAL
        await ada.say("mark_normal", image_id, note="another batch")
    proposed = await ada.call("ListProposedImages", reference_set_id=set_id)
    await ada.call("AddReferenceImages", reference_set_id=set_id, image_ids=dark[:4])
    return Grown(ada, set_id, tuple(dark[:4]), tuple(dark[4:]), list(proposed.image_ids))
