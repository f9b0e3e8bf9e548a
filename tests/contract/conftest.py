"""What tests of several ports need."""

from collections.abc import AsyncIterator

import pytest
import redis.asyncio

from tests.support.databases import emptied_redis


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    """A connection to a Redis database that is empty at first."""
    url = await emptied_redis(redis_url, 2)
    async with redis.asyncio.from_url(url, decode_responses=True) as client:
        yield client
