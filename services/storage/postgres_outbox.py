"""The outbox in PostgreSQL: events committed with the change they tell of."""

from collections.abc import Awaitable, Callable, Sequence

import asyncpg

from services.storage.ports import Event


class PostgresOutbox:
    """`Outbox` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def hand_over(
        self, publish: Callable[[Sequence[Event]], Awaitable[None]], limit: int
    ) -> int | None:
        """Gives the oldest events to `publish` and removes them when it returns; returns how many.

        None if another replica is doing this: one at a time, so that an image's events keep their
        order. Replicas do not hold a connection while they wait, however long `publish` takes.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval(
                "SELECT pg_try_advisory_xact_lock(hashtext('argus:outbox'))"
            ):
                return None
            rows = await connection.fetch(
                "SELECT id, event FROM storage.outbox ORDER BY id LIMIT $1", limit
            )
            if rows:
                await publish([row["event"] for row in rows])
                await connection.execute(
                    "DELETE FROM storage.outbox WHERE id = ANY($1)", [row["id"] for row in rows]
                )
            return len(rows)
