"""Marks in Redis of whose memberships in groups changed, so that nobody goes by old ones.

Auth sets a mark when it has changed something, before it answers; a service that remembers a
user's groups takes them for good only as long as the mark is the one that it saw before it asked.
"""

from collections.abc import Iterable
from uuid import uuid4

import redis.asyncio
from redis.exceptions import RedisError

from services.runtime.redis import RedisUnavailable

REMEMBERED_S = 10
"""How long a service may remember a user's groups, from before it looks at the mark."""

KEPT_S = 15
"""How long a mark is kept: longer than anything that was remembered before it was set."""


class MembershipMarks:
    """The marks, by user.

    Args:
        client: Redis, text in and out.
    """

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client

    async def changed(self, user_ids: Iterable[str]) -> None:
        """Sets new marks.

        Raises:
            RedisUnavailable: Redis does not answer.
        """
        try:
            async with self._client.pipeline(transaction=False) as pipe:
                for user_id in user_ids:
                    pipe.set(_key(user_id), uuid4().hex, ex=KEPT_S)
                await pipe.execute()
        except RedisError as error:
            raise RedisUnavailable("Redis does not answer", retry_after_s=1) from error

    async def of(self, user_id: str) -> str:
        """The mark of a user; empty if nothing changed lately.

        Raises:
            RedisUnavailable: Redis does not answer.
        """
        try:
            mark = await self._client.get(_key(user_id))
        except RedisError as error:
            raise RedisUnavailable("Redis does not answer", retry_after_s=1) from error
        return "" if mark is None else str(mark)


def _key(user_id: str) -> str:
    return f"argus:memberships:{user_id}"
