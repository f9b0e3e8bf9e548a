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
    ) -> int:
        """Gives the oldest events to `publish` and removes them when it returns; their number.

        One replica at a time, so that an image's events keep their order.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext('argus:outbox'))")
            rows = await connection.fetch(
                "SELECT id, event FROM storage.outbox ORDER BY id LIMIT $1", limit
            )
            if rows:
                await publish([row["event"] for row in rows])
                await connection.execute(
                    "DELETE FROM storage.outbox WHERE id = ANY($1)", [row["id"] for row in rows]
                )
            return len(rows)
