"""Runs queued jobs of some kinds, one at a time; any replica may have queued them."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping

from services.clients.patience import patiently
from services.inspection.errors import JobFailed
from services.inspection.job import Job, JobKind
from services.inspection.jobs.ports import JobStore
from services.inspection.jobs.work import Report, Work
from services.inspection.telemetry import jobs
from services.runtime.errors import ArgusError
from services.runtime.pools import PoolFull
from services.runtime.postgres import DatabaseUnavailable
from services.runtime.telemetry_contract import KIND, OUTCOME

LEASE_S = 15.0
"""Seconds of silence after which another replica starts the job again."""

REPORT_EVERY_S = 0.4
LOOK_EVERY_S = 2.0
"""Seconds between two looks for jobs that other replicas queued or left."""

MOST_CRASHES = 3
"""Crashes a job survives; after one more it fails."""

LEAVE_TIMEOUT_S = 2.0
"""Seconds that a stopping replica takes to put its job back into the queue."""

_log = logging.getLogger(__name__)


class JobRunner:
    """Takes jobs from the queue and runs them.

    A job that is cancelled, or whose set is deleted, is dropped within a second.
    A job whose replica stops goes back into the queue at once; a job whose
    replica dies does so when its lease ends.

    Args:
        store: The queue.
        works: What jobs of each kind do; jobs of other kinds are left to other runners.
        replica: Name of this replica.
    """

    def __init__(self, store: JobStore, works: Mapping[JobKind, Work], *, replica: str) -> None:
        self._store = store
        self._works = works
        self._replica = replica
        self._queued = asyncio.Event()

    def wake(self) -> None:
        """Look at the queue now: a job was added."""
        self._queued.set()

    async def run(self) -> None:
        """Runs jobs until cancelled."""
        while True:
            self._queued.clear()
            job = await self._store.take(self._replica, self._works.keys(), lease_s=LEASE_S)
            if job is not None:
                await self._work(job)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._queued.wait()

    async def _work(self, job: Job) -> None:
        report = Report(job)
        doing = asyncio.create_task(self._do(job, report))
        try:
            outcome = await self._followed(job, report, doing)
        except asyncio.CancelledError:
            doing.cancel()
            await self._leave(job)
            raise
        finally:
            doing.cancel()
            await asyncio.wait([doing])
        jobs.add(1, {KIND: job.kind.value, OUTCOME: outcome})

    async def _followed(self, job: Job, report: Report, doing: asyncio.Task[bool]) -> str:
        """Renews the lease until the job ends or must be dropped; returns the outcome."""
        try:
            while not doing.done():
                await asyncio.wait([doing], timeout=REPORT_EVERY_S)
                if not doing.done() and not await self._hold(job, report):
                    _log.info("job %s is let go of", job.job_id)
                    return "let_go"
            return "succeeded" if await doing else "let_go"
        except ArgusError as error:
            _log.warning("job %s failed: %s", job.job_id, error.message)
            return await self._fail(job, error, report)
        except Exception:  # noqa: BLE001 - whatever it meets, the job must end
            _log.exception("job %s failed", job.job_id)
            failed = JobFailed("the job met an internal error; ask for it again")
            return await self._fail(job, failed, report)

    async def _do(self, job: Job, report: Report) -> bool:
        if job.crashes > MOST_CRASHES:
            raise JobFailed("the job ended the processes that worked on it, again and again")
        return await self._works[job.kind].do(job, report)

    async def _fail(self, job: Job, error: ArgusError, report: Report) -> str:
        await patiently(lambda: self._store.fail(job, error.reason, error.message, report.skipped))
        return error.reason

    async def _hold(self, job: Job, report: Report) -> bool:
        """Reports progress and renews the lease; False if the job must be dropped."""
        try:
            return await self._store.report(
                job,
                stage=report.words,
                done=report.done,
                total=report.total,
                lease_s=LEASE_S,
            )
        except (DatabaseUnavailable, PoolFull) as error:
            # What comes of it is kept only if it is still this replica's then.
            _log.warning("job %s goes on unseen: %s", job.job_id, error.message)
            return True

    async def _leave(self, job: Job) -> None:
        """Puts a job back into the queue, so that nobody waits for its lease to end.

        Finishes even if cancelled again: a job that is not put back counts as crashed.
        """
        leaving = asyncio.create_task(self._left(job))
        while not leaving.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([leaving])

    async def _left(self, job: Job) -> None:
        try:
            async with asyncio.timeout(LEAVE_TIMEOUT_S):
                await self._store.leave(job)
        except (DatabaseUnavailable, PoolFull, TimeoutError) as error:
            _log.warning("job %s waits for its lease to end: %r", job.job_id, error)
        except Exception:  # noqa: BLE001 - the replica ends in any case
            _log.exception("job %s waits for its lease to end", job.job_id)
