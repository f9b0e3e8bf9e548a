"""Whom reference sets are shared with, in PostgreSQL, schema `inspection`."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import asyncpg

from services.inspection.errors import TooManyInvitations
from services.inspection.model import Role, ShareInvitation
from services.inspection.sharing import Bounds, Whom

_SHARES_LOCK = 3
"""First key of the advisory locks under which users invite."""
_OPEN_TO = "(i.email = $2 OR i.user_id = $1) AND i.expires_at > $3 AND i.declined_at IS NULL"
"""To the user $1 or the address $2 at the time $3."""


class PostgresShares:
    """`Shares` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def share(
        self,
        set_id: str,
        whom: Whom,
        role: Role,
        *,
        inviter_email: str,
        now: datetime,
        expires_at: datetime,
        bounds: Bounds,
    ) -> None:
        """Shares a set with groups, and invites people whom it is not shared with yet."""
        async with self._pool.acquire() as connection, connection.transaction():
            owner_id = await connection.fetchval(
                "SELECT user_id FROM inspection.reference_sets WHERE id = $1", set_id
            )
            if owner_id is None:
                return
            # One after the other, so that all invitations are counted.
            await connection.execute(
                "SELECT pg_advisory_xact_lock($1, hashtext($2))", _SHARES_LOCK, str(owner_id)
            )
            if not await connection.fetchval(
                "SELECT true FROM inspection.reference_sets WHERE id = $1 FOR NO KEY UPDATE", set_id
            ):
                return
            await connection.execute(
                "DELETE FROM inspection.share_invitations WHERE set_id = $1 AND expires_at <= $2",
                set_id,
                now,
            )
            for table in ("reference_set_users", "share_invitations"):
                await connection.execute(
                    f"UPDATE inspection.{table} SET role = $4 "  # noqa: S608 - our own words
                    "WHERE set_id = $1 AND (user_id = ANY($2) OR email = ANY($3))",
                    set_id,
                    whom.user_ids,
                    whom.emails,
                    role.value,
                )
            terms = (role.value, inviter_email, now, expires_at)
            await _invite(connection, set_id, whom, terms)
            await connection.execute(
                "INSERT INTO inspection.reference_set_groups (set_id, group_id, role) "
                "SELECT $1, g, $3 FROM unnest($2::uuid[]) g "
                "ON CONFLICT (set_id, group_id) DO UPDATE SET role = EXCLUDED.role",
                set_id,
                whom.group_ids,
                role.value,
            )
            await _check(connection, set_id, owner_id, now, bounds)

    async def unshare(self, set_id: str, whom: Whom) -> None:
        """Takes shares and invitations back."""
        async with self._pool.acquire() as connection, connection.transaction():
            # Nobody accepts at the same time.
            await connection.execute(
                "SELECT FROM inspection.reference_sets WHERE id = $1 FOR NO KEY UPDATE", set_id
            )
            for table in ("reference_set_users", "share_invitations"):
                await connection.execute(
                    f"DELETE FROM inspection.{table} "  # noqa: S608 - our own words
                    "WHERE set_id = $1 AND (user_id = ANY($2) OR email = ANY($3))",
                    set_id,
                    whom.user_ids,
                    whom.emails,
                )
            await connection.execute(
                "DELETE FROM inspection.reference_set_groups "
                "WHERE set_id = $1 AND group_id = ANY($2)",
                set_id,
                whom.group_ids,
            )

    async def invitations_to(
        self, user_id: str, email: str, now: datetime, *, limit: int
    ) -> Sequence[ShareInvitation]:
        """Open invitations to a user or an address, newest first."""
        rows = await self._pool.fetch(
            "SELECT i.*, s.display_name FROM inspection.share_invitations i "  # noqa: S608 - our own words
            f"JOIN inspection.reference_sets s ON s.id = i.set_id WHERE {_OPEN_TO} "
            "ORDER BY i.created_at DESC, i.id LIMIT $4",
            user_id,
            email,
            now,
            limit,
        )
        return [_invitation(row) for row in rows]

    async def accept(
        self, invitation_id: str, user_id: str, email: str, now: datetime
    ) -> str | None:
        """Shares the set of an open invitation to a user or their address; its id, or None."""
        async with self._pool.acquire() as connection, connection.transaction():
            # The set first, as those do who share it and take it back.
            set_id = await connection.fetchval(
                "SELECT s.id FROM inspection.reference_sets s WHERE s.id = "
                "(SELECT set_id FROM inspection.share_invitations WHERE id = $1) "
                "FOR NO KEY UPDATE",
                invitation_id,
            )
            taken = await connection.fetchrow(
                f"DELETE FROM inspection.share_invitations i WHERE {_OPEN_TO} "  # noqa: S608 - our own words
                "AND i.id = $4 AND i.set_id = $5 RETURNING i.email, i.role",
                user_id,
                email,
                now,
                invitation_id,
                set_id,
            )
            if taken is None:
                return None
            await connection.execute(
                "INSERT INTO inspection.reference_set_users AS u (set_id, user_id, role, email) "
                "SELECT id, $2, $3, $4 FROM inspection.reference_sets "
                "WHERE id = $1 AND user_id <> $2 ON CONFLICT (set_id, user_id) DO UPDATE "
                "SET role = EXCLUDED.role, email = coalesce(EXCLUDED.email, u.email)",
                set_id,
                user_id,
                taken["role"],
                taken["email"],
            )
            return str(set_id)

    async def decline(self, invitation_id: str, user_id: str, email: str, now: datetime) -> bool:
        """Closes an open invitation to a user or their address; False if there is none."""
        return bool(
            await self._pool.fetchval(
                "UPDATE inspection.share_invitations i SET declined_at = $3 "  # noqa: S608 - our own words
                f"WHERE {_OPEN_TO} AND i.id = $4 RETURNING true",
                user_id,
                email,
                now,
                invitation_id,
            )
        )

    async def leave(self, set_id: str, user_id: str) -> bool:
        """Ends that a set is shared with a user in person; False if it is not."""
        return bool(
            await self._pool.fetchval(
                "DELETE FROM inspection.reference_set_users WHERE set_id = $1 AND user_id = $2 "
                "RETURNING true",
                set_id,
                user_id,
            )
        )

    async def forget_expired(self, now: datetime) -> None:
        """Forgets invitations that have expired."""
        await self._pool.execute(
            "DELETE FROM inspection.share_invitations WHERE expires_at <= $1", now
        )

    async def group_shares(
        self, *, after: tuple[str, str], limit: int
    ) -> Sequence[tuple[str, str]]:
        """Group and owner of sets that are shared with groups, each pair once, in order."""
        rows = await self._pool.fetch(
            "SELECT DISTINCT g.group_id, s.user_id FROM inspection.reference_set_groups g "
            "JOIN inspection.reference_sets s ON s.id = g.set_id "
            "WHERE (g.group_id, s.user_id) > ($1, $2) ORDER BY 1, 2 LIMIT $3",
            *after,
            limit,
        )
        return [(str(row["group_id"]), str(row["user_id"])) for row in rows]

    async def end_group_shares(self, pairs: Collection[tuple[str, str]]) -> int:
        """Ends that sets of some owners are shared with some groups; how many that were."""
        ended: int = await self._pool.fetchval(
            "WITH gone AS (DELETE FROM inspection.reference_set_groups g "
            "USING inspection.reference_sets s WHERE s.id = g.set_id AND (g.group_id, s.user_id) "
            "IN (SELECT * FROM unnest($1::uuid[], $2::uuid[])) RETURNING 1) "
            "SELECT count(*) FROM gone",
            [group_id for group_id, _ in pairs],
            [owner_id for _, owner_id in pairs],
        )
        return ended


