"""Tokens that were mailed, in PostgreSQL, schema `auth`."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.auth.errors import EmailTaken
from services.auth.mail_model import Mail, MailKind, PasswordReset
from services.auth.model import User
from services.auth.postgres import add_user_row, set_hash, user_of_row
from services.auth.postgres_outbox import add_notice
from services.auth.postgres_sessions import close_sessions_but


class PostgresMailTokens:
    """`MailTokens` over a pool.

    A user's row is always locked before their tokens.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def owner(self, digest: bytes, now: datetime) -> User | None:
        """Whose password a token may reset; None if none."""
        return await _owner(self._pool, digest, now)

    async def reset_password(
        self, digest: bytes, password_hash: str, *, notice_id: UUID, now: datetime
    ) -> PasswordReset | None:
        """Uses a token up: sets the hash, closes all sessions, and tells the owner."""
        async with self._pool.acquire() as connection, connection.transaction():
            found = await _owner(connection, digest, now)
            user = None if found is None else await _locked(connection, found.user_id)
            # Whoever had the same token, or changed the address, was faster.
            if user is None or not await _use(connection, digest, user.email):
                return None
            await set_hash(connection, user.user_id, password_hash)
            closed = await close_sessions_but(connection, user.user_id, but=None, now=now)
            await add_notice(connection, Mail(notice_id, MailKind.PASSWORD_SET, user.email, now))
            return PasswordReset(user, closed)

    async def confirm(self, digest: bytes, *, notice_id: UUID, now: datetime) -> User | None:
        """Uses a token up: makes the account, or gives its user the address."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                "SELECT * FROM auth.mail_tokens WHERE digest = $1 "
                "AND purpose IN ('register', 'change') AND expires_at > $2",
                digest,
                now,
            )
            if row is None:
                return None
            if row["purpose"] == "register":
                return await _make_account(connection, digest, row["registration_id"], now)
            return await _change_email(connection, digest, row, notice_id, now)

    async def remove_expired(self, now: datetime) -> None:
        """Forgets tokens and registrations whose time is over."""
        await self._pool.execute("DELETE FROM auth.mail_tokens WHERE expires_at < $1", now)
        await self._pool.execute("DELETE FROM auth.registrations WHERE expires_at < $1", now)


async def _make_account(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    digest: bytes,
    registration_id: UUID,
    now: datetime,
) -> User | None:
    row = await connection.fetchrow(
        "SELECT * FROM auth.registrations WHERE registration_id = $1 AND expires_at > $2 "
        "FOR UPDATE",
        registration_id,
        now,
    )
    if row is None or not await _use(connection, digest, row["email"]):
        return None
    # Nobody else ever saw the registration's id.
    user = User(registration_id, row["email"], row["display_name"], now)
    added = await add_user_row(connection, user, row["password_hash"])
    if added is None:
        raise _taken()
    # Others for this address stay until they expire: that they are gone would tell.
    await connection.execute(
        "DELETE FROM auth.registrations WHERE registration_id = $1", registration_id
    )
    return added


async def _change_email(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    digest: bytes,
    token: asyncpg.Record,
    notice_id: UUID,
    now: datetime,
) -> User | None:
    user = await _locked(connection, token["user_id"])
    if user is None or not await _use(connection, digest, token["email"]):
        return None
    try:
        await connection.execute(
            "UPDATE auth.users SET email = $2 WHERE user_id = $1", user.user_id, token["email"]
        )
    except asyncpg.UniqueViolationError:
        raise _taken() from None
    # Whoever reads the mail at the old address must not get in by it any more.
    await connection.execute("DELETE FROM auth.mail_tokens WHERE user_id = $1", user.user_id)
    await connection.execute("DELETE FROM auth.mails WHERE user_id = $1", user.user_id)
    await add_notice(connection, Mail(notice_id, MailKind.EMAIL_CHANGED, user.email, now))
    return replace(user, email=token["email"])


async def _owner(connection: Any, digest: bytes, now: datetime) -> User | None:  # noqa: ANN401 - a pool, or its proxy of a connection
    row = await connection.fetchrow(
        "SELECT u.* FROM auth.mail_tokens t JOIN auth.users u USING (user_id, email) "
        "WHERE t.digest = $1 AND t.purpose = 'reset' AND t.expires_at > $2",
        digest,
        now,
    )
    return None if row is None else user_of_row(row)


async def _locked(connection: Any, user_id: UUID) -> User | None:  # noqa: ANN401 - a pool's proxy of a connection
    row = await connection.fetchrow(
        "SELECT * FROM auth.users WHERE user_id = $1 FOR UPDATE", user_id
    )
    return None if row is None else user_of_row(row)


async def _use(connection: Any, digest: bytes, email: str) -> bool:  # noqa: ANN401 - a pool's proxy of a connection
    return bool(
        await connection.fetchval(
            "DELETE FROM auth.mail_tokens WHERE digest = $1 AND email = $2 RETURNING true",
            digest,
            email,
        )
    )


def _taken() -> EmailTaken:
    return EmailTaken("another account has this address now; sign in with it, or choose another")
