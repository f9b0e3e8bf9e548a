"""Accounts and keys in PostgreSQL, schema `auth`."""

from datetime import datetime
from uuid import UUID

import asyncpg

from services.auth.model import User
from services.auth.signing import KeyRing, SigningKey


class PostgresAccounts:
    """`AccountStore` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add_user(self, user: User, password_hash: str) -> bool:
        """Adds a user; False if the email is taken."""
        added = await self._pool.fetchval(
            "INSERT INTO auth.users (user_id, email, display_name, password_hash, created_at) "
            "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (email) DO NOTHING RETURNING true",
            user.user_id,
            user.email,
            user.display_name,
            password_hash,
            user.created_at,
        )
        return bool(added)

    async def user_by_email(self, email: str) -> tuple[User, str] | None:
        """The user of a lower-case email, and the password's hash."""
        row = await self._pool.fetchrow("SELECT * FROM auth.users WHERE email = $1", email)
        return None if row is None else (_user(row), row["password_hash"])

    async def user(self, user_id: UUID) -> User | None:
        """The user of an id."""
        row = await self._pool.fetchrow("SELECT * FROM auth.users WHERE user_id = $1", user_id)
        return None if row is None else _user(row)

    async def open_session(
        self, session_id: UUID, user_id: UUID, refresh_digest: bytes, now: datetime, ends: datetime
    ) -> None:
        """Adds a session and its first refresh token."""
        await self._pool.execute(
            "WITH session AS (INSERT INTO auth.sessions "
            "(session_id, user_id, created_at, expires_at) VALUES ($1, $2, $4, $5) "
            "RETURNING session_id) "
            "INSERT INTO auth.refresh_tokens (digest, session_id, issued_at) "
            "SELECT $3, session_id, $4 FROM session",
            session_id,
            user_id,
            refresh_digest,
            now,
            ends,
        )

    async def rotate(
        self, used_digest: bytes, next_digest: bytes, now: datetime, ends: datetime
    ) -> tuple[UUID, UUID] | None:
        """Uses up a refresh token and adds the next one, in one step."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                "UPDATE auth.refresh_tokens t SET used_at = $2 FROM auth.sessions s "
                "WHERE t.digest = $1 AND t.used_at IS NULL AND s.session_id = t.session_id "
                "AND s.closed_at IS NULL AND s.expires_at > $2 "
                "RETURNING s.session_id, s.user_id",
                used_digest,
                now,
            )
            if row is None:
                return None
            await connection.execute(
                "INSERT INTO auth.refresh_tokens (digest, session_id, issued_at) "
                "VALUES ($1, $2, $3)",
                next_digest,
                row["session_id"],
                now,
            )
            await connection.execute(
                "UPDATE auth.sessions SET expires_at = $2 WHERE session_id = $1",
                row["session_id"],
                ends,
            )
            return row["session_id"], row["user_id"]

    async def session_of_used(self, digest: bytes) -> UUID | None:
        """The session of a refresh token that was used up; None if there is none."""
        found: UUID | None = await self._pool.fetchval(
            "SELECT session_id FROM auth.refresh_tokens WHERE digest = $1 AND used_at IS NOT NULL",
            digest,
        )
        return found

    async def close_session(self, session_id: UUID, now: datetime) -> None:
        """Closes a session; again is no error."""
        await self._pool.execute(
            "UPDATE auth.sessions SET closed_at = coalesce(closed_at, $2) WHERE session_id = $1",
            session_id,
            now,
        )

    async def remove_expired(self, now: datetime) -> None:
        """Forgets the sessions whose time is over, with their tokens."""
        await self._pool.execute("DELETE FROM auth.sessions WHERE expires_at < $1", now)


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


def _user(row: asyncpg.Record) -> User:
    return User(row["user_id"], row["email"], row["display_name"], row["created_at"])
