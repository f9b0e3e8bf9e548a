"""What the status reads of the queues, on a real Redis."""

import json
from uuid import uuid4

import redis.asyncio

from services.installation import redis_indexing
from services.installation.model import QueueReport
from services.installation.redis_indexing import RedisIndexing
from services.search.indexing import redis_events
from services.search.indexing.redis_events import RedisEvents
from services.search.model import Outcome


async def announce(client: redis.asyncio.Redis, count: int) -> None:
    for _ in range(count):
        event = json.dumps({"type": "uploaded", "image_id": str(uuid4())})
        await client.xadd(redis_events.IMAGES, {"event": event})


def test_both_mean_the_same_streams() -> None:
    assert (redis_indexing.IMAGES, redis_indexing.GROUP, redis_indexing.TOTALS) == (
        redis_events.IMAGES,
        redis_events.GROUP,
        redis_events.TOTALS,
    )


async def test_a_redis_without_anything_has_nothing_that_waits(
    client: redis.asyncio.Redis,
) -> None:
    indexing = RedisIndexing(client)
    assert await indexing.report() == QueueReport("indexing", 0, 0, None, 0)
    assert await indexing.totals() == {
        "images_indexed": 0, "images_failed": 0, "images_removed": 0,
    }  # fmt: skip


async def test_events_wait_also_before_search_was_there(client: redis.asyncio.Redis) -> None:
    await announce(client, 3)
    report = await RedisIndexing(client).report()
    assert (report.waiting, report.running, report.total) == (3, 0, 3)


async def test_events_wait_are_worked_on_and_are_done(client: redis.asyncio.Redis) -> None:
    events, indexing = RedisEvents(client, "one"), RedisIndexing(client)
    await events.open()
    await announce(client, 5)
    taken = await events.read(3)
    report = await indexing.report()
    assert (report.waiting, report.running, report.total) == (2, 3, 5)
    assert report.oldest_age_s is not None
    assert report.oldest_age_s >= 0
    await events.finish(
        [event.message_id for event in taken],
        [Outcome(taken[0].image_id), Outcome(taken[1].image_id, "IMAGE_UNREADABLE", "no")],
    )
    report = await indexing.report()
    assert (report.waiting, report.running, report.total) == (2, 0, 5)
    assert await indexing.totals() == {
        "images_indexed": 1, "images_failed": 1, "images_removed": 1,
    }  # fmt: skip
    rest = await events.read(3)
    await events.finish([event.message_id for event in rest], [])
    report = await indexing.report()
    assert (report.waiting, report.running, report.oldest_age_s, report.total) == (0, 0, None, 5)
