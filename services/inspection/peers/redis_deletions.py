"""What storage says of deleted images, in a Redis stream."""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import redis.asyncio
from redis.exceptions import RedisError, ResponseError

from services.runtime.redis import RedisUnavailable
from services.runtime.redis_streams import (
    GroupReader,
)

DELETED = "argus:deleted"
GROUP = "inspection"
BATCH = 200
BLOCK_MS = 2_000
LEFT_BEHIND_MS = 60_000
"""News that a replica took and did not finish for so long go to another."""


class RedisDeletions:
    """`DeletedImages`: the consumer group `inspection` of the stream `argus:deleted`.

    Args:
        client: Redis, text in and out.
        consumer: Name of this replica.
    """

    def __init__(self, client: redis.asyncio.Redis, consumer: str) -> None:
        self._reader = GroupReader(
            client,
            DELETED,
            GROUP,
            consumer,
            count=BATCH,
            block_ms=BLOCK_MS,
            left_behind_ms=LEFT_BEHIND_MS,
        )

    async def read(self) -> tuple[list[str], list[str]]:
        """Message ids and image ids; waits up to two seconds for news, others' leavings first.

        None if Redis lost its data: storage announces deletions again.

        Raises:
            RedisUnavailable: Redis does not answer.
        """
        try:
            entries = await self._reader.read()
            found = {entry_id: _image_id(fields) for entry_id, fields in entries}
            await self._reader.bury(
                {entry_id: fields for entry_id, fields in entries if found[entry_id] is None}
            )
        except ResponseError as error:
            raise RedisUnavailable("Redis cannot read the stream", retry_after_s=1) from error
        except RedisError as error:
            raise RedisUnavailable("Redis does not answer", retry_after_s=1) from error
        news = {entry_id: image_id for entry_id, image_id in found.items() if image_id is not None}
        return list(news), list(news.values())

    def handling(self, message_ids: Sequence[str]) -> AbstractAsyncContextManager[None]:
        """Around what news ask for, so that one that nothing can be done about is given up."""
        return self._reader.handling(message_ids)

    async def finish(self, message_ids: Sequence[str]) -> None:
        """Takes news off the stream: nobody else reads them.

        Raises:
            RedisUnavailable: Redis does not answer.
        """
        try:
            await self._reader.finish(message_ids)
        except RedisError as error:
            raise RedisUnavailable("Redis does not answer", retry_after_s=1) from error


def _image_id(fields: Mapping[str, str] | None) -> str | None:
    """The image of one entry; None if it cannot be read."""
    if fields is None:
        # Handed out before, and removed since.
        return None
    try:
        return str(UUID(json.loads(fields["event"])["image_id"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
