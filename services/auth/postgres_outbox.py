"""Mails that are to be sent, in PostgreSQL, schema `auth`."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.auth.mail_model import Mail, MailKind, Registration, Wording

_ADD = (
    "INSERT INTO auth.mails "
    "(mail_id, kind, email, user_id, registration_id, created_at, due_at) "
    "SELECT $1, $2, $3, $4, $5, $6, $6 WHERE (SELECT count(*) FROM auth.mails) < $7 RETURNING true"
)

_NOTICES = {
    MailKind.PASSWORD_SET: Wording.PASSWORD_SET,
    MailKind.EMAIL_CHANGED: Wording.EMAIL_CHANGED,
}
_PURPOSES = {
    Wording.RESET: "reset",
    Wording.CONFIRM_ACCOUNT: "register",
    Wording.CONFIRM_CHANGE: "change",
}
"""What the token is for, of mails that ask for something."""


class PostgresOutbox:
    """`Outbox` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, mail: Mail, *, at_most: int) -> bool:
        """Adds a mail; False if so many wait already."""
        return await _add(self._pool, mail, at_most=at_most)

    async def claim(self, now: datetime, *, until: datetime, limit: int) -> list[Mail]:
        """Takes mails that are due; they are due again at `until` unless something is said."""
        rows = await self._pool.fetch(
            "UPDATE auth.mails SET due_at = $2, tries = tries + 1 WHERE mail_id IN ("
            "SELECT mail_id FROM auth.mails WHERE due_at <= $1 ORDER BY due_at LIMIT $3 "
            "FOR UPDATE SKIP LOCKED) RETURNING *",
            now,
            until,
            limit,
        )
        return [
            Mail(
                row["mail_id"],
                MailKind(row["kind"]),
                row["email"],
                row["created_at"],
                row["user_id"],
                row["registration_id"],
                row["tries"],
            )
            for row in rows
        ]

    async def issue(
        self, mail: Mail, digest: bytes, *, now: datetime, reset_ends: datetime, ends: datetime
    ) -> Wording | None:
        """Decides what a mail says, and keeps the digest of the token that it is to carry."""
        async with self._pool.acquire() as connection, connection.transaction():
            wording, user_id = await _wording(connection, mail)
            if wording in _PURPOSES:
                await connection.execute(
                    "INSERT INTO auth.mail_tokens (digest, purpose, email, user_id, "
                    "registration_id, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    digest,
                    _PURPOSES[wording],
                    mail.email,
                    user_id,
                    mail.registration_id,
                    now,
                    reset_ends if wording is Wording.RESET else ends,
                )
            return wording

    async def later(self, mail_id: UUID, due: datetime) -> None:
        """Has a mail due again at a time."""
        await self._pool.execute(
            "UPDATE auth.mails SET due_at = $2 WHERE mail_id = $1", mail_id, due
        )

    async def done(self, mail_id: UUID) -> None:
        """Removes a mail that was sent, or never will be."""
        await self._pool.execute("DELETE FROM auth.mails WHERE mail_id = $1", mail_id)


class PostgresRegistrations:
    """`RegistrationStore` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, registration: Registration, mail: Mail, *, at_most: int) -> bool:
        """Adds one and its mail in one transaction; False if so many mails wait already."""
        return bool(
            await self._pool.fetchval(
                "WITH registration AS (INSERT INTO auth.registrations (registration_id, email, "
                "display_name, password_hash, created_at, expires_at) "
                "SELECT $1, $2, $3, $4, $5, $6 "
                "WHERE (SELECT count(*) FROM auth.mails) < $9 RETURNING *) "
                "INSERT INTO auth.mails (mail_id, kind, email, registration_id, created_at, due_at)"
                " SELECT $7, $8, email, registration_id, created_at, created_at FROM registration "
                "RETURNING true",
                registration.registration_id,
                registration.email,
                registration.display_name,
                registration.password_hash,
                registration.created_at,
                registration.expires_at,
                mail.mail_id,
                mail.kind.value,
                at_most,
            )
        )

    async def password_hash(self, email: str, now: datetime) -> str | None:
        """The hash of the password of the newest registration with an address."""
        found: str | None = await self._pool.fetchval(
            "SELECT password_hash FROM auth.registrations WHERE email = $1 AND expires_at > $2 "
            "ORDER BY created_at DESC LIMIT 1",
            email,
            now,
        )
        return found


async def add_notice(connection: Any, mail: Mail) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    """Adds a mail about something that was done, in the transaction that does it."""
    await _add(connection, mail, at_most=2**31)


async def _add(connection: Any, mail: Mail, *, at_most: int) -> bool:  # noqa: ANN401 - a pool, or its proxy of a connection
    return bool(
        await connection.fetchval(
            _ADD,
            mail.mail_id,
            mail.kind.value,
            mail.email,
            mail.user_id,
            mail.registration_id,
            mail.created_at,
            at_most,
        )
    )


async def _wording(connection: Any, mail: Mail) -> tuple[Wording | None, UUID | None]:  # noqa: ANN401 - a pool's proxy of a connection
    """What a mail says, and whose token it carries; whoever is deleted meanwhile waits."""
    if mail.kind in _NOTICES:
        return _NOTICES[mail.kind], None
    owner: UUID | None = await connection.fetchval(
        "SELECT user_id FROM auth.users WHERE email = $1 FOR KEY SHARE", mail.email
    )
    if owner is not None:
        if mail.kind is MailKind.RESET:
            return Wording.RESET, owner
        return None if owner == mail.user_id else Wording.HAS_ACCOUNT, None
    if mail.kind is MailKind.REGISTER and await _registered(connection, mail):
        return Wording.CONFIRM_ACCOUNT, None
    if mail.kind is MailKind.CHANGE and await _is_user(connection, mail):
        return Wording.CONFIRM_CHANGE, mail.user_id
    return None, None


async def _registered(connection: Any, mail: Mail) -> bool:  # noqa: ANN401 - a pool's proxy of a connection
    return bool(
        await connection.fetchval(
            "SELECT true FROM auth.registrations WHERE registration_id = $1 FOR KEY SHARE",
            mail.registration_id,
        )
    )


async def _is_user(connection: Any, mail: Mail) -> bool:  # noqa: ANN401 - a pool's proxy of a connection
    return bool(
        await connection.fetchval(
            "SELECT true FROM auth.users WHERE user_id = $1 FOR KEY SHARE", mail.user_id
        )
    )
