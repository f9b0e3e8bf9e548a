"""How much search removed of deleted accounts, in Redis: search has no other store of records."""

from collections.abc import Mapping

import redis.asyncio
from redis.exceptions import RedisError

from services.runtime.deleted_accounts import DeletedAccount
from services.runtime.redis import RedisUnavailable

REMOVED = "argus:search:removed:"
"""And a deletion's id: what was found, by look."""
KEPT_S = 7 * 24 * 3600


class RedisRemovals:
    """`RemovalTally` over a client."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client

    async def add(self, account: DeletedAccount, what: str, count: int) -> None:
        """Notes how many were found in a look, once.

        Raises:
            RedisUnavailable: Redis does not answer.
        """
        key = REMOVED + account.deletion_id
        try:
            async with self._client.pipeline(transaction=True) as pipe:
                pipe.hsetnx(key, f"{what}:{account.look}", str(count))
                pipe.expire(key, KEPT_S)
                await pipe.execute()
        except RedisError as error:
            raise RedisUnavailable("Redis does not answer", retry_after_s=1) from error

    async def removed(self, deletion_id: str) -> Mapping[str, int]:
        """How many of what were found, in all looks.

        Raises:
            RedisUnavailable: Redis does not answer.
        """
        try:
            noted = await self._client.hgetall(REMOVED + deletion_id)
        except RedisError as error:
            raise RedisUnavailable("Redis does not answer", retry_after_s=1) from error
        sums: dict[str, int] = {}
        for field, count in noted.items():
            what = str(field).partition(":")[0]
            sums[what] = sums.get(what, 0) + int(count)
        return {what: count for what, count in sums.items() if count}
