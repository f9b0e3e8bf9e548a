from typing import Any

import pytest
import redis.asyncio

from services.inspection.line.sink_model import (
    Delivery,
    NotDelivered,
    Parcel,
    SinkKind,
    SinkTarget,
)
from services.inspection.peers.redis_courier import KEEP, RedisCourier, stream_of
from services.runtime.redis import open_redis
from tests.support.inspection.records import NOON, new_id


def parcel(set_id: str, number: int) -> Parcel:
    delivery = Delivery(f"d{number}", set_id, "i", f"body {number}", NOON)
    return Parcel(delivery, SinkTarget(SinkKind.REDIS_STREAM), b"", 0)


async def test_the_newest_results_are_kept_for_a_while(fresh_redis_url: str) -> None:
    set_id = new_id()
    async with open_redis(fresh_redis_url) as client:
        courier = RedisCourier(client, length=100)
        for number in range(1000):
            await courier.deliver(parcel(set_id, number))
        entries: Any = await client.xrange(stream_of(set_id))
        # Redis drops whole nodes of its tree.
        assert 100 <= len(entries) <= 300
        assert entries[-1][1] == {"id": "d999", "event": "body 999"}
        assert 0 < await client.ttl(stream_of(set_id)) <= KEEP.total_seconds()


async def test_what_is_not_allowed_or_not_taken_is_not_delivered(fresh_redis_url: str) -> None:
    async with open_redis(fresh_redis_url) as client:
        with pytest.raises(NotDelivered, match="any more"):
            await RedisCourier(client, length=0).deliver(parcel(new_id(), 1))
        set_id = new_id()
        await client.set(stream_of(set_id), "something else")
        with pytest.raises(NotDelivered, match="does not take it"):
            await RedisCourier(client, length=9).deliver(parcel(set_id, 1))
    gone = redis.asyncio.Redis(host="127.0.0.1", port=1)
    with pytest.raises(NotDelivered, match="does not take it"):
        await RedisCourier(gone, length=9).deliver(parcel(new_id(), 1))
    await gone.aclose()
