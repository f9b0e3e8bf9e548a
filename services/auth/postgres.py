"""Accounts and keys in PostgreSQL, schema `auth`."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.auth.model import NewSession, Reused, Rotated, User
from services.auth.signing import KeyRing, SigningKey


class PostgresAccounts:
    """`AccountStore` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add_user(self, user: User, password_hash: str, session: NewSession) -> bool:
        """Adds a user who is signed in, in one transaction; False if the email is taken."""
        async with self._pool.acquire() as connection, connection.transaction():
            added = await connection.fetchval(
                "INSERT INTO auth.users (user_id, email, display_name, password_hash, created_at) "
                "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (email) DO NOTHING RETURNING true",
                user.user_id,
                user.email,
                user.display_name,
                password_hash,
                user.created_at,
            )
            if added:
                await _open_session(connection, session)
            return bool(added)

    async def user_by_email(self, email: str) -> tuple[User, str] | None:
        """The user of a lower-case email, and the password's hash."""
        row = await self._pool.fetchrow("SELECT * FROM auth.users WHERE email = $1", email)
        return None if row is None else (_user(row), row["password_hash"])

    async def user(self, user_id: UUID) -> User | None:
        """The user of an id."""
        row = await self._pool.fetchrow("SELECT * FROM auth.users WHERE user_id = $1", user_id)
        return None if row is None else _user(row)

    async def open_session(self, session: NewSession) -> None:
        """Adds a session and its first refresh token."""
        await _open_session(self._pool, session)

    async def rotate(
        self,
        presented: bytes,
        following: bytes,
        *,
        now: datetime,
        ends: datetime,
        reuse_since: datetime,
    ) -> Rotated | Reused | None:
        """Exchanges a refresh token for the next one, in one transaction."""
        async with self._pool.acquire() as connection, connection.transaction():
            # Whoever presents the same token at the same time waits here, and then sees its use.
            row = await connection.fetchrow(
                "SELECT t.used_at, s.session_id, u.user_id, u.email, u.display_name, u.created_at, "
                "s.closed_at IS NULL AS is_open "
                "FROM auth.refresh_tokens t "
                "JOIN auth.sessions s USING (session_id) JOIN auth.users u USING (user_id) "
                "WHERE t.digest = $1 AND s.expires_at > $2 FOR UPDATE OF t, s",
                presented,
                now,
            )
            if row is None:
                return None
            session_id = row["session_id"]
            if row["used_at"] is not None and (
                row["used_at"] <= reuse_since or await _gone_on_from(connection, presented)
            ):
                return Reused(session_id)
            if not row["is_open"]:
                return None
            await connection.execute(
                "UPDATE auth.refresh_tokens SET used_at = coalesce(used_at, $2) WHERE digest = $1",
                presented,
                now,
            )
            await connection.execute(
                "INSERT INTO auth.refresh_tokens (digest, session_id, issued_at, replaces) "
                "VALUES ($1, $2, $3, $4)",
                following,
                session_id,
                now,
                presented,
            )
            await connection.execute(
                "UPDATE auth.sessions SET expires_at = $2 WHERE session_id = $1", session_id, ends
            )
            return Rotated(session_id, _user(row))

    async def close_session(self, session_id: UUID, now: datetime) -> None:
        """Closes a session; again is no error."""
        await self._pool.execute(
            "UPDATE auth.sessions SET closed_at = coalesce(closed_at, $2) WHERE session_id = $1",
            session_id,
            now,
        )

    async def closed_since(self, time: datetime) -> list[tuple[UUID, datetime]]:
        """The sessions that were closed since then, and when."""
        rows = await self._pool.fetch(
            "SELECT session_id, closed_at FROM auth.sessions WHERE closed_at >= $1", time
        )
        return [(row["session_id"], row["closed_at"]) for row in rows]

    async def remove_expired(self, now: datetime, used_before: datetime) -> None:
        """Forgets sessions whose time is over, and tokens that were used before a time."""
        await self._pool.execute("DELETE FROM auth.sessions WHERE expires_at < $1", now)
        await self._pool.execute("DELETE FROM auth.refresh_tokens WHERE used_at < $1", used_before)


async def load_keys(pool: asyncpg.Pool, now: datetime) -> KeyRing:
    """The kept keys, newest first; makes the first one, once among all replicas."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('argus:auth:keys'))")
        rows = await connection.fetch(
            "SELECT private_key FROM auth.signing_keys ORDER BY created_at DESC"
        )
        keys = [SigningKey.from_bytes(row["private_key"]) for row in rows]
        if not keys:
            keys = [SigningKey.generate()]
            await connection.execute(
                "INSERT INTO auth.signing_keys (kid, private_key, created_at) VALUES ($1, $2, $3)",
                keys[0].kid,
                keys[0].to_bytes(),
                now,
            )
    return KeyRing(keys)


async def _open_session(connection: Any, session: NewSession) -> None:  # noqa: ANN401 - a pool, or its proxy of a connection
    await connection.execute(
        "WITH session AS (INSERT INTO auth.sessions "
        "(session_id, user_id, created_at, expires_at) VALUES ($1, $2, $4, $5) "
        "RETURNING session_id) "
        "INSERT INTO auth.refresh_tokens (digest, session_id, issued_at) "
        "SELECT $3, session_id, $4 FROM session",
        session.session_id,
        session.user_id,
        session.refresh_digest,
        session.opened_at,
        session.ends_at,
    )


async def _gone_on_from(connection: Any, digest: bytes) -> bool:  # noqa: ANN401 - a pool's proxy of a connection
    """Whether a token that this one was exchanged for has been exchanged in its turn."""
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM auth.refresh_tokens "
            "WHERE replaces = $1 AND used_at IS NOT NULL)",
            digest,
        )
    )


def _user(row: asyncpg.Record) -> User:
    return User(row["user_id"], row["email"], row["display_name"], row["created_at"])
