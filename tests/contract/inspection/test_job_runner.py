"""Working on jobs over a real PostgreSQL: what becomes of them when replicas come and go."""

import asyncio
from contextlib import suppress

import pytest

from services.inspection.errors import ImagesUnusable
from services.inspection.job import HeadTrainingRequest, Job, JobKind, JobState
from services.inspection.jobs.runner import JobRunner
from services.inspection.jobs.work import Report
from tests.support.eventually import eventually
from tests.support.inspection.records import MOST_JOBS, Stores, a_job, a_version, ending_of


class Making:
    """Makes versions when it is let."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self.begun: asyncio.Queue[Job] = asyncio.Queue()
        self.may_end = asyncio.Event()
        self.failure: Exception | None = None

    async def do(self, job: Job, report: Report) -> bool:
        self.begun.put_nowait(job)
        report.images(2, 7)
        report.stage("works")
        await self.may_end.wait()
        if self.failure is not None:
            raise self.failure
        version = a_version(job.set_id)
        await self._stores.versions.expect_artifact(version.artifact_name)
        return bool(await self._stores.versions.keep(version, ending=ending_of(job), use=True))


@pytest.fixture
def making(stores: Stores) -> Making:
    return Making(stores)


@pytest.fixture
async def job(stores: Stores, user: str) -> Job:
    return await stores.jobs.create(a_job(await stores.new_set(user), user_id=user), most=MOST_JOBS)


def runner(stores: Stores, making: Making, kind: JobKind = JobKind.CALIBRATION) -> JobRunner:
    return JobRunner(stores.jobs, {kind: making}, replica="one")


async def stopped(running: "asyncio.Task[None]", *, times: int = 1) -> None:
    """Stops a runner, as a service that drains does: again and again."""
    for _ in range(times):
        running.cancel()
        await asyncio.sleep(0)
    with suppress(asyncio.CancelledError):
        await running


async def now(stores: Stores, job: Job) -> Job:
    found = await stores.jobs.get(job.set_id, job.job_id)
    assert found is not None
    return found


async def ended(stores: Stores, job: Job) -> Job:
    async def has_ended() -> bool:
        return (await now(stores, job)).state.ended

    await eventually(has_ended, "the job has ended")
    return await now(stores, job)


@pytest.mark.parametrize("times", [1, 5])
async def test_a_job_that_is_left_often_succeeds_in_the_end(
    stores: Stores, making: Making, job: Job, times: int
) -> None:
    for attempt in range(1, 6):
        running = asyncio.create_task(runner(stores, making).run())
        assert (await making.begun.get()).attempts == attempt
        await stopped(running, times=times)
        left = await now(stores, job)
        assert (left.state, left.crashes) == (JobState.QUEUED, 0)
    making.may_end.set()
    running = asyncio.create_task(runner(stores, making).run())

    assert (await ended(stores, job)).state is JobState.SUCCEEDED

    assert [one.version for one in await stores.versions.list(job.set_id)] == [1]
    await stopped(running)


async def test_a_job_that_ends_its_processes_again_and_again_fails(
    stores: Stores, making: Making, job: Job
) -> None:
    for _ in range(4):
        # A process that died neither leaves it nor holds on to it.
        assert await stores.taken("dead", lease_s=-1)
    making.may_end.set()
    running = asyncio.create_task(runner(stores, making).run())

    failed = await ended(stores, job)

    assert (failed.state, failed.error_reason) == (JobState.FAILED, "JOB_FAILED")
    assert "again and again" in failed.error_message
    assert making.begun.empty()
    await stopped(running)


@pytest.mark.parametrize(
    ("failure", "reason"),
    [(ImagesUnusable("none can be read"), "IMAGES_UNUSABLE"), (ValueError("oops"), "JOB_FAILED")],
)
async def test_a_failure_ends_the_job_and_not_the_runner(
    stores: Stores, making: Making, job: Job, failure: Exception, reason: str
) -> None:
    making.failure = failure
    making.may_end.set()
    running = asyncio.create_task(runner(stores, making).run())
    failed = await ended(stores, job)
    assert (failed.state, failed.error_reason) == (JobState.FAILED, reason)
    assert "oops" not in failed.error_message
    making.failure = None
    again = await stores.jobs.create(a_job(job.set_id, user_id=job.user_id), most=MOST_JOBS)
    assert (await ended(stores, again)).state is JobState.SUCCEEDED
    await stopped(running)


async def test_a_cancelled_job_is_let_go_of(stores: Stores, making: Making, job: Job) -> None:
    running = asyncio.create_task(runner(stores, making).run())
    await making.begun.get()
    await stores.jobs.cancel(job.set_id, job.job_id)
    other = await stores.jobs.create(a_job(job.set_id, user_id=job.user_id), most=MOST_JOBS)
    assert (await making.begun.get()).job_id == other.job_id
    making.may_end.set()
    assert (await ended(stores, other)).state is JobState.SUCCEEDED
    assert (await now(stores, job)).state is JobState.CANCELLED
    assert [one.version for one in await stores.versions.list(job.set_id)] == [1]
    await stopped(running)


async def test_a_lane_does_not_wait_for_another(stores: Stores, making: Making, job: Job) -> None:
    """A head training ends while a calibration is under way."""
    calibrations = asyncio.create_task(runner(stores, making).run())
    await making.begun.get()
    quick = Making(stores)
    quick.may_end.set()
    trainings = asyncio.create_task(runner(stores, quick, JobKind.HEAD_TRAINING).run())
    training = await stores.jobs.create(
        a_job(job.set_id, user_id=job.user_id, request=HeadTrainingRequest(1)), most=MOST_JOBS
    )
    assert (await ended(stores, training)).state is JobState.SUCCEEDED
    assert (await now(stores, job)).state is JobState.RUNNING
    for running in (calibrations, trainings):
        await stopped(running)
