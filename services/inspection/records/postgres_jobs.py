"""The queue of jobs in PostgreSQL, schema `inspection`."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from services.inspection.errors import CalibrationUnderWay, ReferenceSetNotFound, TooManyJobs
from services.inspection.job import Ending, Job, JobKind, JobResult, JobSight
from services.inspection.model import SkippedImage
from services.inspection.records.postgres_job_rows import job_of, request_json, result_json
from services.inspection.records.rows import FIRST_PAGE, skipped_json

BATCH = 1_000
"""Jobs that one statement forgets."""

_QUEUE_LOCK = 1
"""First key of the advisory locks under which users queue jobs."""

_TAKE = """
WITH waiting AS (
    SELECT id, user_id, created_at, attempts > 0 AS begun FROM inspection.jobs
    WHERE kind = ANY($3) AND state IN ('QUEUED', 'RUNNING')
        AND (state = 'QUEUED' OR leased_until < now())
), turns AS (
    SELECT user_id, (
        SELECT max(taken_at) FROM inspection.jobs j WHERE j.user_id = w.user_id AND kind = ANY($3)
    ) AS last_at
    FROM (SELECT DISTINCT user_id FROM waiting) w
), in_order AS (
    SELECT w.*, t.last_at,
        row_number() OVER (PARTITION BY user_id ORDER BY w.created_at, w.id) AS nth
    FROM waiting w JOIN turns t USING (user_id)
), next AS (
    SELECT j.id FROM inspection.jobs j JOIN in_order o USING (id)
    WHERE j.state IN ('QUEUED', 'RUNNING') AND (j.state = 'QUEUED' OR j.leased_until < now())
    ORDER BY o.begun DESC, o.nth, o.last_at NULLS FIRST, o.created_at, o.id
    LIMIT 1 FOR UPDATE OF j SKIP LOCKED
)
UPDATE inspection.jobs j SET state = 'RUNNING', replica = $1, leased_until = now() + $2,
    taken_at = clock_timestamp(), attempts = attempts + 1,
    crashes = crashes + (state = 'RUNNING')::int,
    images_done = 0, skipped = '[]', revision = revision + 1,
    changes = (SELECT s.changes FROM inspection.reference_sets s WHERE s.id = j.set_id)
FROM next WHERE j.id = next.id RETURNING j.*
"""
"""Whoever is behind a row that another replica takes at this moment has the next user's first."""


