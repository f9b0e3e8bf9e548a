"""Bytes of a vector that Redis remembers."""

import os
from typing import Any

from redis.asyncio import Redis

from bench.capacity.found import Found
from services.embedder.caching.redis_vectors import KEEP_S, KEY

_ENTRIES = 20_000
_VALUE_BYTES = 32 + 1 + 4 * 512
"""A digest, whether a text was cut, and 512 numbers of 4 bytes."""
_AT_ONCE = 500


async def measured(redis_url: str) -> list[Found]:
    """Measures in a Redis that has room, and leaves nothing there."""
    client: Any = Redis.from_url(redis_url)
    try:
        before = (await client.info("memory"))["used_memory"]
        names = [f"{KEY}:bench:{number}" for number in range(_ENTRIES)]
        for start in range(0, _ENTRIES, _AT_ONCE):
            pipeline = client.pipeline(transaction=False)
            for name in names[start : start + _AT_ONCE]:
                pipeline.set(name, os.urandom(_VALUE_BYTES), ex=KEEP_S)
            await pipeline.execute()
        taken = ((await client.info("memory"))["used_memory"] - before) / _ENTRIES
        await client.delete(*names)
    finally:
        await client.aclose()
    return [
        Found(
            "cached_vector_bytes",
            round(taken),
            "bytes per vector",
            f"what {_ENTRIES:,} entries as the vector cache's, of 512 dimensions, add to Redis",
        )
    ]
