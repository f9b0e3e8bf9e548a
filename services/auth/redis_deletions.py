"""What auth tells services of deleted accounts, and what they answer, in Redis streams."""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import redis.asyncio
from redis.exceptions import RedisError

from services.auth.deletion_record import Announcement, Removal
from services.runtime.deleted_accounts import BATCH, BLOCK_MS, LEFT_BEHIND_MS, REMOVED, stream_of
from services.runtime.redis import RedisUnavailable
from services.runtime.redis_streams import GroupReader

GROUP = "auth"
MOST_WAITING = 100_000
"""News that wait for a service at most, about; auth tells again what was lost."""


class RedisDeletionNews:
    """`DeletionNews` over Redis streams.

    Args:
        client: Redis, text in and out.
        consumer: Name of this replica.
    """

    def __init__(self, client: redis.asyncio.Redis, consumer: str) -> None:
        self._client = client
        self._reader = GroupReader(
            client,
            REMOVED,
            GROUP,
            consumer,
            count=BATCH,
            block_ms=BLOCK_MS,
            left_behind_ms=LEFT_BEHIND_MS,
        )

    async def publish(self, announcements: Sequence[Announcement]) -> None:
        """Tells services.

        Raises:
            RedisUnavailable: Redis does not answer.
        """
        try:
            async with self._client.pipeline(transaction=True) as pipe:
                for one in announcements:
                    event = {
                        "deletion_id": str(one.deletion_id),
                        "user_id": str(one.user_id),
                        "look": one.look,
                        "email": one.email,
                    }
                    for service in one.services:
                        pipe.xadd(
                            stream_of(service),
                            {"event": json.dumps(event)},
                            maxlen=MOST_WAITING,
                            approximate=True,
                        )
                await pipe.execute()
        except RedisError as error:
            raise RedisUnavailable("Redis does not answer", retry_after_s=1) from error

    async def read(self) -> tuple[Sequence[str], Sequence[Removal]]:
        """Ids of messages and the answers in them; waits up to two seconds for the first.

        Raises:
            RedisUnavailable: Redis does not answer.
        """
        try:
            entries = await self._reader.read()
            found = {entry_id: _removal(fields) for entry_id, fields in entries}
            await self._reader.bury(
                {entry_id: fields for entry_id, fields in entries if found[entry_id] is None}
            )
        except RedisError as error:
            raise RedisUnavailable("Redis does not answer", retry_after_s=1) from error
        read = {entry_id: one for entry_id, one in found.items() if one is not None}
        return list(read), list(read.values())

    def handling(self, message_ids: Sequence[str]) -> AbstractAsyncContextManager[None]:
        """Around the recording of answers, so that one that cannot be recorded is given up."""
        return self._reader.handling(message_ids)

    async def finish(self, message_ids: Sequence[str]) -> None:
        """Takes answers off the stream.

        Raises:
            RedisUnavailable: Redis does not answer.
        """
        try:
            await self._reader.finish(message_ids)
        except RedisError as error:
            raise RedisUnavailable("Redis does not answer", retry_after_s=1) from error


def _removal(fields: Mapping[str, str] | None) -> Removal | None:
    """One answer; None if it cannot be read."""
    if fields is None:
        # Handed out before, and removed since.
        return None
    try:
        event = json.loads(fields["event"])
        return Removal(
            UUID(event["deletion_id"]),
            str(event["service"]),
            int(event["look"]),
            {str(what): int(count) for what, count in event["removed"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
