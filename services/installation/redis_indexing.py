"""What waits for search, and what search has done, as Redis tells; also while search is down."""

from collections.abc import Mapping
from typing import Any

import redis.asyncio
from redis.exceptions import ResponseError

from services.installation.model import QueueReport
from services.runtime.redis_streams import is_group_missing

IMAGES = "argus:images"
"""The stream of storage's events; search removes those that are done."""
GROUP = "search"
TOTALS = "argus:search:totals"
"""What search counts."""


class RedisIndexing:
    """The stream of images, a `Backlog`, and search's `Totals`.

    Args:
        client: Redis, text in and out.
    """

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client

    async def report(self) -> QueueReport:
        """Events that are not finished."""
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.xlen(IMAGES)
            pipe.xrange(IMAGES, count=1)
            pipe.hget(TOTALS, "finished")
            pipe.time()
            length, first, finished, (seconds, microseconds) = await pipe.execute()
        running = min(await self._handed_out(), length)
        age_s = None
        if first:
            came_ms = int(str(first[0][0]).partition("-")[0])
            age_s = max(0.0, seconds + microseconds / 1e6 - came_ms / 1000)
        return QueueReport(
            name="indexing",
            waiting=length - running,
            running=running,
            oldest_age_s=age_s,
            total=int(finished or 0) + length,
        )

    async def totals(self) -> Mapping[str, int]:
        """Images that were indexed, could not be, or left the index."""
        counted = await self._client.hgetall(TOTALS)
        return {
            f"images_{name}": int(counted.get(name, 0)) for name in ("indexed", "failed", "removed")
        }

    async def _handed_out(self) -> int:
        """Events that a replica of search is at work on."""
        try:
            summary: Any = await self._client.xpending(IMAGES, GROUP)
        except ResponseError as error:
            if is_group_missing(error):
                return 0  # search has not been there yet
            raise
        return int(summary["pending"])
