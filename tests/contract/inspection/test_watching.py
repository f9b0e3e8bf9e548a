"""Watching jobs over a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, cast

import asyncpg
import pytest

from services.inspection.errors import CursorInvalid, JobNotFound, ReferenceSetNotFound
from services.inspection.job import ComparisonRequest, Job, JobState
from services.inspection.jobs.watching import JobWatch, Sighting
from services.inspection.records.postgres_jobs import PostgresJobs
from tests.support.inspection.records import MOST_JOBS, Groups, Stores, a_job, new_id

NEVER_S = 3600.0


class CountingPool:
    """A pool that counts the queries that it answers."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.queries = 0
        self._asked = asyncio.Condition()
        self.failure: Exception | None = None

    async def fetchrow(self, *arguments: Any) -> Any:
        async with self._asked:
            self.queries += 1
            self._asked.notify_all()
        if self.failure is not None:
            raise self.failure
        return await self._pool.fetchrow(*arguments)

    async def asked(self, more: int) -> None:
        """Waits until so many more queries were asked."""
        enough = self.queries + more
        async with self._asked:
            await self._asked.wait_for(lambda: self.queries >= enough)


@pytest.fixture
def pool(stores: Stores) -> CountingPool:
    return CountingPool(stores.pool)


def watch_over(pool: CountingPool, **changes: float) -> JobWatch:
    return JobWatch(PostgresJobs(cast("asyncpg.Pool", pool)), Groups({}), **changes)


@pytest.fixture
async def job(stores: Stores, user: str) -> Job:
    return await stores.begun(await stores.new_set(user))


async def progress(stores: Stores, job: Job, done: int) -> None:
    assert await stores.jobs.report(job, stage="works", done=done, total=9, lease_s=60)


async def test_a_watcher_sees_each_change_and_the_end(
    stores: Stores, pool: CountingPool, job: Job, user: str
) -> None:
    seen: list[tuple[int, JobState]] = []
    async for sighting in watch_over(pool, look_every_s=0).watch(job.set_id, job.job_id, user):
        seen.append((sighting.job.images_done, sighting.job.state))
        assert not sighting.heartbeat
        if sighting.job.images_done < 3:
            await progress(stores, job, sighting.job.images_done + 1)
        else:
            await stores.jobs.fail(job, "JOB_FAILED", "no", ())
    running = JobState.RUNNING
    assert seen == [
        (0, running), (1, running), (2, running), (3, running), (3, JobState.FAILED)
    ]  # fmt: skip


async def test_watchers_of_a_job_cost_as_many_queries_as_one(
    stores: Stores, pool: CountingPool, job: Job, user: str
) -> None:
    started = asyncio.Semaphore(0)

    async def followed() -> list[int]:
        done: list[int] = []
        async for sighting in watch.watch(job.set_id, job.job_id, user):
            if not done:
                started.release()
            done.append(sighting.job.images_done)
        return done

    # Looks only when somebody begins to watch.
    watch = watch_over(pool, look_every_s=NEVER_S)
    many = [asyncio.create_task(followed()) for _ in range(200)]
    for _ in many:
        await started.acquire()
    assert pool.queries == 1
    await stores.jobs.cancel(job.set_id, job.job_id)
    assert await followed() == [0]
    assert await asyncio.gather(*many) == [[0, 0]] * 200
    assert pool.queries == 2
    assert not watch._looks, "nobody watches any more"


async def test_nobody_looks_when_nobody_watches(pool: CountingPool, job: Job, user: str) -> None:
    watch = watch_over(pool, look_every_s=NEVER_S)
    for _ in range(3):
        async with aclosing(watch.watch(job.set_id, job.job_id, user)) as sightings:
            await anext(sightings)
    assert pool.queries == 3
    assert not watch._looks