async def _invite(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    set_id: str,
    whom: Whom,
    terms: tuple[str, str, datetime, datetime],
) -> None:
    """Invites those of the people whom the set is not shared with and who are not invited.

    Args:
        connection: In a transaction that holds the set.
        set_id: The set.
        whom: The people.
        terms: Role, address of who invites, time, and end of the invitation.
    """
    for column, kind, people in (
        ("user_id", "uuid", whom.user_ids),
        ("email", "text", whom.emails),
    ):
        await connection.execute(
            "INSERT INTO inspection.share_invitations "  # noqa: S608 - our own words
            f"(id, set_id, {column}, role, inviter_email, created_at, expires_at) "
            f"SELECT n.id, $1, n.who, $4, $5, $6, $7 FROM unnest($2::uuid[], $3::{kind}[]) "
            "n (id, who) WHERE NOT EXISTS (SELECT FROM inspection.reference_set_users u "
            f"WHERE u.set_id = $1 AND u.{column} = n.who) "
            f"ON CONFLICT (set_id, {column}) DO NOTHING",
            set_id,
            [str(uuid4()) for _ in people],
            people,
            *terms,
        )


async def _check(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    set_id: str,
    owner_id: object,
    now: datetime,
    bounds: Bounds,
) -> None:
    row = await connection.fetchrow(
        "SELECT (SELECT count(*) FROM inspection.reference_set_users WHERE set_id = $1) "
        "+ (SELECT count(*) FROM inspection.share_invitations WHERE set_id = $1) AS people, "
        "(SELECT count(*) FROM inspection.reference_set_groups WHERE set_id = $1) AS groups, "
        "(SELECT count(*) FROM inspection.share_invitations i "
        "JOIN inspection.reference_sets s ON s.id = i.set_id "
        "WHERE s.user_id = $2 AND i.expires_at > $3) AS invitations",
        set_id,
        owner_id,
        now,
    )
    for count, most, what in (
        (row["people"], bounds.people, "people, invited ones among them"),
        (row["groups"], bounds.groups, "groups"),
        (row["invitations"], bounds.invitations, ""),
    ):
        if count > most:
            raise TooManyInvitations(
                f"a set is shared with at most {most} {what}"
                if what
                else f"you may have {most} open invitations; take some back",
                metadata={"limit": str(most)},
            )


def _invitation(row: asyncpg.Record) -> ShareInvitation:
    return ShareInvitation(
        invitation_id=str(row["id"]),
        set_id=str(row["set_id"]),
        display_name=row["display_name"],
        email=row["email"] or "",
        user_id="" if row["user_id"] is None else str(row["user_id"]),
        inviter_email=row["inviter_email"],
        role=Role(row["role"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )
