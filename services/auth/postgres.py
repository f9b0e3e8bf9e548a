"""Accounts in PostgreSQL, schema `auth`."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.auth.model import NewSession, Reused, Rotated, User
from services.auth.postgres_sessions import close_sessions_but
from services.runtime.edge import Client
from services.runtime.roles import Role, role_of


class PostgresAccounts:
    """`AccountStore` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add_user(self, user: User, password_hash: str, session: NewSession) -> User | None:
        """Adds a user who is signed in, in one transaction."""
        async with self._pool.acquire() as connection, connection.transaction():
            added = await add_user_row(connection, user, password_hash)
            if added is not None:
                await _open_session(connection, session)
            return added

    async def user_by_email(self, email: str) -> tuple[User, str] | None:
        """The user of a lower-case email, and the password's hash."""
        row = await self._pool.fetchrow("SELECT * FROM auth.users WHERE email = $1", email)
        return None if row is None else (user_of_row(row), row["password_hash"])

    async def user(self, user_id: UUID) -> User | None:
        """The user of an id."""
        row = await self._pool.fetchrow("SELECT * FROM auth.users WHERE user_id = $1", user_id)
        return None if row is None else user_of_row(row)

    async def password_hash(self, user_id: UUID) -> str | None:
        """The hash of a user's password."""
        found: str | None = await self._pool.fetchval(
            "SELECT password_hash FROM auth.users WHERE user_id = $1", user_id
        )
        return found

    async def open_session(
        self, session: NewSession, *, seen_hash: str, replacement: str | None
    ) -> User | None:
        """Adds a session and its first refresh token, unless the password changed meanwhile."""
        async with self._pool.acquire() as connection, connection.transaction():
            # Whoever changes password or role at the same time waits here, and closes this one.
            row = await connection.fetchrow(
                "SELECT * FROM auth.users WHERE user_id = $1 FOR NO KEY UPDATE", session.user_id
            )
            if row is None or row["password_hash"] != seen_hash:
                return None
            if replacement is not None:
                await _keep_hash(connection, session.user_id, replacement)
            await _open_session(connection, session)
            return user_of_row(row)

    async def change_password(
        self, user_id: UUID, password_hash: str, *, but: UUID, now: datetime
    ) -> list[UUID]:
        """Sets a hash and closes the user's open sessions but one, in one transaction."""
        async with self._pool.acquire() as connection, connection.transaction():
            await set_hash(connection, user_id, password_hash)
            return await close_sessions_but(connection, user_id, but=but, now=now)

    async def rotate(
        self,
        presented: bytes,
        following: bytes,
        *,
        now: datetime,
        ends: datetime,
        reuse_since: datetime,
        client: Client,
    ) -> Rotated | Reused | None:
        """Exchanges a refresh token for the next one, in one transaction."""
        async with self._pool.acquire() as connection, connection.transaction():
            # Whoever presents the same token at the same time waits here, and then sees its use.
            row = await connection.fetchrow(
                "SELECT t.used_at, s.session_id, u.user_id, u.email, u.display_name, u.created_at, "
                "u.role, s.closed_at IS NULL AS is_open "
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
                "UPDATE auth.sessions SET expires_at = $2, last_used_at = $3, address = $4, "
                "client = $5 WHERE session_id = $1",
                session_id,
                ends,
                now,
                client.address,
                client.agent,
            )
            return Rotated(session_id, user_of_row(row))

    async def remove_expired(self, now: datetime, used_before: datetime) -> None:
        """Forgets sessions whose time is over, and tokens that were used before a time."""
        await self._pool.execute("DELETE FROM auth.sessions WHERE expires_at < $1", now)
        await self._pool.execute("DELETE FROM auth.refresh_tokens WHERE used_at < $1", used_before)


async def add_user_row(connection: Any, user: User, password_hash: str) -> User | None:  # noqa: ANN401 - a pool's proxy of a connection
    """Adds a user, the first as administrator; None if the email is taken."""
    if await _is_first(connection):
        user = replace(user, role=Role.ADMIN)
    added = await connection.fetchval(
        "INSERT INTO auth.users "
        "(user_id, email, display_name, password_hash, created_at, role) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email) DO NOTHING RETURNING true",
        user.user_id,
        user.email,
        user.display_name,
        password_hash,
        user.created_at,
        user.role.word,
    )
    return user if added else None


async def set_hash(connection: Any, user_id: UUID, password_hash: str) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    """Keeps another password's hash; what was mailed to set or do something is worthless then."""
    await _keep_hash(connection, user_id, password_hash)
    await connection.execute("DELETE FROM auth.mail_tokens WHERE user_id = $1", user_id)


async def _keep_hash(connection: Any, user_id: UUID, password_hash: str) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    await connection.execute(
        "UPDATE auth.users SET password_hash = $2 WHERE user_id = $1", user_id, password_hash
    )


async def _open_session(connection: Any, session: NewSession) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    await connection.execute(
        "WITH session AS (INSERT INTO auth.sessions "
        "(session_id, user_id, created_at, last_used_at, expires_at, address, client) "
        "VALUES ($1, $2, $4, $4, $5, $6, $7) "
        "RETURNING session_id) "
        "INSERT INTO auth.refresh_tokens (digest, session_id, issued_at) "
        "SELECT $3, session_id, $4 FROM session",
        session.session_id,
        session.user_id,
        session.refresh_digest,
        session.opened_at,
        session.ends_at,
        session.client.address,
        session.client.agent,
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


async def _is_first(connection: Any) -> bool:  # noqa: ANN401 - a pool's proxy of a connection
    """Whether nobody has an account; of several who make the first, one is told so."""
    anybody = "SELECT EXISTS (SELECT FROM auth.users)"
    if await connection.fetchval(anybody):
        return False
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('argus:auth:first'))")
    return not await connection.fetchval(anybody)


def user_of_row(row: asyncpg.Record) -> User:
    """A user out of all columns of `auth.users`."""
    return User(
        row["user_id"],
        row["email"],
        row["display_name"],
        row["created_at"],
        role_of(row["role"]),
    )
