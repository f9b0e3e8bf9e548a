"""Identities in PostgreSQL, schema `auth`."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from services.auth.model import NewSession, User
from services.auth.postgres import add_session, is_first, set_hash, user_of_row
from services.auth.postgres_sessions import close_sessions_but
from services.auth.sso.errors import LastWayIn
from services.auth.sso.model import LinkedIdentity, Person, Subject
from services.runtime.roles import Role


class PostgresIdentities:
    """`IdentityStore` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def user_of(self, who: Subject) -> User | None:
        """The user whose account somebody may sign in to."""
        row = await self._pool.fetchrow(
            "SELECT u.* FROM auth.users u JOIN auth.identities i USING (user_id) "
            "WHERE i.issuer = $1 AND i.subject = $2",
            who.issuer,
            who.subject,
        )
        return None if row is None else user_of_row(row)

    async def add_user(self, user: User, person: Person) -> User | None:
        """Adds a user without a password, and their identity, in one transaction."""
        async with self._pool.acquire() as connection:
            try:
                async with connection.transaction():
                    if person.role is None and await is_first(connection):
                        user = replace(user, role=Role.ADMIN)
                    await connection.execute(
                        "INSERT INTO auth.users (user_id, email, display_name, created_at, role) "
                        "VALUES ($1, $2, $3, $4, $5)",
                        user.user_id,
                        user.email,
                        user.display_name,
                        user.created_at,
                        user.role.word,
                    )
                    await _add(connection, user.user_id, person, user.created_at)
            except asyncpg.UniqueViolationError:
                return None
        return user

    async def link(self, user_id: UUID, person: Person, now: datetime) -> LinkedIdentity | None:
        """Links an identity to an account, again is no error; None if it is another account's."""
        async with self._pool.acquire() as connection:
            try:
                async with connection.transaction():
                    return _identity(await _add(connection, user_id, person, now))
            except asyncpg.UniqueViolationError:
                row = await connection.fetchrow(
                    "SELECT * FROM auth.identities "
                    "WHERE issuer = $1 AND subject = $2 AND user_id = $3",
                    person.who.issuer,
                    person.who.subject,
                    user_id,
                )
                return None if row is None else _identity(row)
            except asyncpg.ForeignKeyViolationError:
                return None

    async def claim(self, user_id: UUID, person: Person, now: datetime) -> list[UUID] | None:
        """Makes an account that was found by its address the person's own, in one transaction."""
        async with self._pool.acquire() as connection:
            try:
                async with connection.transaction():
                    # Whoever signs in with the password at the same time waits here, and fails.
                    row = await connection.fetchrow(
                        "SELECT email FROM auth.users WHERE user_id = $1 FOR UPDATE", user_id
                    )
                    if row is None or row["email"] != person.email:
                        return None
                    if await connection.fetchval(
                        "SELECT EXISTS (SELECT FROM auth.identities WHERE user_id = $1)", user_id
                    ):
                        return None
                    await _add(connection, user_id, person, now)
                    await set_hash(connection, user_id, None)
                    keys = await connection.fetch(
                        "UPDATE auth.api_keys SET revoked_at = $2 "
                        "WHERE user_id = $1 AND revoked_at IS NULL RETURNING api_key_id",
                        user_id,
                        now,
                    )
                    sessions = await close_sessions_but(connection, user_id, but=None, now=now)
                    return [*sessions, *(row["api_key_id"] for row in keys)]
            except asyncpg.UniqueViolationError:
                return None

    async def open_session(self, session: NewSession, person: Person) -> User | None:
        """Adds a session of the person's account; its user as they are now, None if it is gone."""
        async with self._pool.acquire() as connection, connection.transaction():
            # Whoever changes the role at the same time waits here, and closes this session.
            row = await connection.fetchrow(
                "SELECT * FROM auth.users WHERE user_id = $1 FOR NO KEY UPDATE", session.user_id
            )
            linked = await connection.fetchval(
                "UPDATE auth.identities SET last_used_at = $4, email = $5 "
                "WHERE user_id = $1 AND issuer = $2 AND subject = $3 RETURNING true",
                session.user_id,
                person.who.issuer,
                person.who.subject,
                session.opened_at,
                person.email,
            )
            if row is None or not linked:
                return None
            await add_session(connection, session)
            return user_of_row(row)

    async def list_of(self, user_id: UUID) -> list[LinkedIdentity]:
        """The identities of an account, the oldest first."""
        rows = await self._pool.fetch(
            "SELECT * FROM auth.identities WHERE user_id = $1 ORDER BY created_at, identity_id",
            user_id,
        )
        return [_identity(row) for row in rows]

    async def unlink(self, user_id: UUID, identity_id: UUID, *, password_counts: bool) -> bool:
        """Removes an identity of an account; False if it has none of this id."""
        async with self._pool.acquire() as connection, connection.transaction():
            # Two that go at once must not leave none.
            row = await connection.fetchrow(
                "SELECT password_hash FROM auth.users WHERE user_id = $1 FOR UPDATE", user_id
            )
            ids = await connection.fetch(
                "SELECT identity_id FROM auth.identities WHERE user_id = $1", user_id
            )
            if row is None or identity_id not in {one["identity_id"] for one in ids}:
                return False
            if len(ids) == 1 and not (password_counts and row["password_hash"]):
                raise LastWayIn("there would be no way left to sign in to your account")
            await connection.execute(
                "DELETE FROM auth.identities WHERE identity_id = $1", identity_id
            )
            return True

    async def proven_at(self, session_id: UUID) -> datetime | None:
        """When whoever opened a session proved who they are; None if that is not known."""
        found: datetime | None = await self._pool.fetchval(
            "SELECT proven_at FROM auth.sessions WHERE session_id = $1", session_id
        )
        return found


async def _add(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    user_id: UUID,
    person: Person,
    now: datetime,
) -> asyncpg.Record:
    row: asyncpg.Record = await connection.fetchrow(
        "INSERT INTO auth.identities (identity_id, user_id, issuer, subject, email, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6) RETURNING *",
        uuid4(),
        user_id,
        person.who.issuer,
        person.who.subject,
        person.email,
        now,
    )
    return row


def _identity(row: asyncpg.Record) -> LinkedIdentity:
    return LinkedIdentity(
        row["identity_id"],
        Subject(row["issuer"], row["subject"]),
        row["email"],
        row["created_at"],
        row["last_used_at"],
    )
