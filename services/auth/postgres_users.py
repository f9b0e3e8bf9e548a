"""The accounts of an installation, and what each may do, in PostgreSQL, schema `auth`."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.auth.errors import LastAdmin
from services.auth.model import RoleChange, User
from services.auth.postgres import user_of_row
from services.auth.postgres_sessions import close_sessions_but
from services.runtime.roles import Role


class PostgresUsers:
    """`UserStore` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def list_users(
        self, *, limit: int, after: tuple[datetime, UUID] | None, email: str
    ) -> list[User]:
        """Users, the oldest first, from behind `after` on; with an email, its user alone."""
        created_at, user_id = after or (None, None)
        rows = await self._pool.fetch(
            "SELECT * FROM auth.users "
            "WHERE ($1 = '' OR email = $1) "
            "AND ($2::timestamptz IS NULL OR (created_at, user_id) > ($2, $3::uuid)) "
            "ORDER BY created_at, user_id LIMIT $4",
            email,
            created_at,
            user_id,
            limit,
        )
        return [user_of_row(row) for row in rows]

    async def user(self, user_id: UUID) -> User | None:
        """A user."""
        row = await self._pool.fetchrow("SELECT * FROM auth.users WHERE user_id = $1", user_id)
        return user_of_row(row) if row else None

    async def set_role(
        self, who: UUID | str, role: Role, now: datetime, *, keep_an_admin: bool
    ) -> RoleChange | None:
        """Gives the user of an id, or of a lower-case email, a role, in one transaction."""
        async with self._pool.acquire() as connection, connection.transaction():
            await one_role_change_at_a_time(connection)
            # Whoever signs in at the same time waits here, and then has the new role.
            column = "user_id" if isinstance(who, UUID) else "email"
            row = await connection.fetchrow(
                f"SELECT * FROM auth.users WHERE {column} = $1 FOR NO KEY UPDATE",  # noqa: S608 - one of two names
                who,
            )
            if row is None:
                return None
            user = user_of_row(row)
            if role >= user.role:
                await _set_role(connection, user.user_id, role)
                return RoleChange(replace(user, role=role), [])
            if keep_an_admin and user.role is Role.ADMIN and await _administrators(connection) == 1:
                raise LastAdmin("this is the only administrator; make somebody else one first")
            await _set_role(connection, user.user_id, role)
            closed = await close_sessions_but(connection, user.user_id, but=None, now=now)
            return RoleChange(replace(user, role=role), closed)


async def one_role_change_at_a_time(connection: Any) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    """Waits until no other transaction changes who administers.

    Two administrators who lower each other, or leave, at once must not both succeed.
    """
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('argus:auth:roles'))")


async def _set_role(connection: Any, user_id: UUID, role: Role) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    await connection.execute(
        "UPDATE auth.users SET role = $2 WHERE user_id = $1 AND role <> $2", user_id, role.word
    )


async def _administrators(connection: Any) -> int:  # noqa: ANN401 - a pool's proxy of a connection
    found: int = await connection.fetchval("SELECT count(*) FROM auth.users WHERE role = 'admin'")
    return found
