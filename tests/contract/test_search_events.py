"""What search's consumer group promises, on a real Redis, to two replicas."""

import json
from collections.abc import Sequence
from uuid import uuid4

import pytest
import redis.asyncio

from services.search.errors import EventsLost
from services.search.indexing.redis_events import GROUP, IMAGES, TOTALS, RedisEvents
from services.search.model import ImageEvent, Outcome

LONG_AGO_MS = 10 * 60_000


@pytest.fixture
async def pair(client: redis.asyncio.Redis) -> tuple[RedisEvents, RedisEvents]:
    one, other = RedisEvents(client, "one"), RedisEvents(client, "other")
    await one.open()
    return one, other


async def announce(client: redis.asyncio.Redis, count: int) -> None:
    for _ in range(count):
        event = json.dumps({"type": "uploaded", "image_id": str(uuid4())})
        await client.xadd(IMAGES, {"event": event})


async def grow_old(
    client: redis.asyncio.Redis, consumer: str, events: Sequence[ImageEvent]
) -> None:
    """As if nobody had spoken of them for long."""
    await client.xclaim(
        IMAGES, GROUP, consumer, 0, [event.message_id for event in events],
        idle=LONG_AGO_MS, justid=True,
    )  # fmt: skip


def ids_of(events: Sequence[ImageEvent]) -> list[str]:
    return [event.message_id for event in events]


async def deliveries(client: redis.asyncio.Redis, consumer: str) -> dict[str, int]:
    pending = await client.xpending_range(IMAGES, GROUP, "-", "+", 1000, consumer)
    return {str(one["message_id"]): int(one["times_delivered"]) for one in pending}


async def test_events_of_an_unknown_kind_hold_up_nobody(
    client: redis.asyncio.Redis, pair: tuple[RedisEvents, RedisEvents]
) -> None:
    events, _ = pair
    strange = {"type": "repainted", "image_id": str(uuid4()), "more": [1]}
    await client.xadd(IMAGES, {"event": json.dumps(strange)})
    await client.xadd(IMAGES, {"event": "no JSON"})
    await client.xadd(IMAGES, {"other": "field"})
    await announce(client, 1)
    (event,) = await events.read(10)
    assert event.kind == "uploaded"
    assert await client.xlen(IMAGES) == 1
    assert set(await deliveries(client, "one")) == {event.message_id}


@pytest.mark.parametrize("kind", ["uploaded", "updated", "deleted"])
async def test_every_kind_of_event_is_read(
    client: redis.asyncio.Redis, pair: tuple[RedisEvents, RedisEvents], kind: str
) -> None:
    image_id = str(uuid4())
    await client.xadd(IMAGES, {"event": json.dumps({"type": kind, "image_id": image_id})})
    (event,) = await pair[0].read(10)
    assert (event.kind, event.image_id) == (kind, image_id)


async def test_what_is_finished_is_counted(
    client: redis.asyncio.Redis, pair: tuple[RedisEvents, RedisEvents]
) -> None:
    one, other = pair
    await announce(client, 5)
    first, second = await one.read(3), await other.read(2)
    outcomes = [Outcome(first[0].image_id), Outcome(first[1].image_id, "IMAGE_UNREADABLE", "no")]
    await one.finish(ids_of(first), outcomes)
    await other.finish(ids_of(second), [Outcome(event.image_id) for event in second])
    await one.finish([], [])
    assert await client.hgetall(TOTALS) == {
        "finished": "5", "indexed": "3", "failed": "1", "removed": "1",
    }  # fmt: skip


async def test_what_a_replica_is_at_work_on_is_not_taken_over_however_long_it_takes(
    client: redis.asyncio.Redis, pair: tuple[RedisEvents, RedisEvents]
) -> None:
    one, other = pair
    await announce(client, 3)
    events = await one.read(10)
    for _ in range(5):
        await grow_old(client, "one", events)
        await one.keep(ids_of(events))
        assert await other.abandoned(10) == []
        assert await one.abandoned(10) == []
    assert set((await deliveries(client, "one")).values()) == {1}


