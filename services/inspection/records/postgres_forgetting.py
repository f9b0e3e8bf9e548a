"""Forgetting inspections, of which there may be millions, in batches that end in time.

Replicas may do this at once: each takes its rows in one order, or leaves what
another has in hand.
"""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

BATCH = 5_000
"""Inspections that one statement forgets."""

_UNCOUNT = (
    "live AS (SELECT id FROM inspection.reference_sets WHERE id IN (SELECT set_id FROM gone) "
    "ORDER BY id FOR KEY SHARE), "
    "uncounted AS (INSERT INTO inspection.inspection_counts AS c "
    "(set_id, version, day, user_id, inspected, anomalous, uninspectable) "
    "SELECT g.set_id, g.version, (g.created_at AT TIME ZONE 'UTC')::date, g.user_id, "
    "count(*), count(*) FILTER (WHERE g.anomalous), "
    "count(*) FILTER (WHERE g.off_distribution) "
    "FROM gone g JOIN live ON live.id = g.set_id GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4 "
    "ON CONFLICT (set_id, version, day, user_id) DO UPDATE SET "
    "inspected = c.inspected - EXCLUDED.inspected, anomalous = c.anomalous - EXCLUDED.anomalous, "
    "uninspectable = c.uninspectable - EXCLUDED.uninspectable)"
)


async def forget_inspections_of_images(pool: asyncpg.Pool, image_ids: Sequence[str]) -> None:
    """Forgets images' inspections, with their feedback and from the counts."""
    while await _forget_some_of_images(pool, image_ids):
        pass


async def _forget_some_of_images(pool: asyncpg.Pool, image_ids: Sequence[str]) -> int:
    async with pool.acquire() as connection, connection.transaction():
        # Before what hangs on them, as whoever deletes a set does.
        await connection.execute(
            "SELECT FROM inspection.reference_sets WHERE id IN "
            "(SELECT set_id FROM inspection.inspections WHERE image_id = ANY($1)) "
            "ORDER BY id FOR KEY SHARE",
            image_ids,
        )
        forgotten: int = await connection.fetchval(
            "WITH gone AS (DELETE FROM inspection.inspections WHERE id IN "  # noqa: S608 - our own words
            "(SELECT id FROM inspection.inspections WHERE image_id = ANY($1) "
            "ORDER BY id LIMIT $2 FOR UPDATE) "
            "RETURNING set_id, version, created_at, user_id, anomalous, off_distribution), "
            f"{_UNCOUNT} "
            "SELECT count(*) FROM gone",
            image_ids,
            BATCH,
        )
        return forgotten


async def forget_feedback_of_images(pool: asyncpg.Pool, image_ids: Sequence[str]) -> None:
    """Forgets what was said of images that were never inspected."""
    await pool.execute("DELETE FROM inspection.feedback WHERE image_id = ANY($1)", image_ids)


async def forget_inspections_before(pool: asyncpg.Pool, time: datetime) -> int:
    """Forgets older inspections that nobody gave feedback on; how many."""
    forgotten = 0
    while batch := await pool.fetchval(
        "WITH gone AS (DELETE FROM inspection.inspections WHERE id IN "
        "(SELECT id FROM inspection.inspections WHERE created_at < $1 AND NOT has_feedback "
        "ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id) "
        "SELECT count(*) FROM gone",
        time,
        BATCH,
    ):
        forgotten += batch
    return forgotten


async def sweep_deleted_set(pool: asyncpg.Pool, set_id: str) -> bool:
    """Forgets a batch of a deleted set's inspections; whether there may be more."""
    swept = await pool.fetchval(
        "WITH gone AS (DELETE FROM inspection.inspections WHERE id IN "
        "(SELECT id FROM inspection.inspections WHERE set_id = $1 "
        "ORDER BY version, created_at DESC, id DESC LIMIT $2 FOR UPDATE) RETURNING id) "
        "SELECT count(*) FROM gone",
        set_id,
        BATCH,
    )
    if swept:
        return True
    await pool.execute("DELETE FROM inspection.deleted_sets WHERE set_id = $1", set_id)
    return False


async def sweep_deleted_sets(pool: asyncpg.Pool) -> None:
    """Forgets all inspections of deleted sets."""
    for row in await pool.fetch("SELECT set_id FROM inspection.deleted_sets"):
        while await sweep_deleted_set(pool, row["set_id"]):
            pass
