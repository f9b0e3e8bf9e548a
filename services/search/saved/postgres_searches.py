"""Saved searches, in PostgreSQL."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import numpy as np
from argus.search.v1.search_pb2 import SearchImagesRequest

from services.clients.model import Vector
from services.search.errors import SavedSearchNotFound, TooManySavedSearches
from services.search.saved.model import (
    ComparedSearch,
    MatchCounts,
    Problem,
    QueryVector,
    SavedSearch,
    SearchDraft,
)
from services.search.saved.pictures import without_pictures

_COUNTS = (
    "count(m.*) FILTER (WHERE m.position > s.seen_position) AS unseen, "
    "count(m.*) AS total, max(m.found_at) AS last_found_at"
)
_SHOWN = "s.id, s.user_id, s.display_name, s.created_at, s.updated_at, s.problem, s.problem_words"
_MATCHES = (
    "FROM searches.saved_searches s "
    "LEFT JOIN searches.saved_matches m ON m.search_id = s.id AND m.hidden_at IS NULL"
)
_KEEP_VECTOR = """
INSERT INTO searches.saved_vectors AS v (search_id, space_name, revision, vector, cutoff)
SELECT id, $3, revision, $4, $5 FROM searches.saved_searches WHERE id = $1 AND revision = $2
ON CONFLICT (search_id, space_name) DO UPDATE
SET revision = EXCLUDED.revision, vector = EXCLUDED.vector, cutoff = EXCLUDED.cutoff
"""


class PostgresSavedSearches:
    """`SavedSearches` and `ComparedSearches` over a pool, and all of a user's for erasure."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def create(
        self, user_id: str, search_id: str, draft: SearchDraft, *, at_most: int
    ) -> SavedSearch:
        """Saves a search, unless it has been saved."""
        async with self._pool.acquire() as connection, connection.transaction():
            # Whoever saves at the same time waits, so that the limit holds.
            await connection.execute(
                "INSERT INTO searches.match_positions (user_id) VALUES ($1) "
                "ON CONFLICT (user_id) DO UPDATE SET position = match_positions.position",
                user_id,
            )
            known = await connection.fetchval(
                "SELECT true FROM searches.saved_searches WHERE id = $1 AND user_id = $2",
                search_id,
                user_id,
            )
            if not known:
                await _check_room(connection, user_id, at_most)
                await connection.execute(
                    "INSERT INTO searches.saved_searches "
                    "(id, user_id, display_name, query, whole_query, conditional) "
                    "VALUES ($1, $2, $3, $4, $5, $6)",
                    search_id,
                    user_id,
                    draft.display_name,
                    *_queries(draft.query),
                    draft.conditional,
                )
                await _keep_vector(connection, search_id, 1, draft.vector)
        return await self.get(user_id, search_id)

    async def get(self, user_id: str, search_id: str) -> SavedSearch:
        """A user's saved search, with its pictures."""
        row = await self._pool.fetchrow(
            f"SELECT {_SHOWN}, s.whole_query AS shown_query, {_COUNTS} {_MATCHES} "
            "WHERE s.id = $1 AND s.user_id = $2 GROUP BY s.id",
            search_id,
            user_id,
        )
        if row is None:
            raise _not_found()
        return _saved(row)

    async def list(self, user_id: str) -> Sequence[SavedSearch]:
        """All of a user's, oldest first, without pictures."""
        rows = await self._pool.fetch(
            f"SELECT {_SHOWN}, s.query AS shown_query, {_COUNTS} {_MATCHES} "
            "WHERE s.user_id = $1 GROUP BY s.id ORDER BY s.created_at, s.id",
            user_id,
        )
        return [_saved(row) for row in rows]

    async def rename(self, user_id: str, search_id: str, display_name: str) -> None:
        """Gives a saved search another name."""
        changed = await self._pool.fetchval(
            "UPDATE searches.saved_searches SET display_name = $3, updated_at = clock_timestamp() "
            "WHERE id = $1 AND user_id = $2 RETURNING true",
            search_id,
            user_id,
            display_name,
        )
        if not changed:
            raise _not_found()

    async def replace(self, user_id: str, search_id: str, draft: SearchDraft) -> None:
        """Gives a saved search another name and query."""
        async with self._pool.acquire() as connection, connection.transaction():
            revision = await connection.fetchval(
                "UPDATE searches.saved_searches SET display_name = $3, query = $4, "
                "whole_query = $5, conditional = $6, revision = revision + 1, problem = '', "
                "problem_words = '', updated_at = clock_timestamp() "
                "WHERE id = $1 AND user_id = $2 RETURNING revision",
                search_id,
                user_id,
                draft.display_name,
                *_queries(draft.query),
                draft.conditional,
            )
            if revision is None:
                raise _not_found()
            await connection.execute(
                "DELETE FROM searches.saved_vectors WHERE search_id = $1", search_id
            )
            await _keep_vector(connection, search_id, revision, draft.vector)

    async def delete(self, user_id: str, search_id: str) -> None:
        """Forgets a saved search, and what it found."""
        gone = await self._pool.fetchval(
            "DELETE FROM searches.saved_searches WHERE id = $1 AND user_id = $2 RETURNING true",
            search_id,
            user_id,
        )
        if not gone:
            raise _not_found()

    async def of_user(self, user_id: str, space_name: str) -> Sequence[ComparedSearch]:
        """A user's saved searches, with what they are in a space."""
        rows = await self._pool.fetch(
            "SELECT s.id, s.revision, s.query, s.conditional, s.created_at, s.problem, "
            "v.vector, v.cutoff FROM searches.saved_searches s "
            "LEFT JOIN searches.saved_vectors v ON v.search_id = s.id AND v.space_name = $2 "
            "AND v.revision = s.revision WHERE s.user_id = $1 ORDER BY s.created_at, s.id",
            user_id,
            space_name,
        )
        return [
            ComparedSearch(
                search_id=str(row["id"]),
                revision=row["revision"],
                query=SearchImagesRequest.FromString(row["query"]),
                conditional=row["conditional"],
                created_at=row["created_at"],
                has_problem=bool(row["problem"]),
                vector=(
                    None
                    if row["vector"] is None
                    else QueryVector(space_name, _vector(row["vector"]), row["cutoff"])
                ),
            )
            for row in rows
        ]

    async def whole_query(self, search_id: str, revision: int) -> SearchImagesRequest | None:
        """A query with its pictures."""
        query = await self._pool.fetchval(
            "SELECT whole_query FROM searches.saved_searches WHERE id = $1 AND revision = $2",
            search_id,
            revision,
        )
        return None if query is None else SearchImagesRequest.FromString(query)

    async def keep_vector(self, search_id: str, revision: int, vector: QueryVector) -> None:
        """Keeps what a query is in a space."""
        async with self._pool.acquire() as connection:
            await _keep_vector(connection, search_id, revision, vector)

    async def set_problem(self, search_id: str, revision: int, problem: Problem | None) -> None:
        """Remembers why images cannot be compared with a search."""
        await self._pool.execute(
            "UPDATE searches.saved_searches SET problem = $3, problem_words = $4 "
            "WHERE id = $1 AND revision = $2",
            search_id,
            revision,
            problem.reason if problem else "",
            problem.message if problem else "",
        )

    async def count_of_user(self, user_id: str) -> int:
        """How many saved searches a user has."""
        count: int = await self._pool.fetchval(
            "SELECT count(*) FROM searches.saved_searches WHERE user_id = $1", user_id
        )
        return count

    async def delete_of_user(self, user_id: str) -> None:
        """Forgets a user's saved searches, matches and arrivals."""
        async with self._pool.acquire() as connection, connection.transaction():
            # Positions first, as everybody locks them.
            for table in ("match_positions", "saved_searches", "arrivals"):
                await connection.execute(
                    f"DELETE FROM searches.{table} WHERE user_id = $1",  # noqa: S608 - our own words
                    user_id,
                )