async def test_what_nobody_speaks_of_is_taken_over_and_counted(
    client: redis.asyncio.Redis, pair: tuple[RedisEvents, RedisEvents]
) -> None:
    one, other = pair
    await announce(client, 3)
    events = await one.read(10)
    await grow_old(client, "one", events)
    taken = await other.abandoned(10)
    assert ids_of(taken) == ids_of(events)
    assert {event.deliveries for event in taken} == {2}
    # The first one, which was only slow, does not take them back.
    await one.keep(ids_of(events))
    assert await deliveries(client, "one") == {}
    assert set(await deliveries(client, "other")) == set(ids_of(events))


async def test_an_outage_and_a_restart_make_no_good_image_suspect(
    client: redis.asyncio.Redis, pair: tuple[RedisEvents, RedisEvents]
) -> None:
    one, other = pair
    await announce(client, 4)
    events = await one.read(10)
    for _ in range(12):
        await grow_old(client, "one", events)
        await one.keep(ids_of(events))
        await other.abandoned(10)
    restarted = RedisEvents(client, "one")
    assert {event.deliveries for event in await restarted.own_unfinished()} == {2}


async def test_deliveries_are_those_of_each_event_whatever_else_is_pending(
    client: redis.asyncio.Redis, pair: tuple[RedisEvents, RedisEvents]
) -> None:
    one, other = pair
    await announce(client, 9)
    events = [*await one.read(3), *await other.read(3), *await one.read(3)]
    left, between = [*events[:3], *events[6:]], events[3:6]
    for _ in range(4):
        await grow_old(client, "one", left)
        await grow_old(client, "other", between)
        await other.keep(ids_of(between))
        taken = await other.abandoned(10)
        await client.xclaim(IMAGES, GROUP, "one", 0, [*ids_of(left)], justid=True)
    assert {event.message_id: event.deliveries for event in taken} == dict.fromkeys(ids_of(left), 5)


async def test_finished_events_are_nobodys(
    client: redis.asyncio.Redis, pair: tuple[RedisEvents, RedisEvents]
) -> None:
    one, other = pair
    await announce(client, 2)
    events = await one.read(10)
    await one.begin_alone(events[0].message_id, "attempt")
    await one.finish(ids_of(events), [])
    await one.keep(ids_of(events))
    assert await other.abandoned(10) == []
    assert await client.xlen(IMAGES) == 0
    assert await client.keys("argus:search:alone*") == []


async def test_an_attempt_counts_once_however_often_it_is_said(
    pair: tuple[RedisEvents, RedisEvents],
) -> None:
    events, _ = pair
    assert [await events.begin_alone("1-1", "first") for _ in range(4)] == [1] * 4
    assert await events.begin_alone("1-1", "second") == 2
    await events.end_alone("1-1", "second")
    assert await events.begin_alone("1-1", "third") == 2
    assert await events.begin_alone("1-2", "first") == 1


async def test_a_space_is_complete_from_its_announcement_until_it_misses_something(
    pair: tuple[RedisEvents, RedisEvents],
) -> None:
    events, other = pair
    await events.begin_announcing("a")
    assert set(await events.complete_spaces()) == set()
    await events.end_announcing("a")
    await events.begin_announcing("b")
    await events.end_announcing("b")
    assert set(await other.complete_spaces()) == {"a", "b"}
    await other.set_missed(["a"])
    await other.set_missed([])
    assert set(await events.complete_spaces()) == {"b"}
    # What is missed while all is announced counts as well.
    await events.begin_announcing("a")
    await other.set_missed(["a"])
    await events.end_announcing("a")
    assert set(await events.complete_spaces()) == {"b"}
    await events.begin_announcing("a")
    await events.end_announcing("a")
    assert set(await events.complete_spaces()) == {"a", "b"}


async def test_where_the_group_is_gone_no_space_is_complete(
    client: redis.asyncio.Redis, pair: tuple[RedisEvents, RedisEvents]
) -> None:
    events, other = pair
    await announce(client, 1)
    (event,) = await events.read(1)
    await events.end_announcing("a")
    await other.open()
    assert set(await events.complete_spaces()) == {"a"}
    await client.delete(IMAGES)
    for call in (events.read(1), events.abandoned(1), events.keep([event.message_id])):
        with pytest.raises(EventsLost):
            await call
    await events.open()
    assert set(await events.complete_spaces()) == set()
