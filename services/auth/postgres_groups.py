"""Groups in PostgreSQL, schema `auth`.

Whoever changes a group holds its row; whoever holds rows of users as well took those first.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.auth.errors import GroupNotFound, TooManyGroups, TooManyInvitations
from services.auth.group_model import (
    Group,
    GroupInvitation,
    GroupMember,
    Memberships,
    NewInvitation,
)
from services.runtime.errors import AlreadyExists
from services.runtime.identity import SessionClosed

_OF_USER = (
    "SELECT g.*, m.owner, (SELECT count(*) FROM auth.group_members o "
    "WHERE o.group_id = g.group_id) AS member_count "
    "FROM auth.group_members m JOIN auth.groups g USING (group_id) WHERE m.user_id = $1"
)
_INVITATION = (
    "SELECT i.*, g.display_name AS group_name, u.email AS inviter_email "
    "FROM auth.group_invitations i JOIN auth.groups g USING (group_id) "
    "JOIN auth.users u ON u.user_id = i.invited_by"
)
_OPEN_TO = (
    "i.email = (SELECT email FROM auth.users WHERE user_id = $1) "
    "AND i.expires_at > $2 AND i.declined_at IS NULL"
)
"""To the user $1 at the time $2."""


class PostgresGroups:
    """`GroupStore` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def create(
        self, group_id: UUID, display_name: str, owner: UUID, now: datetime, *, most: int
    ) -> None:
        """Adds a group with its owner; nothing happens if the owner is in one with its id."""
        async with self._pool.acquire() as connection, connection.transaction():
            await _hold_user(connection, owner)
            if await _is_member(connection, group_id, owner):
                return
            await _check_room(connection, owner, most)
            await connection.execute(
                "INSERT INTO auth.groups (group_id, display_name, created_at) VALUES ($1, $2, $3)",
                group_id,
                display_name,
                now,
            )
            await _add_member(connection, group_id, owner, now, owner=True)

    async def list_of(self, user_id: UUID) -> list[Group]:
        """The groups that somebody is in, by name."""
        rows = await self._pool.fetch(
            f"{_OF_USER} ORDER BY lower(g.display_name), g.group_id", user_id
        )
        return [_group(row) for row in rows]

    async def get(self, group_id: UUID, user_id: UUID, now: datetime) -> Group | None:
        """A group that somebody is in, whole; None if there is none."""
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            row = await connection.fetchrow(f"{_OF_USER} AND g.group_id = $2", user_id, group_id)
            if row is None:
                return None
            members = await connection.fetch(
                "SELECT u.user_id, u.email, u.display_name, m.owner, m.joined_at "
                "FROM auth.group_members m JOIN auth.users u USING (user_id) "
                "WHERE m.group_id = $1 ORDER BY m.joined_at, u.user_id",
                group_id,
            )
            invitations = []
            if row["owner"]:
                invitations = await connection.fetch(
                    f"{_INVITATION} WHERE i.group_id = $1 AND i.expires_at > $2 "
                    "ORDER BY i.created_at, i.invitation_id",
                    group_id,
                    now,
                )
            return _group(row, members, invitations)

    async def rename(self, group_id: UUID, display_name: str) -> None:
        """Gives a group another name."""
        await self._pool.execute(
            "UPDATE auth.groups SET display_name = $2 WHERE group_id = $1", group_id, display_name
        )

    async def delete(self, group_id: UUID) -> Sequence[UUID]:
        """Deletes a group; who was in it."""
        async with self._pool.acquire() as connection, connection.transaction():
            if not await _hold_group(connection, group_id):
                return []
            return await _delete(connection, group_id)

    async def invite(
        self, new: NewInvitation, *, most_people: int, most_open: int
    ) -> GroupInvitation:
        """Adds an invitation; the one that there is for the address, if there is one."""
        async with self._pool.acquire() as connection, connection.transaction():
            await _hold_user(connection, new.invited_by)
            if not await _hold_group(connection, new.group_id):
                raise GroupNotFound(f"there is no group {new.group_id}")
            await connection.execute(
                "DELETE FROM auth.group_invitations WHERE group_id = $1 AND expires_at <= $2",
                new.group_id,
                new.created_at,
            )
            kept = await connection.fetchrow(
                f"{_INVITATION} WHERE i.group_id = $1 AND i.email = $2", new.group_id, new.email
            )
            if kept is not None:
                return _invitation(kept)
            if await connection.fetchval(
                "SELECT true FROM auth.group_members m JOIN auth.users u USING (user_id) "
                "WHERE m.group_id = $1 AND u.email = $2",
                new.group_id,
                new.email,
            ):
                raise AlreadyExists("a member of the group has this address", field="email")
            await _check_people(connection, new.group_id, most_people)
            await _check_open(connection, new.invited_by, new.created_at, most_open)
            await connection.execute(
                "INSERT INTO auth.group_invitations (invitation_id, group_id, email, invited_by, "
                "created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
                new.invitation_id,
                new.group_id,
                new.email,
                new.invited_by,
                new.created_at,
                new.expires_at,
            )
            made = await connection.fetchrow(
                f"{_INVITATION} WHERE i.invitation_id = $1", new.invitation_id
            )
            assert made is not None  # noqa: S101 - the group and the user are held
            return _invitation(made)

    async def withdraw(self, group_id: UUID, invitation_id: UUID) -> None:
        """Removes an invitation to a group; nothing happens if there is none."""
        await self._pool.execute(
            "DELETE FROM auth.group_invitations WHERE group_id = $1 AND invitation_id = $2",
            group_id,
            invitation_id,
        )

    async def invitations_to(
        self, user_id: UUID, now: datetime, *, limit: int
    ) -> list[GroupInvitation]:
        """Open invitations to somebody's address, newest first."""
        rows = await self._pool.fetch(
            f"{_INVITATION} WHERE {_OPEN_TO} ORDER BY i.created_at DESC, i.invitation_id LIMIT $3",
            user_id,
            now,
            limit,
        )
        return [_invitation(row) for row in rows]

    async def accept(
        self, invitation_id: UUID, user_id: UUID, now: datetime, *, most: int
    ) -> UUID | None:
        """Makes somebody whom an open invitation is to a member; the group, None without that."""
        async with self._pool.acquire() as connection, connection.transaction():
            await _hold_user(connection, user_id)
            group_id: UUID | None = await connection.fetchval(
                f"SELECT i.group_id FROM auth.group_invitations i WHERE {_OPEN_TO} "  # noqa: S608 - our own words
                "AND i.invitation_id = $3",
                user_id,
                now,
                invitation_id,
            )
            if group_id is None or not await _hold_group(connection, group_id):
                return None
            # Looked at before the group was held: it may have been taken back since.
            if not await connection.fetchval(
                "DELETE FROM auth.group_invitations i "  # noqa: S608 - our own words
                f"WHERE {_OPEN_TO} AND i.invitation_id = $3 RETURNING true",
                user_id,
                now,
                invitation_id,
            ):
                return None
            if not await _is_member(connection, group_id, user_id):
                await _check_room(connection, user_id, most)
                await _add_member(connection, group_id, user_id, now, owner=False)
            return group_id

    async def decline(self, invitation_id: UUID, user_id: UUID, now: datetime) -> bool:
        """Closes an open invitation to somebody; False if there is none."""
        return bool(
            await self._pool.fetchval(
                f"UPDATE auth.group_invitations i SET declined_at = $2 WHERE {_OPEN_TO} "  # noqa: S608 - our own words
                "AND i.invitation_id = $3 RETURNING true",
                user_id,
                now,
                invitation_id,
            )
        )

    async def remove(self, group_id: UUID, user_id: UUID) -> bool:
        """Takes somebody out of a group; False if they are not in it."""
        async with self._pool.acquire() as connection, connection.transaction():
            if not await _hold_group(connection, group_id):
                return False
            return await _remove(connection, group_id, user_id)

    async def memberships(self, user_id: UUID) -> Memberships:
        """The address and the groups of an account."""
        row = await self._pool.fetchrow(
            "SELECT email, ARRAY(SELECT group_id FROM auth.group_members WHERE user_id = $1) "
            "AS group_ids FROM auth.users WHERE user_id = $1",
            user_id,
        )
        return Memberships() if row is None else Memberships(row["email"], tuple(row["group_ids"]))

    async def check(self, memberships: Sequence[tuple[UUID, UUID]]) -> list[tuple[UUID, UUID]]:
        """Those of some pairs of group and user where the user is in the group."""
        rows = await self._pool.fetch(
            "SELECT group_id, user_id FROM auth.group_members WHERE (group_id, user_id) IN "
            "(SELECT * FROM unnest($1::uuid[], $2::uuid[]))",
            [group_id for group_id, _ in memberships],
            [user_id for _, user_id in memberships],
        )
        return [(row["group_id"], row["user_id"]) for row in rows]

    async def remove_expired(self, now: datetime) -> None:
        """Forgets invitations that have expired."""
        await self._pool.execute("DELETE FROM auth.group_invitations WHERE expires_at <= $1", now)


