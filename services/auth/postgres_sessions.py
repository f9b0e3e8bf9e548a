"""Sessions as their owners see them, and what was closed, in PostgreSQL, schema `auth`."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.auth.model import OpenSession
from services.runtime.edge import Client


class PostgresSessions:
    """`SessionStore` and `ClosedRecords` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def list_open(
        self, user_id: UUID, now: datetime, *, limit: int, after: tuple[datetime, UUID] | None
    ) -> list[OpenSession]:
        """A user's open sessions, the one used last first, from behind `after` on."""
        used_at, session_id = after or (None, None)
        rows = await self._pool.fetch(
            "SELECT * FROM auth.sessions "
            "WHERE user_id = $1 AND closed_at IS NULL AND expires_at > $2 "
            "AND ($3::timestamptz IS NULL OR (last_used_at, session_id) < ($3, $4::uuid)) "
            "ORDER BY last_used_at DESC, session_id DESC LIMIT $5",
            user_id,
            now,
            used_at,
            session_id,
            limit,
        )
        return [
            OpenSession(
                row["session_id"],
                row["created_at"],
                row["last_used_at"],
                row["expires_at"],
                Client(row["address"], row["client"]),
            )
            for row in rows
        ]

    async def close(self, user_id: UUID, session_id: UUID, now: datetime) -> bool:
        """Closes a user's session; False if it is not open or not the user's."""
        return bool(
            await self._pool.fetchval(
                "UPDATE auth.sessions SET closed_at = $3 "
                "WHERE user_id = $1 AND session_id = $2 AND closed_at IS NULL AND expires_at > $3 "
                "RETURNING true",
                user_id,
                session_id,
                now,
            )
        )

    async def close_all(self, user_id: UUID, *, but: UUID | None, now: datetime) -> list[UUID]:
        """Closes a user's open sessions, all or but one; which these were."""
        return await close_sessions_but(self._pool, user_id, but=but, now=now)

    async def close_session(self, session_id: UUID, now: datetime) -> None:
        """Closes a session; again is no error."""
        await self._pool.execute(
            "UPDATE auth.sessions SET closed_at = coalesce(closed_at, $2) WHERE session_id = $1",
            session_id,
            now,
        )

    async def closed_since(self, time: datetime) -> list[tuple[UUID, datetime]]:
        """The sessions that were closed and the API keys that were revoked since then, and when.

        Also those that ended with their account.
        """
        rows = await self._pool.fetch(
            "SELECT session_id AS id, closed_at AS at FROM auth.sessions WHERE closed_at >= $1 "
            "UNION ALL SELECT api_key_id, revoked_at FROM auth.api_keys WHERE revoked_at >= $1 "
            "UNION ALL SELECT id, ended_at FROM auth.ended_with_account WHERE ended_at >= $1",
            time,
        )
        return [(row["id"], row["at"]) for row in rows]


async def close_sessions_but(
    connection: Any,  # noqa: ANN401 - a pool, or its proxy of a connection
    user_id: UUID,
    *,
    but: UUID | None,
    now: datetime,
) -> list[UUID]:
    """Closes a user's open sessions but one, or all; which these were."""
    rows = await connection.fetch(
        "UPDATE auth.sessions SET closed_at = $3 "
        "WHERE user_id = $1 AND session_id IS DISTINCT FROM $2 "
        "AND closed_at IS NULL AND expires_at > $3 RETURNING session_id",
        user_id,
        but,
        now,
    )
    return [row["session_id"] for row in rows]
