"""Search with all that it needs, and two people, for each module that has none of its own."""

from collections.abc import AsyncIterator

import pytest

from tests.support import parts
from tests.support.world import World, WorldUser, running_world, sign_up, urls_of


@pytest.fixture(scope="module")
async def world(
    fresh_postgres_url: str,
    fresh_redis_url: str,
    s3: parts.S3,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[World]:
    urls = urls_of(fresh_postgres_url, fresh_redis_url, s3)
    async with running_world(urls, tmp_path_factory.mktemp("vectors")) as made:
        yield made


@pytest.fixture
async def ada(world: World) -> WorldUser:
    return await sign_up(world)


@pytest.fixture
async def ben(world: World) -> WorldUser:
    return await sign_up(world)