async def leave_all_groups(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    user_id: UUID,
    email: str,
) -> dict[str, int]:
    """Takes somebody whose row is held out of all groups, with invitations from and to them.

    How many memberships, groups that ended and invitations that makes.
    """
    rows = await connection.fetch(
        "SELECT g.group_id FROM auth.groups g JOIN auth.group_members m USING (group_id) "
        "WHERE m.user_id = $1 ORDER BY g.group_id FOR UPDATE OF g",
        user_id,
    )
    groups = [row["group_id"] for row in rows]
    invitations = await connection.fetchval(
        "WITH gone AS (DELETE FROM auth.group_invitations WHERE invited_by = $1 OR email = $2 "
        "RETURNING 1) SELECT count(*) FROM gone",
        user_id,
        email,
    )
    removed = [await _remove(connection, group_id, user_id) for group_id in groups]
    left = await connection.fetchval(
        "SELECT count(*) FROM auth.groups WHERE group_id = ANY($1)", groups
    )
    counts = {
        "group_memberships": sum(removed),
        "groups": len(groups) - left,
        "group_invitations": invitations,
    }
    return {what: count for what, count in counts.items() if count}


async def _remove(connection: Any, group_id: UUID, user_id: UUID) -> bool:  # noqa: ANN401 - a pool's proxy of a connection
    """Takes somebody out of a group that is held, with whom they invited; False without them."""
    if not await connection.fetchval(
        "DELETE FROM auth.group_members WHERE group_id = $1 AND user_id = $2 RETURNING true",
        group_id,
        user_id,
    ):
        return False
    await connection.execute(
        "DELETE FROM auth.group_invitations WHERE group_id = $1 AND invited_by = $2",
        group_id,
        user_id,
    )
    left = await connection.fetchrow(
        "SELECT user_id, bool_or(owner) OVER () AS owned FROM auth.group_members "
        "WHERE group_id = $1 ORDER BY joined_at, user_id LIMIT 1",
        group_id,
    )
    if left is None:
        await _delete(connection, group_id)
    elif not left["owned"]:
        await connection.execute(
            "UPDATE auth.group_members SET owner = true WHERE group_id = $1 AND user_id = $2",
            group_id,
            left["user_id"],
        )
    return True