async def _check_room(connection: Any, user_id: str, at_most: int) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    count = await connection.fetchval(
        "SELECT count(*) FROM searches.saved_searches WHERE user_id = $1", user_id
    )
    if count >= at_most:
        raise TooManySavedSearches(
            f"you have {count} saved searches, and may have {at_most}; delete one first",
            metadata={"limit": str(at_most)},
        )


async def _keep_vector(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    search_id: str,
    revision: int,
    vector: QueryVector,
) -> None:
    values = np.array(vector.vector, "<f4").tobytes()
    await connection.execute(
        _KEEP_VECTOR, search_id, revision, vector.space_name, values, vector.cutoff
    )


def _vector(values: bytes) -> Vector:
    return [float(value) for value in np.frombuffer(values, "<f4")]


def _queries(query: SearchImagesRequest) -> tuple[bytes, bytes]:
    return without_pictures(query).SerializeToString(), query.SerializeToString()


def _not_found() -> SavedSearchNotFound:
    return SavedSearchNotFound("there is no such saved search", field="saved_search_id")


def _saved(row: asyncpg.Record) -> SavedSearch:
    return SavedSearch(
        search_id=str(row["id"]),
        user_id=str(row["user_id"]),
        display_name=row["display_name"],
        query=SearchImagesRequest.FromString(row["shown_query"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        problem=Problem(row["problem"], row["problem_words"]) if row["problem"] else None,
        counts=MatchCounts(row["unseen"], row["total"], row["last_found_at"]),
    )
