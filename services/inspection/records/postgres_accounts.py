"""All that inspection has of a user, in PostgreSQL."""

from collections.abc import Mapping

import asyncpg

from services.inspection.records.postgres_forgetting import BATCH, sweep_deleted_set
from services.inspection.records.postgres_reference_sets import delete_set
from services.runtime.removal_counts import count_removed, removed_in_all

REST = (
    ("feedback", "feedback"),
    ("shares_with_them", "reference_set_users"),
    ("invitations_to_them", "share_invitations"),
    ("jobs", "jobs"),
    ("skips", "review_skips"),
    ("claims", "review_claims"),
    ("counts", "inspection_counts"),
)
"""Tables with a `user_id` of which rows may be left when sets and inspections are gone, and what
they are called in a report."""


class PostgresUserRecords:
    """`UserRecords` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def erase(self, user_id: str, deletion_id: str, *, email: str) -> None:
        """Removes sets, then inspections, then the rest; counts each in its transaction."""
        for row in await self._pool.fetch(
            # Views before the sets that they are of, so that each is counted.
            "SELECT id FROM inspection.reference_sets WHERE user_id = $1 "
            "ORDER BY view_of IS NULL, id",
            user_id,
        ):
            await self._erase_set(str(row["id"]), deletion_id)
        await self._erase_inspections("user_id", user_id, deletion_id)
        await self._erase_rest(user_id, deletion_id)
        async with self._pool.acquire() as connection, connection.transaction():
            invited = await connection.fetchval(
                "WITH gone AS (DELETE FROM inspection.share_invitations WHERE email = $1 "
                "RETURNING 1) SELECT count(*) FROM gone",
                email,
            )
            removed = {"invitations_to_them": invited}
            await count_removed(connection, "inspection", deletion_id, removed)

    async def removed(self, deletion_id: str) -> Mapping[str, int]:
        """How much was removed, in all."""
        return await removed_in_all(self._pool, "inspection", deletion_id)

    async def _erase_set(self, set_id: str, deletion_id: str) -> None:
        # Before the set, whose deletion would have to take all of them at once.
        await self._erase_inspections("set_id", set_id, deletion_id)
        async with self._pool.acquire() as connection, connection.transaction():
            # Nothing is added to what is counted while it is.
            await connection.execute(
                "SELECT FROM inspection.reference_sets WHERE id = $1 FOR UPDATE", set_id
            )
            counts = await connection.fetchrow(
                "SELECT (SELECT count(*) FROM inspection.versions WHERE set_id = $1) AS versions, "
                "(SELECT count(DISTINCT artifact_name) FROM inspection.versions WHERE set_id = $1) "
                "AS artifacts, "
                "(SELECT count(*) FROM inspection.jobs WHERE set_id = $1) AS jobs, "
                "(SELECT count(*) FROM inspection.feedback WHERE set_id = $1) AS feedback, "
                "(SELECT count(*) FROM inspection.reference_set_users WHERE set_id = $1) "
                "+ (SELECT count(*) FROM inspection.reference_set_groups WHERE set_id = $1) "
                "+ (SELECT count(*) FROM inspection.share_invitations WHERE set_id = $1) AS shares",
                set_id,
            )
            if deleted := await delete_set(connection, set_id):
                removed = {"reference_sets": len(deleted)} | dict(counts or {})
                await count_removed(connection, "inspection", deletion_id, removed)
        for one in deleted or [set_id]:
            while await sweep_deleted_set(self._pool, one):
                pass

    async def _erase_inspections(self, column: str, value: str, deletion_id: str) -> None:
        """Removes inspections in batches, with findings, feedback, skips and claims."""
        erased = BATCH
        while erased == BATCH:
            async with self._pool.acquire() as connection, connection.transaction():
                ids = [
                    row["id"]
                    for row in await connection.fetch(
                        "SELECT id FROM inspection.inspections "  # noqa: S608 - our own words
                        f"WHERE {column} = $1 ORDER BY id LIMIT $2 FOR UPDATE",
                        value,
                        BATCH,
                    )
                ]
                feedback = await connection.fetchval(
                    "WITH gone AS (DELETE FROM inspection.feedback WHERE inspection_id = ANY($1) "
                    "RETURNING id) SELECT count(*) FROM gone",
                    ids,
                )
                await connection.execute(
                    "DELETE FROM inspection.inspections WHERE id = ANY($1)", ids
                )
                erased = len(ids)
                removed = {"inspections": erased, "feedback": feedback}
                await count_removed(connection, "inspection", deletion_id, removed)

    async def _erase_rest(self, user_id: str, deletion_id: str) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            removed = {
                what: await connection.fetchval(
                    f"WITH gone AS (DELETE FROM inspection.{table} WHERE user_id = $1 "  # noqa: S608 - our own words
                    "RETURNING 1) SELECT count(*) FROM gone",
                    user_id,
                )
                for what, table in REST
            }
            await connection.execute(
                "DELETE FROM inspection.deleted_feedback WHERE user_id = $1 OR deleted_by = $1",
                user_id,
            )
            await count_removed(connection, "inspection", deletion_id, removed)