async def _delete(connection: Any, group_id: UUID) -> list[UUID]:  # noqa: ANN401 - a pool's proxy of a connection
    rows = await connection.fetch(
        "DELETE FROM auth.group_members WHERE group_id = $1 RETURNING user_id", group_id
    )
    await connection.execute("DELETE FROM auth.groups WHERE group_id = $1", group_id)
    return [row["user_id"] for row in rows]


async def _hold_user(connection: Any, user_id: UUID) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    """One after the other, so that what somebody has is counted; and not while they leave."""
    if not await connection.fetchval(
        "SELECT true FROM auth.users WHERE user_id = $1 FOR NO KEY UPDATE", user_id
    ):
        raise SessionClosed("the account is gone")


async def _hold_group(connection: Any, group_id: UUID) -> bool:  # noqa: ANN401 - a pool's proxy of a connection
    """Keeps a group as it is until the transaction ends; False if there is none."""
    return bool(
        await connection.fetchval(
            "SELECT true FROM auth.groups WHERE group_id = $1 FOR UPDATE", group_id
        )
    )


async def _is_member(connection: Any, group_id: UUID, user_id: UUID) -> bool:  # noqa: ANN401 - a pool's proxy of a connection
    return bool(
        await connection.fetchval(
            "SELECT true FROM auth.group_members WHERE group_id = $1 AND user_id = $2",
            group_id,
            user_id,
        )
    )


async def _add_member(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    group_id: UUID,
    user_id: UUID,
    now: datetime,
    *,
    owner: bool,
) -> None:
    await connection.execute(
        "INSERT INTO auth.group_members (group_id, user_id, owner, joined_at) "
        "VALUES ($1, $2, $3, $4)",
        group_id,
        user_id,
        owner,
        now,
    )


async def _check_room(connection: Any, user_id: UUID, most: int) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    count = await connection.fetchval(
        "SELECT count(*) FROM auth.group_members WHERE user_id = $1", user_id
    )
    if count >= most:
        raise TooManyGroups(
            f"you are in {count} groups; leave one first", metadata={"limit": str(most)}
        )


async def _check_people(connection: Any, group_id: UUID, most: int) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    people = await connection.fetchval(
        "SELECT (SELECT count(*) FROM auth.group_members WHERE group_id = $1) "
        "+ (SELECT count(*) FROM auth.group_invitations WHERE group_id = $1)",
        group_id,
    )
    if people >= most:
        raise TooManyInvitations(
            f"a group has at most {most} members and invitations; remove some first",
            metadata={"limit": str(most)},
        )


async def _check_open(connection: Any, user_id: UUID, now: datetime, most: int) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    sent = await connection.fetchval(
        "SELECT count(*) FROM auth.group_invitations WHERE invited_by = $1 AND expires_at > $2",
        user_id,
        now,
    )
    if sent >= most:
        raise TooManyInvitations(
            f"you have {sent} open invitations; take some back", metadata={"limit": str(most)}
        )


def _group(
    row: asyncpg.Record,
    members: Sequence[asyncpg.Record] = (),
    invitations: Sequence[asyncpg.Record] = (),
) -> Group:
    return Group(
        row["group_id"],
        row["display_name"],
        row["created_at"],
        row["owner"],
        row["member_count"],
        tuple(GroupMember(*one) for one in members),
        tuple(_invitation(one) for one in invitations),
    )


def _invitation(row: asyncpg.Record) -> GroupInvitation:
    return GroupInvitation(
        row["invitation_id"],
        row["group_id"],
        row["group_name"],
        row["email"],
        row["inviter_email"],
        row["created_at"],
        row["expires_at"],
    )