class PostgresJobs:
    """`JobStore` over a pool; leases are told by the database's clock alone."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def create(self, job: Job, *, most: int) -> Job:
        """Queues a job; the one that was queued before under its id, if any.

        Raises:
            CalibrationUnderWay: it is a calibration, and another of the set has not ended.
            TooManyJobs: the user has `most` that have not ended.
            ReferenceSetNotFound: the set is gone.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            # One after the other, so that they are counted and none is queued twice.
            await connection.execute(
                "SELECT pg_advisory_xact_lock($1, hashtext($2))", _QUEUE_LOCK, job.user_id
            )
            before = await connection.fetchrow(
                "SELECT * FROM inspection.jobs WHERE id = $1", job.job_id
            )
            if before is not None:
                return job_of(before)
            under_way = await connection.fetchval(
                "SELECT count(*) FROM inspection.jobs "
                "WHERE user_id = $1 AND state IN ('QUEUED', 'RUNNING')",
                job.user_id,
            )
            if under_way >= most:
                raise TooManyJobs(
                    f"you have {under_way} jobs that have not ended; wait for some, or cancel them",
                    metadata={"max_jobs": str(most)},
                )
            if not await connection.fetchval(
                "SELECT true FROM inspection.reference_sets WHERE id = $1 FOR KEY SHARE", job.set_id
            ):
                raise ReferenceSetNotFound(f"there is no reference set {job.set_id}")
            queued = await connection.fetchval(
                "INSERT INTO inspection.jobs "
                "(id, set_id, user_id, kind, state, stage, images_total, request, created_at) "
                "VALUES ($1, $2, $3, $4, 'QUEUED', $5, $6, $7, $8) "
                "ON CONFLICT DO NOTHING RETURNING true",
                job.job_id,
                job.set_id,
                job.user_id,
                job.kind.value,
                job.stage,
                job.images_total,
                request_json(job.request),
                job.created_at,
            )
            if not queued:
                raise CalibrationUnderWay(
                    "the reference set is being calibrated; wait until that ends, or cancel it"
                )
            return job

    async def get(self, set_id: str, job_id: str) -> Job | None:
        """A job as it is now."""
        row = await self._pool.fetchrow(
            "SELECT * FROM inspection.jobs WHERE id = $1 AND set_id = $2", job_id, set_id
        )
        return None if row is None else job_of(row)

    async def sight(self, set_id: str, job_id: str) -> JobSight | None:
        """A job as it is now, with who may see it; None if there is no such set."""
        row = await self._pool.fetchrow(
            "SELECT s.user_id AS owner_id, "
            "ARRAY(SELECT u.user_id FROM inspection.reference_set_users u "
            "WHERE u.set_id = s.shared_as) AS member_ids, "
            "ARRAY(SELECT g.group_id FROM inspection.reference_set_groups g "
            "WHERE g.set_id = s.shared_as) AS group_ids, j.* FROM inspection.reference_sets s "
            "LEFT JOIN inspection.jobs j ON j.set_id = s.id AND j.id = $2 WHERE s.id = $1",
            set_id,
            job_id,
        )
        if row is None:
            return None
        return JobSight(
            str(row["owner_id"]),
            frozenset(map(str, row["member_ids"])),
            frozenset(map(str, row["group_ids"])),
            None if row["id"] is None else job_of(row),
        )

    async def list(
        self,
        set_id: str,
        *,
        kind: JobKind | None,
        comparisons_of: str,
        before: tuple[datetime, str] | None,
        limit: int,
    ) -> Sequence[Job]:
        """Jobs of a set, newest first."""
        parameters: list[Any] = [set_id, *(before or FIRST_PAGE), limit]
        where = "set_id = $1 AND (created_at, id) < ($2, $3)"
        if kind is not None:
            parameters.append(kind.value)
            where += f" AND kind = ${len(parameters)}"
        if comparisons_of:
            parameters.append(comparisons_of)
            where += f" AND (kind <> 'COMPARISON' OR user_id = ${len(parameters)})"
        rows = await self._pool.fetch(
            f"SELECT * FROM inspection.jobs WHERE {where} "  # noqa: S608 - values are parameters
            "ORDER BY created_at DESC, id DESC LIMIT $4",
            *parameters,
        )
        return [job_of(row) for row in rows]

    async def take(self, replica: str, kinds: Collection[JobKind], *, lease_s: float) -> Job | None:
        """The next one that is queued, or whose lease is over; this replica's now."""
        row = await self._pool.fetchrow(
            _TAKE, replica, timedelta(seconds=lease_s), [kind.value for kind in kinds]
        )
        return None if row is None else job_of(row)

    async def report(self, job: Job, *, stage: str, done: int, total: int, lease_s: float) -> bool:
        """Shows progress and holds on to it; False if it is not to be gone on with."""
        held = await self._pool.fetchval(
            "UPDATE inspection.jobs SET stage = $3, images_done = $4, images_total = $5, "
            "revision = revision + "
            "((stage, images_done, images_total) IS DISTINCT FROM ($3, $4, $5))::int, "
            "leased_until = now() + $6 WHERE id = $1 AND attempts = $2 AND state = 'RUNNING' "
            "RETURNING true",
            job.job_id,
            job.attempts,
            stage,
            done,
            total,
            timedelta(seconds=lease_s),
        )
        return bool(held)

    async def leave(self, job: Job) -> None:
        """Queues it again, unless it has ended or was begun again by another replica."""
        await self._pool.execute(
            "UPDATE inspection.jobs SET state = 'QUEUED', stage = $3, replica = '', "
            "leased_until = NULL, revision = revision + 1 "
            "WHERE id = $1 AND attempts = $2 AND state = 'RUNNING'",
            job.job_id,
            job.attempts,
            "waits for its turn again",
        )

    async def succeed(self, ending: Ending[JobResult]) -> bool:
        """Ends it as SUCCEEDED; False if it has ended or was begun again by another replica."""
        return await end_succeeded(self._pool, ending, ending.result) is not None

    async def fail(
        self, job: Job, reason: str, message: str, skipped: Sequence[SkippedImage]
    ) -> None:
        """Ends it as FAILED, unless it has ended or was begun again by another replica."""
        await self._pool.execute(
            "UPDATE inspection.jobs SET state = 'FAILED', stage = '', error_reason = $3, "
            "error_message = $4, skipped = $5, ended_at = now(), leased_until = NULL, "
            "revision = revision + 1 WHERE id = $1 AND attempts = $2 AND state = 'RUNNING'",
            job.job_id,
            job.attempts,
            reason,
            message,
            skipped_json(skipped),
        )

    async def forget_before(self, time: datetime) -> None:
        """Forgets jobs that ended before, but not a set's last calibration."""
        while await self._pool.fetchval(
            "WITH gone AS (DELETE FROM inspection.jobs WHERE id IN "
            "(SELECT id FROM inspection.jobs j WHERE ended_at < $1 AND NOT (kind = 'CALIBRATION' "
            "AND NOT EXISTS (SELECT FROM inspection.jobs later WHERE later.set_id = j.set_id "
            "AND later.kind = 'CALIBRATION' "
            "AND (later.created_at, later.id) > (j.created_at, j.id))) "
            "ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id) "
            "SELECT count(*) FROM gone",
            time,
            BATCH,
        ):
            pass

    async def cancel(self, set_id: str, job_id: str) -> Job | None:
        """Ends it as CANCELLED unless it has ended; as it is then; None if there is none."""
        await self._pool.execute(
            "UPDATE inspection.jobs SET state = 'CANCELLED', stage = '', ended_at = now(), "
            "leased_until = NULL, revision = revision + 1 "
            "WHERE id = $1 AND set_id = $2 AND state IN ('QUEUED', 'RUNNING')",
            job_id,
            set_id,
        )
        return await self.get(set_id, job_id)


async def end_succeeded(
    connection: Any,  # noqa: ANN401 - a pool, or its proxy of a connection
    ending: Ending[JobResult],
    result: JobResult,
) -> int | None:
    """Ends a job as SUCCEEDED with a result.

    Returns:
        The set's `changes` when the job was begun; None, and nothing is done, if the job has
        ended or was begun again by another replica.
    """
    changes: int | None = await connection.fetchval(
        "UPDATE inspection.jobs SET state = 'SUCCEEDED', stage = '', result = $3, "
        "images_done = $4, images_total = $5, skipped = $6, ended_at = now(), "
        "leased_until = NULL, revision = revision + 1 "
        "WHERE id = $1 AND attempts = $2 AND state = 'RUNNING' RETURNING changes",
        ending.job.job_id,
        ending.job.attempts,
        result_json(result),
        ending.images_done,
        ending.images_total,
        skipped_json(ending.skipped),
    )
    return changes
