"""The queue of calibrations in PostgreSQL, schema `inspection`."""

from collections.abc import Sequence
from datetime import timedelta

import asyncpg

from services.inspection.model import Calibration, SkippedImage
from services.inspection.records.rows import calibration_of, settings_json, skipped_json


class PostgresCalibrations:
    """`Calibrations` over a pool; leases are told by the database's clock alone."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def create(self, calibration: Calibration) -> bool:
        """Queues it; False if the set has one under way or is gone, or there is one with its id."""
        queued = await self._pool.fetchval(
            "INSERT INTO inspection.calibrations "
            "(id, set_id, state, stage, images_total, target, settings, from_scratch, created_at) "
            "SELECT $1, s.id, 'QUEUED', $3, $4, $5, $6, $7, $8 FROM "
            "(SELECT id FROM inspection.reference_sets WHERE id = $2 FOR KEY SHARE) s "
            "ON CONFLICT DO NOTHING RETURNING true",
            calibration.calibration_id,
            calibration.set_id,
            calibration.stage,
            calibration.images_total,
            calibration.target,
            settings_json(calibration.settings),
            calibration.from_scratch,
            calibration.created_at,
        )
        return bool(queued)

    async def get(self, set_id: str, calibration_id: str) -> Calibration | None:
        """A calibration as it is now."""
        row = await self._pool.fetchrow(
            "SELECT * FROM inspection.calibrations WHERE id = $1 AND set_id = $2",
            calibration_id,
            set_id,
        )
        return None if row is None else calibration_of(row)

    async def take(self, replica: str, *, lease_s: float) -> Calibration | None:
        """The oldest one that is queued, or whose lease is over; this replica's now."""
        row = await self._pool.fetchrow(
            "UPDATE inspection.calibrations c SET state = 'RUNNING', replica = $1, "
            "leased_until = now() + $2, attempts = attempts + 1, "
            "images_done = 0, skipped = '[]', "
            "changes = (SELECT s.changes FROM inspection.reference_sets s WHERE s.id = c.set_id) "
            "WHERE id = (SELECT id FROM inspection.calibrations "
            "WHERE state IN ('QUEUED', 'RUNNING') AND (state = 'QUEUED' OR leased_until < now()) "
            "ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING *",
            replica,
            timedelta(seconds=lease_s),
        )
        return None if row is None else calibration_of(row)

    async def report(
        self, calibration: Calibration, *, stage: str, done: int, total: int, lease_s: float
    ) -> bool:
        """Shows progress and holds on to it; False if it is not to be gone on with."""
        held = await self._pool.fetchval(
            "UPDATE inspection.calibrations SET stage = $3, images_done = $4, images_total = $5, "
            "leased_until = now() + $6 WHERE id = $1 AND attempts = $2 AND state = 'RUNNING' "
            "RETURNING true",
            calibration.calibration_id,
            calibration.attempts,
            stage,
            done,
            total,
            timedelta(seconds=lease_s),
        )
        return bool(held)

    async def fail(
        self,
        calibration: Calibration,
        reason: str,
        message: str,
        skipped: Sequence[SkippedImage],
    ) -> None:
        """Ends it as FAILED, unless it has ended or was begun again by another replica."""
        await self._pool.execute(
            "UPDATE inspection.calibrations SET state = 'FAILED', stage = '', error_reason = $3, "
            "error_message = $4, skipped = $5, ended_at = now(), leased_until = NULL "
            "WHERE id = $1 AND attempts = $2 AND state = 'RUNNING'",
            calibration.calibration_id,
            calibration.attempts,
            reason,
            message,
            skipped_json(skipped),
        )

    async def note_skipped(self, calibration: Calibration, skipped: Sequence[SkippedImage]) -> None:
        """Shows which images it leaves out, unless it was begun again by another replica."""
        await self._pool.execute(
            "UPDATE inspection.calibrations SET skipped = $3 "
            "WHERE id = $1 AND attempts = $2 AND state = 'RUNNING'",
            calibration.calibration_id,
            calibration.attempts,
            skipped_json(skipped),
        )

    async def cancel(self, set_id: str, calibration_id: str) -> Calibration | None:
        """Ends it as CANCELLED unless it has ended; as it is then; None if there is none."""
        await self._pool.execute(
            "UPDATE inspection.calibrations SET state = 'CANCELLED', stage = '', ended_at = now(), "
            "leased_until = NULL "
            "WHERE id = $1 AND set_id = $2 AND state IN ('QUEUED', 'RUNNING')",
            calibration_id,
            set_id,
        )
        return await self.get(set_id, calibration_id)
