"""`Courier` of streams in Redis: `argus:results:` and the set's id."""

from datetime import timedelta

import redis.asyncio
from redis.exceptions import RedisError

from services.inspection.line.sink_model import NotDelivered, Parcel

PREFIX = "argus:results:"
KEEP = timedelta(days=7)
"""A stream into which nothing came for so long is gone."""


def stream_of(set_id: str) -> str:
    """Key of a set's stream."""
    return PREFIX + set_id


class RedisCourier:
    """Appends results.

    Args:
        client: Redis, text in and out.
        length: Most results that are kept of each set, roughly.
    """

    def __init__(self, client: redis.asyncio.Redis, *, length: int) -> None:
        self._client = client
        self._length = length

    async def deliver(self, parcel: Parcel) -> None:
        """Delivers one; the same one may come twice."""
        if not self._length:
            raise NotDelivered("results may not go into streams of Redis here any more")
        delivery = parcel.delivery
        key = stream_of(delivery.set_id)
        try:
            async with self._client.pipeline(transaction=True) as pipe:
                pipe.xadd(
                    key,
                    {"id": delivery.delivery_id, "event": delivery.body},
                    maxlen=self._length,
                    approximate=True,
                )
                pipe.expire(key, KEEP)
                await pipe.execute()
        except RedisError as error:
            raise NotDelivered(f"Redis does not take it: {type(error).__name__}") from error