async def test_a_watch_is_resumed_with_the_next_change(
    stores: Stores, pool: CountingPool, job: Job, user: str
) -> None:
    watch = watch_over(pool, look_every_s=0)

    async def first(cursor: str) -> Sighting:
        sightings = watch.watch(job.set_id, job.job_id, user, after_cursor=cursor)
        async with aclosing(sightings):
            return await anext(sightings)

    begun = await first("")
    waiting = asyncio.create_task(first(begun.cursor))
    await pool.asked(3)
    assert not waiting.done(), "nothing has changed"
    await progress(stores, job, 4)
    changed = await waiting
    assert (changed.job.images_done, changed.heartbeat) == (4, False)
    assert changed.cursor != begun.cursor
    await progress(stores, job, 5)
    assert (await first(begun.cursor)).job.images_done == 5, "as it is now"

    await stores.jobs.cancel(job.set_id, job.job_id)
    ended = await first(changed.cursor)
    assert ended.job.state is JobState.CANCELLED
    assert await first(ended.cursor) == ended, "how it ended, however often"


async def test_a_cursor_is_one_of_the_job(
    stores: Stores, pool: CountingPool, job: Job, user: str
) -> None:
    watch = watch_over(pool)
    other = await stores.begun(await stores.new_set(user))
    async with aclosing(watch.watch(other.set_id, other.job_id, user)) as sightings:
        cursor = (await anext(sightings)).cursor
    for wrong in (cursor, "forged"):
        with pytest.raises(CursorInvalid):
            await anext(watch.watch(job.set_id, job.job_id, user, after_cursor=wrong))


async def test_silence_is_broken_by_heartbeats(pool: CountingPool, job: Job, user: str) -> None:
    # Also while no look is answered.
    watch = watch_over(pool, look_every_s=NEVER_S, heartbeat_s=0)
    async with aclosing(watch.watch(job.set_id, job.job_id, user)) as sightings:
        first = await anext(sightings)
        for _ in range(3):
            again = await anext(sightings)
            assert (again.job, again.cursor, again.heartbeat) == (first.job, first.cursor, True)
    assert pool.queries == 1


async def test_who_may_not_see_it_does_not(
    stores: Stores, pool: CountingPool, job: Job, user: str, other: str
) -> None:
    watch = watch_over(pool, look_every_s=0)
    with pytest.raises(ReferenceSetNotFound):
        await anext(watch.watch(job.set_id, job.job_id, other))
    with pytest.raises(ReferenceSetNotFound):
        await anext(watch.watch(new_id(), job.job_id, user))
    with pytest.raises(JobNotFound):
        await anext(watch.watch(job.set_id, new_id(), user))
    await stores.share(job.set_id, [other])
    comparison = await stores.jobs.create(
        a_job(job.set_id, user_id=user, request=ComparisonRequest(1, 2)), most=MOST_JOBS
    )
    with pytest.raises(JobNotFound):
        await anext(watch.watch(job.set_id, comparison.job_id, other))


async def test_who_it_is_not_shared_with_any_more_sees_no_more(
    stores: Stores, pool: CountingPool, job: Job, other: str
) -> None:
    watch = watch_over(pool, look_every_s=0)
    await stores.share(job.set_id, [other])
    async with aclosing(watch.watch(job.set_id, job.job_id, other)) as sightings:
        await anext(sightings)
        await stores.unshare(job.set_id, [other])
        with pytest.raises(ReferenceSetNotFound):
            await anext(sightings)


async def test_a_failure_ends_all_watches_and_is_not_kept(
    pool: CountingPool, job: Job, user: str
) -> None:
    watch = watch_over(pool, look_every_s=0)

    async def last(sightings: AsyncIterator[Sighting]) -> None:
        async for _ in sightings:
            pool.failure = ConnectionError()

    many = [last(watch.watch(job.set_id, job.job_id, user)) for _ in range(3)]
    outcomes = await asyncio.gather(*many, return_exceptions=True)
    assert {type(one) for one in outcomes} == {ConnectionError}
    pool.failure = None
    async with aclosing(watch.watch(job.set_id, job.job_id, user)) as sightings:
        assert (await anext(sightings)).job == job
