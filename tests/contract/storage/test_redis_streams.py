import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import redis.asyncio

from services.storage.model import Indexed
from services.storage.redis_streams import INDEXED, RedisOutcomeStream


class Redis6(redis.asyncio.Redis):
    """Answers XAUTOCLAIM as 6.2 does: two elements, and a gap for what was removed meanwhile."""

    async def xautoclaim(self, *args: Any, **kwargs: Any) -> Any:
        claimed = await super().xautoclaim(*args, **kwargs)
        return [claimed[0], [(None, None), *claimed[1]]]


@pytest.fixture
async def client(fresh_redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    async with Redis6.from_url(fresh_redis_url, decode_responses=True) as opened:
        yield opened


async def test_news_removed_while_under_way_hold_up_none_of_the_others(
    client: redis.asyncio.Redis,
) -> None:
    image_id = uuid4()
    news = {"type": "indexed", "image_id": str(image_id)}
    await client.xadd(INDEXED, {"event": json.dumps(news)})
    stream = RedisOutcomeStream(client, "storage-1")
    ids, outcomes = await stream.read()
    assert outcomes == [Indexed(image_id)]
    await stream.acknowledge(ids)
    assert await client.xlen(INDEXED) == 0
