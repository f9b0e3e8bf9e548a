import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import redis.asyncio

from mesh.layout import Layout
from mesh.parts.redis import redis_part, redis_url
from mesh.supervision.child import Child, last_lines
from mesh.supervision.supervisor import ask
from services.runtime.redis import ClosedSessions
from services.search.indexing.redis_events import RedisEvents

OLD = Path(__file__).parents[2] / "fixtures" / "redis_6_2" / "appendonly.aof"


@pytest.fixture
def old(layout: Layout) -> Path:
    """The one file of a data folder that Redis 6.2 wrote."""
    folder = layout.data_dir / "redis"
    folder.mkdir()
    return Path(shutil.copy(OLD, folder))


@asynccontextmanager
async def running(layout: Layout) -> AsyncIterator[redis.asyncio.Redis]:
    """The part as the mesh runs it, and a client of it."""
    part = redis_part(layout)
    part.prepare()
    child = Child(part, layout)
    try:
        async with asyncio.timeout(20):
            while (problem := await ask(part.ready)) is not None:
                assert not child.ended.done(), (problem, last_lines(layout.log("redis"), 9))
                await asyncio.sleep(0.01)
        async with redis.asyncio.from_url(redis_url(layout), decode_responses=True) as client:
            yield client
    finally:
        await child.stop(asyncio.Event())


@pytest.mark.usefixtures("old")
async def test_what_redis_6_kept_is_there_now_and_at_the_next_start(layout: Layout) -> None:
    for _ in range(2):
        async with running(layout) as client:
            assert await client.xlen("argus:images") == 5
            assert await client.xlen("argus:indexed") == 1
            assert await client.hget("argus:search:alone", "2-0") == "2"
            assert await client.get("argus:search:replayed-for") == "compact_4"
            for session in ("in-the-snapshot", "after-the-snapshot"):
                assert await ClosedSessions(client).is_closed(session)


@pytest.mark.usefixtures("old")
async def test_events_that_were_under_way_under_redis_6_are_gone_on_with(layout: Layout) -> None:
    async with running(layout) as client:
        events = RedisEvents(client, "search-1")
        await events.open()
        # 1-0 was removed while it was under way.
        unfinished = await events.own_unfinished()
        assert [event.message_id for event in unfinished] == ["2-0", "3-0", "4-0"]
        assert unfinished[0].image_id == "0190f5fe-0000-7000-8000-000000000002"
        assert [event.message_id for event in await events.read(10)] == ["5-0", "6-0"]


@pytest.mark.usefixtures("old")
async def test_events_that_were_under_way_under_redis_6_can_be_taken_over(layout: Layout) -> None:
    async with running(layout) as client:
        taken = await RedisEvents(client, "search-2").abandoned(10)
        assert [event.message_id for event in taken] == ["2-0", "3-0", "4-0"]


async def test_the_end_of_what_redis_6_wrote_may_be_cut_as_a_crash_cuts_it(
    layout: Layout, old: Path
) -> None:
    os.truncate(old, OLD.stat().st_size - 9)
    async with running(layout) as client:
        assert await client.xlen("argus:images") == 5
        assert await ClosedSessions(client).is_closed("in-the-snapshot")
        assert not await ClosedSessions(client).is_closed("after-the-snapshot")


async def test_only_redis_runs_without_what_its_wheel_brings_along(layout: Layout) -> None:
    async with running(layout) as client:
        # Those that Redis itself consists of have no path.
        assert not any(module["path"] for module in await client.module_list())
        server = await client.info("server")
        assert int(server["redis_version"].split(".")[0]) >= 8
        assert server["tcp_port"] == 0
