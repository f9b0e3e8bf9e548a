"""Reference sets in PostgreSQL, schema `inspection`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.clients.errors import ImageNotFound
from services.inspection.errors import (
    ReferenceSetNotFound,
    TooManyReferenceSets,
    TooManyViews,
)
from services.inspection.model import (
    GroupShare,
    Member,
    PartRule,
    Role,
    Sensitivity,
    SetInPart,
    SetInUse,
    ShareInvitation,
)
from services.inspection.ports import Memberships
from services.inspection.records.known_groups import known_groups
from services.inspection.records.postgres_forgetting import (
    forget_feedback_of_images,
    forget_inspections_of_images,
    sweep_deleted_set,
)
from services.inspection.records.postgres_job_rows import job_of
from services.inspection.records.postgres_tombstones import forgotten, set_tombstones, writing
from services.inspection.records.postgres_views import VIEWS, view_of_json
from services.inspection.records.rows import (
    FIRST_PAGE,
    id_or_empty,
    id_or_null,
    part_rule_json,
    part_rule_of,
)
from services.inspection.reference_set import ReferenceSet

_WHOLE = (
    "SELECT s.id AS reference_set_id, s.user_id AS owner_id, s.display_name, "  # noqa: S608 - our own words
    "s.created_at AS set_created_at, "
    "s.current_version, s.image_count, s.part_rule, s.view_of, "
    "coalesce(v.changes <> s.changes, false) AS changed, "
    "coalesce(v.sensitivity, '[]') AS sensitivity, "
    "CASE WHEN s.user_id = $1 THEN (SELECT jsonb_agg(jsonb_build_array(u.user_id, u.role, u.email) "
    "ORDER BY u.user_id) FROM inspection.reference_set_users u WHERE u.set_id = s.shared_as) END "
    "AS members, "
    "CASE WHEN s.user_id = $1 THEN (SELECT jsonb_agg(jsonb_build_array(g.group_id, g.role) "
    "ORDER BY g.group_id) FROM inspection.reference_set_groups g WHERE g.set_id = s.shared_as) END "
    "AS groups, "
    "CASE WHEN s.user_id = $1 THEN (SELECT jsonb_agg(to_jsonb(i) ORDER BY i.created_at, i.id) "
    "FROM inspection.share_invitations i WHERE i.set_id = s.id) END "
    f"AS invitations, {VIEWS} AS views, last.* "
)
_WITH_VERSION_AND_CALIBRATION = (
    "LEFT JOIN inspection.versions v ON v.set_id = s.id AND v.version = s.current_version "
    "LEFT JOIN LATERAL (SELECT * FROM inspection.jobs j WHERE j.set_id = s.id "
    "AND j.kind = 'CALIBRATION' ORDER BY j.created_at DESC, j.id DESC LIMIT 1) last ON true "
)
_ACCESS = (
    "SELECT s.user_id, s.current_version, (SELECT u.role FROM inspection.reference_set_users u "
    "WHERE u.set_id = s.shared_as AND u.user_id = $1) AS role, "
    "(SELECT coalesce(jsonb_object_agg(g.group_id, g.role), '{}') "
    "FROM inspection.reference_set_groups g WHERE g.set_id = s.shared_as) AS group_roles "
    "FROM inspection.reference_sets s WHERE s.id = $2"
)
"""The set $2, and as what it, or the set that it is a view of, is shared with the user $1 and with
groups."""


_SETS_LOCK = 2
"""First key of the advisory locks under which users make sets."""


class PostgresReferenceSets:
    """`ReferenceSets` over a pool.

    Args:
        pool: Connections.
        memberships: Who is in which group.
    """

    def __init__(self, pool: asyncpg.Pool, memberships: Memberships) -> None:
        self._pool = pool
        self._memberships = memberships

    async def create(
        self,
        reference_set: ReferenceSet,
        *,
        most: int,
        most_views: int = 0,
        copy_images: bool = False,
    ) -> None:
        """Keeps a new set; nothing happens if there is one with its id.

        Raises:
            TooManyReferenceSets: its owner has `most`, views among them.
            TooManyViews: the set that it is a view of has `most_views`.
            ReferenceSetNotFound: the set that it is a view of is gone.
        """
        set_id, parent = reference_set.set_id, reference_set.view_of
        async with self._pool.acquire() as connection, connection.transaction():
            await writing(connection)
            # One after the other, so that they are counted.
            await connection.execute(
                "SELECT pg_advisory_xact_lock($1, hashtext($2))", _SETS_LOCK, reference_set.user_id
            )
            others = await connection.fetchval(
                "SELECT count(*) FROM inspection.reference_sets WHERE user_id = $1 "
                "AND NOT EXISTS (SELECT FROM inspection.reference_sets WHERE id = $2)",
                reference_set.user_id,
                set_id,
            )
            if others >= most:
                raise TooManyReferenceSets(
                    f"you have {others} reference sets, views among them; delete some that you do "
                    "not need",
                    metadata={"max_sets": str(most)},
                )
            if parent:
                await _check_parent(connection, parent, set_id, most_views)
            kept = await connection.fetchval(
                "INSERT INTO inspection.reference_sets (id, user_id, display_name, created_at, "
                "part_rule, view_of) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING "
                "RETURNING true",
                set_id,
                reference_set.user_id,
                reference_set.display_name,
                reference_set.created_at,
                part_rule_json(reference_set.part_rule),
                id_or_null(parent),
            )
            if kept and copy_images:
                copied = await connection.fetch(
                    "INSERT INTO inspection.reference_images (set_id, image_id, accepted_part) "
                    "SELECT $1, r.image_id, r.accepted_part FROM inspection.reference_images r "
                    "WHERE r.set_id = $2 AND NOT EXISTS (SELECT FROM inspection.forgotten_images t "
                    "WHERE t.image_id = r.image_id) ORDER BY r.place RETURNING 1",
                    set_id,
                    parent,
                )
                await _changed(connection, set_id, len(copied))

    async def get(self, set_id: str, user_id: str) -> ReferenceSet | None:
        """A set that the user owns or that is shared with them."""
        if await self.in_use(set_id, user_id) is None:
            return None
        row = await self._pool.fetchrow(
            f"{_WHOLE} FROM inspection.reference_sets s {_WITH_VERSION_AND_CALIBRATION} "
            "WHERE s.id = $2",
            user_id,
            set_id,
        )
        return None if row is None else _set_of(row)

    async def in_use(self, set_id: str, user_id: str) -> SetInUse | None:
        """What an inspection needs of a set that the user owns or that is shared with them."""
        row = await self._pool.fetchrow(_ACCESS, user_id, set_id)
        role = await self._role(row, user_id)
        if row is None or role is None:
            return None
        return SetInUse(set_id, str(row["user_id"]), row["current_version"], role is Role.INSPECTOR)

    async def _role(self, row: asyncpg.Record | None, user_id: str) -> Role | None:
        """What the user may do at least with the set of a row; None: not even see it."""
        if row is not None and (str(row["user_id"]) == user_id or row["role"] == Role.INSPECTOR):
            return Role.INSPECTOR
        if row is not None and row["role"] is not None and not row["group_roles"]:
            return Role(row["role"])
        # Also of a set that does not exist, so that nothing tells it from one that is not shared.
        mine = set(await self._memberships.groups_of(user_id))
        if row is None:
            return None
        roles = {row["role"]} - {None}
        if mine & row["group_roles"].keys():
            # An owner who left a group shares nothing with it any more.
            both = mine & set(await self._memberships.groups_of(str(row["user_id"])))
            roles |= {row["group_roles"][one] for one in both & row["group_roles"].keys()}
        if Role.INSPECTOR in roles:
            return Role.INSPECTOR
        return Role.VIEWER if roles else None

    async def part(self, set_id: str) -> Sequence[SetInPart]:
        """A set and its views."""
        rows = await self._pool.fetch(
            "SELECT id, display_name, current_version FROM inspection.reference_sets "
            "WHERE id = $1 OR view_of = $1 ORDER BY view_of NULLS FIRST, created_at, id",
            set_id,
        )
        return [
            SetInPart(str(row["id"]), row["display_name"], row["current_version"]) for row in rows
        ]

    async def owner(self, set_id: str) -> str:
        """Who owns a set; empty if there is none."""
        owner = await self._pool.fetchval(
            "SELECT user_id FROM inspection.reference_sets WHERE id = $1", set_id
        )
        return "" if owner is None else str(owner)

    async def list(
        self, user_id: str, *, before: tuple[datetime, str] | None, limit: int
    ) -> Sequence[ReferenceSet]:
        """Sets that the user may see, newest first."""
        rows = await self._pool.fetch(
            f"{_WHOLE} FROM ("  # noqa: S608 - our own words
            "(SELECT * FROM inspection.reference_sets "
            "WHERE user_id = $1 AND view_of IS NULL AND (created_at, id) < ($2, $3) "
            "ORDER BY created_at DESC, id DESC LIMIT $4) "
            "UNION ALL "
            "(SELECT s.* FROM (SELECT set_id FROM inspection.reference_set_users "
            "WHERE user_id = $1 UNION SELECT set_id FROM inspection.reference_set_groups "
            "WHERE group_id = ANY($5::uuid[])) may "
            "JOIN inspection.reference_sets s ON s.id = may.set_id "
            "WHERE s.user_id <> $1 AND (s.created_at, s.id) < ($2, $3) "
            "ORDER BY s.created_at DESC, s.id DESC LIMIT $4)"
            f") s {_WITH_VERSION_AND_CALIBRATION} ORDER BY s.created_at DESC, s.id DESC LIMIT $4",
            user_id,
            *(before or FIRST_PAGE),
            limit,
            await known_groups(self._memberships, user_id),
        )
        return [_set_of(row) for row in rows]

    async def delete(self, set_id: str) -> None:
        """Deletes a set and its views; inspections beyond a first batch go with the next upkeep."""
        async with self._pool.acquire() as connection, connection.transaction():
            deleted = await delete_set(connection, set_id)
        for one in deleted:
            await sweep_deleted_set(self._pool, one)

    async def add_images(self, set_id: str, image_ids: Sequence[str], *, most: int) -> bool:
        """Adds images that are not in it; False if it would have more than `most`.

        Raises:
            ImageNotFound: one of them was deleted; none is added.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            await writing(connection)
            if gone := await forgotten(connection, image_ids):
                raise ImageNotFound(
                    f"there is no image {gone} with verified bytes; no image was added",
                    metadata={"missing": gone},
                )
            count = await _in_hand(connection, set_id)
            if count is None:
                return True
            added = [
                row["image_id"]
                for row in await connection.fetch(
                    "SELECT n.image_id FROM unnest($2::uuid[]) WITH ORDINALITY n (image_id, nth) "
                    "WHERE NOT EXISTS (SELECT FROM inspection.reference_images r "
                    "WHERE r.set_id = $1 AND r.image_id = n.image_id) "
                    "GROUP BY n.image_id ORDER BY min(n.nth)",
                    set_id,
                    image_ids,
                )
            ]
            if count + len(added) > most:
                return False
            await connection.execute(
                "INSERT INTO inspection.reference_images (set_id, image_id) "
                "SELECT $1, n.image_id FROM unnest($2::uuid[]) WITH ORDINALITY n (image_id, nth) "
                "ORDER BY n.nth",
                set_id,
                added,
            )
            await _changed(connection, set_id, len(added))
        return True

    async def remove_images(self, set_id: str, image_ids: Sequence[str]) -> None:
        """Removes images that are in it."""
        async with self._pool.acquire() as connection, connection.transaction():
            if await _in_hand(connection, set_id) is None:
                return
            removed = await connection.fetch(
                "DELETE FROM inspection.reference_images WHERE set_id = $1 AND image_id = ANY($2) "
                "RETURNING image_id",
                set_id,
                image_ids,
            )
            await _changed(connection, set_id, -len(removed))

    async def images(self, set_id: str, *, after: int, limit: int) -> Sequence[tuple[int, str]]:
        """Places and ids of images in order, those after a place."""
        rows = await self._pool.fetch(
            "SELECT place, image_id FROM inspection.reference_images "
            "WHERE set_id = $1 AND place > $2 ORDER BY place LIMIT $3",
            set_id,
            after,
            limit,
        )
        return [(row["place"], str(row["image_id"])) for row in rows]

    async def rename(self, set_id: str, display_name: str) -> None:
        """Gives a set another name."""
        await self._pool.execute(
            "UPDATE inspection.reference_sets SET display_name = $2 WHERE id = $1",
            set_id,
            display_name,
        )

    async def set_part_rule(self, set_id: str, rule: PartRule) -> bool:
        """Notes which images show the same part; False if the proposal that it names is not there.

        A proposal that it names becomes the set's parts.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                "SELECT part_rule, part_proposal FROM inspection.reference_sets WHERE id = $1 "
                "FOR NO KEY UPDATE",
                set_id,
            )
            if row is None or part_rule_of(row["part_rule"]) == rule:
                return True
            if rule.proposal:
                if row["part_proposal"] != rule.proposal:
                    return False
                await connection.execute(
                    "UPDATE inspection.reference_images SET accepted_part = proposed_part "
                    "WHERE set_id = $1",
                    set_id,
                )
            await connection.execute(
                "UPDATE inspection.reference_sets SET part_rule = $2, changes = changes + 1 "
                "WHERE id = $1",
                set_id,
                part_rule_json(rule),
            )
        return True

    async def propose_parts(self, set_id: str, proposal: str, parts: Mapping[str, int]) -> None:
        """Keeps what was found by comparing pictures, in place of what was found before."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "UPDATE inspection.reference_sets SET part_proposal = $2 WHERE id = $1",
                set_id,
                proposal,
            )
            await connection.execute(
                "UPDATE inspection.reference_images r SET proposed_part = n.part "
                "FROM inspection.reference_images o LEFT JOIN "
                "unnest($2::uuid[], $3::integer[]) n (image_id, part) ON n.image_id = o.image_id "
                "WHERE r.set_id = $1 AND o.set_id = $1 AND o.image_id = r.image_id",
                set_id,
                list(parts),
                list(parts.values()),
            )

    async def parts(self, set_id: str, *, proposed: bool = False) -> Mapping[str, int]:
        """Accepted parts of the set's images that have one, or those of the last proposal."""
        rows = await self._pool.fetch(
            "SELECT image_id, part FROM (SELECT image_id, CASE WHEN $2 THEN proposed_part "
            "ELSE accepted_part END AS part FROM inspection.reference_images WHERE set_id = $1) p "
            "WHERE part IS NOT NULL",
            set_id,
            proposed,
        )
        return {str(row["image_id"]): row["part"] for row in rows}

    async def proposed_images(
        self, set_id: str, user_id: str, *, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[tuple[datetime, str, str]]:
        """The user's images that people last called normal and that are not in the set."""
        rows = await self._pool.fetch(
            "SELECT f.created_at, f.id, f.image_id FROM (SELECT DISTINCT ON (image_id) "
            "image_id, inspection_id, defective, created_at, id FROM inspection.feedback "
            "WHERE set_id = $1 AND image_id IS NOT NULL AND defective IS NOT NULL "
            "ORDER BY image_id, created_at DESC, id DESC) f "
            "JOIN inspection.inspections i ON i.id = f.inspection_id "
            "WHERE NOT f.defective AND i.user_id = $2 "
            "AND NOT EXISTS (SELECT FROM inspection.reference_images r "
            "WHERE r.set_id = $1 AND r.image_id = f.image_id) "
            "AND ($3::timestamptz IS NULL OR (f.created_at, f.id) > ($3, $4::uuid)) "
            "ORDER BY f.created_at, f.id LIMIT $5",
            set_id,
            user_id,
            *(after or (None, None)),
            limit,
        )
        return [(row["created_at"], str(row["id"]), str(row["image_id"])) for row in rows]

    async def forget_images(self, image_ids: Sequence[str]) -> None:
        """Forgets images that were deleted; again is no error, and goes on where it ended.

        For 30 days nothing more is kept of them.
        """
        await set_tombstones(self._pool, image_ids)
        async with self._pool.acquire() as connection, connection.transaction():
            # In one order, so that two of these do not wait for each other.
            await connection.execute(
                "SELECT FROM inspection.reference_sets WHERE id IN "
                "(SELECT set_id FROM inspection.reference_images WHERE image_id = ANY($1)) "
                "ORDER BY id FOR NO KEY UPDATE",
                image_ids,
            )
            await connection.execute(
                "WITH gone AS (DELETE FROM inspection.reference_images WHERE image_id = ANY($1) "
                "RETURNING set_id) "
                "UPDATE inspection.reference_sets s "
                "SET image_count = s.image_count - n.count, changes = s.changes + 1 "
                "FROM (SELECT set_id, count(*) FROM gone GROUP BY set_id) n WHERE s.id = n.set_id",
                image_ids,
            )
        await forget_inspections_of_images(self._pool, image_ids)
        await forget_feedback_of_images(self._pool, image_ids)


async def delete_set(connection: Any, set_id: str) -> Sequence[str]:  # noqa: ANN401 - a pool's proxy of a connection
    """Deletes a set and its views, in a transaction, with all but their inspections.

    Returns:
        Ids of what was deleted; none if there is no such set.
    """
    # In one order, so that two of these do not wait for each other; the second look finds views
    # that were made while the first waited, and none can be made after it.
    for _ in range(2):
        locked = [
            str(row["id"])
            for row in await connection.fetch(
                "SELECT id FROM inspection.reference_sets WHERE id = $1 OR view_of = $1 "
                "ORDER BY id FOR UPDATE",
                set_id,
            )
        ]
    if set_id not in locked:
        return []
    # Artifacts that versions of no other set have.
    await connection.execute(
        "INSERT INTO inspection.artifact_purges (name, due_at) "
        "SELECT DISTINCT v.artifact_name, now() FROM inspection.versions v "
        "WHERE v.set_id = ANY($1::uuid[]) AND NOT EXISTS (SELECT FROM inspection.versions other "
        "WHERE other.artifact_name = v.artifact_name AND other.set_id <> ALL($1::uuid[])) "
        "ON CONFLICT (name) DO UPDATE SET due_at = EXCLUDED.due_at",
        locked,
    )
    await connection.execute("DELETE FROM inspection.reference_sets WHERE id = ANY($1)", locked)
    await connection.execute(
        "INSERT INTO inspection.deleted_sets (set_id) SELECT unnest($1::uuid[])", locked
    )
    return locked


def _set_of(row: asyncpg.Record) -> ReferenceSet:
    """The set of a row of `reference_sets` joined with its last calibration's."""
    return ReferenceSet(
        set_id=str(row["reference_set_id"]),
        user_id=str(row["owner_id"]),
        display_name=row["display_name"],
        created_at=row["set_created_at"],
        current_version=row["current_version"],
        image_count=row["image_count"],
        changed=row["changed"],
        members=tuple(
            Member(user_id, Role(role), email or "")
            for user_id, role, email in row["members"] or ()
        ),
        groups=tuple(GroupShare(group_id, Role(role)) for group_id, role in row["groups"] or ()),
        invitations=tuple(
            _invitation_of(one, row["display_name"]) for one in row["invitations"] or ()
        ),
        last_calibration=None if row["id"] is None else job_of(row),
        part_rule=part_rule_of(row["part_rule"]),
        sensitivity=tuple(Sensitivity(**one) for one in row["sensitivity"]),
        view_of=id_or_empty(row["view_of"]),
        views=tuple(view_of_json(one) for one in row["views"] or ()),
    )


def _invitation_of(json: dict[str, Any], display_name: str) -> ShareInvitation:
    return ShareInvitation(
        invitation_id=json["id"],
        set_id=json["set_id"],
        display_name=display_name,
        email=json["email"] or "",
        user_id=json["user_id"] or "",
        inviter_email=json["inviter_email"],
        role=Role(json["role"]),
        created_at=datetime.fromisoformat(json["created_at"]),
        expires_at=datetime.fromisoformat(json["expires_at"]),
    )


async def _check_parent(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    parent: str,
    set_id: str,
    most_views: int,
) -> None:
    """Locks the set that another one becomes a view of, so that it stays and views are counted."""
    if not await connection.fetchval(
        "SELECT true FROM inspection.reference_sets WHERE id = $1 FOR NO KEY UPDATE", parent
    ):
        raise ReferenceSetNotFound(f"there is no reference set {parent}")
    views = await connection.fetchval(
        "SELECT count(*) FROM inspection.reference_sets WHERE view_of = $1 "
        "AND NOT EXISTS (SELECT FROM inspection.reference_sets WHERE id = $2)",
        parent,
        set_id,
    )
    if views >= most_views:
        raise TooManyViews(
            f"a reference set has at most {most_views} views; delete one first",
            metadata={"max_views": str(most_views)},
        )


async def _in_hand(connection: Any, set_id: str) -> int | None:  # noqa: ANN401 - a pool's proxy of a connection
    """Locks a set until the transaction ends; how many images it has, None if there is none."""
    count: int | None = await connection.fetchval(
        "SELECT image_count FROM inspection.reference_sets WHERE id = $1 FOR NO KEY UPDATE", set_id
    )
    return count


async def _changed(connection: Any, set_id: str, by: int) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    if by:
        await connection.execute(
            "UPDATE inspection.reference_sets SET image_count = image_count + $2, "
            "changes = changes + 1 WHERE id = $1",
            set_id,
            by,
        )
