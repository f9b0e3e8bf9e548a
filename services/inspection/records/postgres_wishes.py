"""What head trainings asked for and what was judged, in PostgreSQL, schema `inspection`."""

from collections.abc import Sequence

import asyncpg

from services.inspection.job import Wanted
from services.inspection.model import JudgedLook
from services.inspection.records.postgres_job_rows import wanted_of
from services.inspection.records.rows import descriptor_of

MOST_JUDGED = 1000
"""Judged images that are looked at, the newest."""

_LAST_TRAINING = """
SELECT result -> 'wanted' AS wanted FROM inspection.jobs
WHERE set_id = $1 AND kind = 'HEAD_TRAINING' AND state = 'SUCCEEDED'
ORDER BY created_at DESC, id DESC LIMIT 1
"""

_JUDGED = """
WITH RECURSIVE line AS (
    SELECT $2::integer AS version
    -- Descriptors compare along bases: what is added to a version leaves its reduction as it is.
    UNION SELECT v.base_version FROM inspection.versions v
    JOIN line l ON v.set_id = $1 AND v.version = l.version WHERE v.base_version > 0
), words AS (
    SELECT DISTINCT ON (image_id) image_id, defective, label, created_at, id
    FROM inspection.feedback
    WHERE set_id = $1 AND image_id IS NOT NULL AND defective IS NOT NULL
    ORDER BY image_id, created_at DESC, id DESC
)
SELECT w.defective, w.label, i.descriptor FROM words w CROSS JOIN LATERAL (
    SELECT i.descriptor FROM inspection.inspections i
    WHERE i.image_id = w.image_id AND i.set_id = $1 AND i.version IN (SELECT version FROM line)
        AND (i.user_id = $3 OR EXISTS (
            SELECT FROM inspection.reference_sets s WHERE s.id = $1 AND s.user_id = $3
        ))
    ORDER BY i.created_at DESC, i.id DESC LIMIT 1
) i
ORDER BY w.created_at DESC, w.id DESC LIMIT $4
"""


class PostgresWishes:
    """`Wishes` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def wanted(self, set_id: str) -> Sequence[Wanted]:
        """What the set's last head training asked for; nothing if there was none."""
        found = await self._pool.fetchval(_LAST_TRAINING, set_id)
        return wanted_of(found)

    async def judged(self, set_id: str, version: int, user_id: str) -> Sequence[JudgedLook]:
        """The newest judged images, as a version or one that it was made from saw them.

        Those that the user inspected, or all if the user owns the set.
        """
        rows = await self._pool.fetch(_JUDGED, set_id, version, user_id, MOST_JUDGED)
        return [
            JudgedLook(
                row["label"].strip().lower() if row["defective"] else "normal",
                descriptor_of(row["descriptor"]),
            )
            for row in rows
        ]
