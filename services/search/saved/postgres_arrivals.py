"""Images that are to be compared with saved searches, in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import asyncpg
from argus.search.v1.search_pb2 import SearchImagesRequest

from services.search.model import Newcomer
from services.search.saved.model import Arrival, Changing, ConditionalSearch

LONGEST_WAIT = timedelta(minutes=10)
"""Longest interval between two comparisons that were postponed."""

KEPT_HIDDEN = timedelta(days=31)
"""How long matches of deleted images are kept, which may be brought back; longer than any trash."""

KEPT_WAITING = timedelta(days=7)
"""How long an image is tried that cannot be compared."""

_ARRIVED = """
INSERT INTO search.arrivals AS a (image_id, user_id, is_change, arrived_at)
SELECT image_id, user_id, is_change, clock_timestamp()
FROM unnest($1::uuid[], $2::uuid[], $3::boolean[]) AS t (image_id, user_id, is_change)
WHERE EXISTS (SELECT FROM search.saved_searches s WHERE s.user_id = t.user_id)
ON CONFLICT (image_id) DO UPDATE SET arrived_at = EXCLUDED.arrived_at,
    is_change = a.is_change AND EXCLUDED.is_change, due_at = EXCLUDED.arrived_at, tries = 0,
    version = a.version + 1
"""
_PREPARE = """
INSERT INTO search.arrivals AS a (image_id, user_id, is_change, kept_before)
SELECT image_id, user_id, true, string_to_array(kept_before, ',')::uuid[]
FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS t (image_id, user_id, kept_before)
ON CONFLICT (image_id) DO UPDATE SET version = a.version + 1
"""
_DUE = """
WITH chosen AS (
    SELECT image_id FROM search.arrivals WHERE arrived_at IS NOT NULL
    AND due_at <= clock_timestamp() AND user_id = (
        SELECT user_id FROM search.arrivals WHERE arrived_at IS NOT NULL
        AND due_at <= clock_timestamp() ORDER BY due_at LIMIT 1
    ) ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
UPDATE search.arrivals a SET due_at = clock_timestamp() + $2 FROM chosen
WHERE a.image_id = chosen.image_id RETURNING a.*
"""


class PostgresArrivals:
    """`ArrivalLog` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def conditional(self, user_ids: Collection[str]) -> Sequence[ConditionalSearch]:
        """Saved searches of users that a change of names or labels may bring matches."""
        rows = await self._pool.fetch(
            "SELECT id, user_id, query FROM search.saved_searches "
            "WHERE user_id = ANY($1) AND conditional",
            list(user_ids),
        )
        return [
            ConditionalSearch(
                str(row["id"]), str(row["user_id"]), SearchImagesRequest.FromString(row["query"])
            )
            for row in rows
        ]

    async def prepare(self, changing: Sequence[Changing]) -> None:
        """Remembers what images were."""
        if changing:
            await self._pool.execute(
                _PREPARE,
                [one.image_id for one in changing],
                [one.user_id for one in changing],
                [",".join(one.kept_before) for one in changing],
            )

    async def arrived(
        self, newcomers: Sequence[Newcomer], *, there: Collection[str], gone: Collection[str]
    ) -> bool:
        """Says that the index has images, in one step."""
        noted = 0
        async with self._pool.acquire() as connection, connection.transaction():
            if newcomers:
                status = await connection.execute(
                    _ARRIVED,
                    [one.image_id for one in newcomers],
                    [one.user_id for one in newcomers],
                    [one.is_change for one in newcomers],
                )
                noted = int(status.rpartition(" ")[2])
            if there:
                await connection.execute(
                    "UPDATE search.saved_matches SET hidden_at = NULL "
                    "WHERE image_id = ANY($1) AND hidden_at IS NOT NULL",
                    list(there),
                )
            if gone:
                await connection.execute(
                    "UPDATE search.saved_matches SET hidden_at = clock_timestamp() "
                    "WHERE image_id = ANY($1) AND hidden_at IS NULL",
                    list(gone),
                )
                await connection.execute(
                    "DELETE FROM search.arrivals WHERE image_id = ANY($1)", list(gone)
                )
        return noted > 0

    async def due(self, limit: int, lease_s: float) -> Sequence[Arrival]:
        """Arrivals of one user that are to be compared, in the order in which they came."""
        rows = await self._pool.fetch(_DUE, limit, timedelta(seconds=lease_s))
        arrivals = [
            Arrival(
                image_id=str(row["image_id"]),
                user_id=str(row["user_id"]),
                is_change=row["is_change"],
                kept_before=frozenset(map(str, row["kept_before"])),
                arrived_at=row["arrived_at"],
                version=row["version"],
            )
            for row in rows
        ]
        return sorted(arrivals, key=lambda one: (one.arrived_at, one.image_id))

    async def settle(self, arrivals: Sequence[Arrival]) -> None:
        """Takes off those that were compared."""
        if arrivals:
            await self._pool.execute(
                "DELETE FROM search.arrivals a USING unnest($1::uuid[], $2::integer[]) "
                "AS t (image_id, version) "
                "WHERE a.image_id = t.image_id AND a.version = t.version",
                [one.image_id for one in arrivals],
                [one.version for one in arrivals],
            )

    async def postpone(self, arrivals: Sequence[Arrival]) -> None:
        """Has arrivals compared later."""
        if arrivals:
            await self._pool.execute(
                "UPDATE search.arrivals SET tries = tries + 1, due_at = clock_timestamp() "
                "+ LEAST($2::interval, interval '1 second' * 2 ^ LEAST(tries, 20)) "
                "WHERE image_id = ANY($1)",
                [one.image_id for one in arrivals],
                LONGEST_WAIT,
            )

    async def waiting(self) -> int:
        """How many arrivals are to be compared."""
        count: int = await self._pool.fetchval(
            "SELECT count(*) FROM search.arrivals WHERE arrived_at IS NOT NULL"
        )
        return count

    async def tidy(self) -> Mapping[str, int]:
        """Removes matches of images deleted long ago, and arrivals that wait for ever."""
        removed = {}
        for what, table, since, age in (
            ("matches", "saved_matches", "hidden_at", KEPT_HIDDEN),
            ("arrivals", "arrivals", "arrived_at", KEPT_WAITING),
        ):
            # Without the type, PostgreSQL takes the age for a time.
            statement = (
                f"DELETE FROM search.{table} "  # noqa: S608 - our own words
                f"WHERE {since} < clock_timestamp() - $1::interval"
            )
            status = await self._pool.execute(statement, age)
            removed[what] = int(status.rpartition(" ")[2])
        return removed
