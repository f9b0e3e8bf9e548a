"""How many jobs wait, whoever's they are."""

import asyncpg

from services.inspection.job import JobKind
from services.inspection.records.postgres_backlog import PostgresBacklog
from services.installation.model import QueueReport
from tests.support.inspection.records import MOST_JOBS, Stores, a_job


async def test_jobs_that_wait_and_run_are_counted(
    stores: Stores, migrated: asyncpg.Pool, user: str, other: str
) -> None:
    backlog = PostgresBacklog(migrated)
    assert await backlog.report() == QueueReport("jobs", 0, 0, None)
    for owner in (user, user, other):
        await stores.jobs.create(a_job(await stores.new_set(owner)), most=MOST_JOBS)
    await stores.jobs.take("a", [JobKind.CALIBRATION], lease_s=60)
    report = await backlog.report()
    assert (report.waiting, report.running) == (2, 1)
    assert report.oldest_age_s is not None
    assert report.oldest_age_s >= 0
