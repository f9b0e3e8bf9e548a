"""What saved searches have found, in PostgreSQL.

Each user's matches have places in the order in which they were committed: the row of
`match_positions` is locked from the moment that places are given until the commit, so whoever has
seen a place has seen, or sees, all before it.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg

from services.search.errors import SavedSearchNotFound
from services.search.saved.model import Finding, FoundMatch, MatchCounts
from services.search.saved.ports import Heard

CHANNEL = "argus_new_matches"
"""Where PostgreSQL notifies of users who have new matches, by their ids."""

MOST_KEPT = 10_000
"""Matches of one saved search; the oldest go first."""

_INSERT = """
WITH found AS (
    SELECT search_id, image_id, score, number
    FROM unnest($2::uuid[], $3::uuid[], $4::real[], $5::integer[])
        WITH ORDINALITY AS t (search_id, image_id, score, revision, number)
    JOIN searches.saved_searches s ON s.id = search_id AND s.user_id = $1
        AND s.revision = t.revision
), kept AS (
    INSERT INTO searches.saved_matches (search_id, image_id, user_id, position, score)
    SELECT search_id, image_id, $1, $6::bigint + row_number() OVER (ORDER BY number), score
    FROM found
    ON CONFLICT (search_id, image_id) DO NOTHING
    RETURNING search_id, position
)
SELECT search_id, max(position) AS last, count(*) AS count FROM kept GROUP BY search_id
"""
_TRIM = """
WITH gone AS (
    DELETE FROM searches.saved_matches WHERE search_id = $1 AND position <= (
        SELECT position FROM searches.saved_matches WHERE search_id = $1
        ORDER BY position DESC OFFSET $2 LIMIT 1
    ) RETURNING position
)
UPDATE searches.match_positions
SET forgotten = GREATEST(forgotten, (SELECT max(position) FROM gone))
WHERE user_id = $3 AND EXISTS (SELECT FROM gone)
"""


class PostgresMatches:
    """`MatchLog` over a pool.

    Args:
        pool: Connections.
        most_kept: Matches of one saved search that are kept.
    """

    def __init__(self, pool: asyncpg.Pool, *, most_kept: int = MOST_KEPT) -> None:
        self._pool = pool
        self._most_kept = most_kept

    async def page(
        self,
        user_id: str,
        search_id: str,
        *,
        before: int | None,
        unseen_after: int | None,
        limit: int,
    ) -> Sequence[FoundMatch]:
        """A saved search's matches, newest first."""
        rows = await self._pool.fetch(
            "SELECT m.*, m.position <= s.seen_position AS seen FROM searches.saved_matches m "
            "JOIN searches.saved_searches s ON s.id = m.search_id "
            "WHERE m.search_id = $1 AND s.user_id = $2 AND m.hidden_at IS NULL "
            "AND ($3::bigint IS NULL OR m.position < $3) "
            "AND ($4::bigint IS NULL OR m.position > $4) ORDER BY m.position DESC LIMIT $5",
            search_id,
            user_id,
            before,
            unseen_after,
            limit,
        )
        return [_found(row) for row in rows]

    async def counts(self, user_id: str, search_id: str) -> MatchCounts:
        """How many matches a saved search has."""
        row = await self._pool.fetchrow(
            "SELECT count(m.*) FILTER (WHERE m.position > s.seen_position) AS unseen, "
            "count(m.*) AS total, max(m.found_at) AS last_found_at FROM searches.saved_searches s "
            "LEFT JOIN searches.saved_matches m ON m.search_id = s.id AND m.hidden_at IS NULL "
            "WHERE s.id = $1 AND s.user_id = $2 GROUP BY s.id",
            search_id,
            user_id,
        )
        if row is None:
            raise _not_found()
        return MatchCounts(row["unseen"], row["total"], row["last_found_at"])

    async def seen_position(self, user_id: str, search_id: str) -> int:
        """Up to which position matches were seen."""
        position: int | None = await self._pool.fetchval(
            "SELECT seen_position FROM searches.saved_searches WHERE id = $1 AND user_id = $2",
            search_id,
            user_id,
        )
        if position is None:
            raise _not_found()
        return position

    async def mark_seen(self, user_id: str, search_id: str, position: int) -> None:
        """Remembers that matches up to a position were seen."""
        found = await self._pool.fetchval(
            "UPDATE searches.saved_searches s SET seen_position = GREATEST(s.seen_position, "
            # Not further than there are matches: what is found later was not seen.
            "LEAST($3, (SELECT position FROM searches.match_positions WHERE user_id = $2))) "
            "WHERE s.id = $1 AND s.user_id = $2 RETURNING true",
            search_id,
            user_id,
            position,
        )
        if not found:
            raise _not_found()

    async def position(self, user_id: str) -> int:
        """The position of a user's last match."""
        found: int | None = await self._pool.fetchval(
            "SELECT position FROM searches.match_positions WHERE user_id = $1", user_id
        )
        return found or 0

    async def after(self, user_id: str, search_id: str, position: int, limit: int) -> Heard:
        """A user's matches after a position, oldest first."""
        rows = await self._pool.fetch(
            "SELECT m.*, m.position <= s.seen_position AS seen FROM searches.saved_matches m "
            "JOIN searches.saved_searches s ON s.id = m.search_id "
            "WHERE m.user_id = $1 AND m.position > $2 AND m.hidden_at IS NULL "
            "AND ($3::uuid IS NULL OR m.search_id = $3) ORDER BY m.position LIMIT $4",
            user_id,
            position,
            search_id or None,
            limit,
        )
        # Read afterwards: what was forgotten before or while the matches were read counts.
        forgotten: int | None = await self._pool.fetchval(
            "SELECT forgotten FROM searches.match_positions WHERE user_id = $1", user_id
        )
        return Heard([_found(row) for row in rows], forgotten or 0)

    async def record(self, user_id: str, findings: Sequence[Finding]) -> int:
        """Keeps those that were not found before; how many."""
        if not findings:
            return 0
        async with self._pool.acquire() as connection, connection.transaction():
            base = await connection.fetchval(
                "SELECT position FROM searches.match_positions WHERE user_id = $1 FOR UPDATE",
                user_id,
            )
            if base is None:
                # The account was deleted, and all its saved searches with it.
                return 0
            # Nobody changes or deletes one of them before this is committed.
            await connection.execute(
                "SELECT FROM searches.saved_searches WHERE user_id = $1 ORDER BY id FOR SHARE",
                user_id,
            )
            rows = await connection.fetch(
                _INSERT,
                user_id,
                [one.search_id for one in findings],
                [one.image_id for one in findings],
                [one.score for one in findings],
                [one.revision for one in findings],
                base,
            )
            if not rows:
                return 0
            await self._moved(connection, user_id, rows)
            return sum(row["count"] for row in rows)

    async def _moved(self, connection: Any, user_id: str, rows: Sequence[asyncpg.Record]) -> None:  # noqa: ANN401 - a pool's proxy of a connection
        await connection.execute(
            "UPDATE searches.match_positions SET position = $2 WHERE user_id = $1",
            user_id,
            max(row["last"] for row in rows),
        )
        for row in rows:
            await connection.execute(_TRIM, row["search_id"], self._most_kept, user_id)
        await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, user_id)


def _not_found() -> SavedSearchNotFound:
    return SavedSearchNotFound("there is no such saved search", field="saved_search_id")


def _found(row: asyncpg.Record) -> FoundMatch:
    return FoundMatch(
        search_id=str(row["search_id"]),
        image_id=str(row["image_id"]),
        position=row["position"],
        score=row["score"],
        found_at=row["found_at"],
        seen=row["seen"],
    )
