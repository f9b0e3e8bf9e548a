"""Tombstones of deleted images, which keep late writes from bringing them back.

A writer has looked the image up earlier; it may have been deleted since. So
every writer takes a shared advisory lock and then skips images that have a
tombstone. Tombstones are inserted under the exclusive lock: earlier writes are
committed by then and get deleted, later ones see the tombstone.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg

KEPT = timedelta(days=30)
"""Longer than any request lasts, and as long as storage tells of deletions again."""

_LOCK = 2
"""First key of the advisory lock; 1 is that of the queue of jobs."""


async def writing(connection: Any) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    """Takes the shared lock until the transaction ends; call it before the first write."""
    await connection.execute("SELECT pg_advisory_xact_lock_shared($1, 0)", _LOCK)


async def forgotten(connection: Any, image_ids: Sequence[str]) -> str:  # noqa: ANN401 - a pool's proxy of a connection
    """The first of the images that has a tombstone; empty if there is none."""
    found = await connection.fetchval(
        "SELECT image_id FROM unnest($1::uuid[]) WITH ORDINALITY n (image_id, nth) "
        "JOIN inspection.forgotten_images USING (image_id) ORDER BY nth LIMIT 1",
        image_ids,
    )
    return "" if found is None else str(found)


async def set_tombstones(pool: asyncpg.Pool, image_ids: Sequence[str]) -> None:
    """Inserts tombstones; later writes about these images are dropped."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1, 0)", _LOCK)
        await connection.execute(
            "INSERT INTO inspection.forgotten_images (image_id, forgotten_at) "
            "SELECT DISTINCT n, now() FROM unnest($1::uuid[]) n "
            "ON CONFLICT (image_id) DO UPDATE SET forgotten_at = EXCLUDED.forgotten_at",
            image_ids,
        )


async def sweep_tombstones(pool: asyncpg.Pool) -> None:
    """Removes tombstones that are of no more use."""
    await pool.execute(
        "DELETE FROM inspection.forgotten_images WHERE forgotten_at < now() - $1::interval", KEPT
    )
