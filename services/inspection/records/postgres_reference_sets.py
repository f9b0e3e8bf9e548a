"""Reference sets in PostgreSQL, schema `inspection`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.clients.errors import ImageNotFound
from services.inspection.errors import TooManyReferenceSets
from services.inspection.model import Member, Role, SetInUse
from services.inspection.records.postgres_forgetting import (
    forget_feedback_of_images,
    forget_inspections_of_images,
    sweep_deleted_set,
)
from services.inspection.records.postgres_job_rows import job_of
from services.inspection.records.postgres_tombstones import forgotten, set_tombstones, writing
from services.inspection.records.rows import FIRST_PAGE
from services.inspection.reference_set import ReferenceSet

_WHOLE = (
    "SELECT s.id AS reference_set_id, s.user_id AS owner_id, s.display_name, "
    "s.created_at AS set_created_at, "
    "s.current_version, s.image_count, coalesce(v.changes <> s.changes, false) AS changed, "
    "CASE WHEN s.user_id = $1 THEN (SELECT coalesce(jsonb_object_agg(u.user_id, u.role), '{}') "
    "FROM inspection.reference_set_users u WHERE u.set_id = s.id) ELSE '{}' END AS members, last.* "
)
_WITH_VERSION_AND_CALIBRATION = (
    "LEFT JOIN inspection.versions v ON v.set_id = s.id AND v.version = s.current_version "
    "LEFT JOIN LATERAL (SELECT * FROM inspection.jobs j WHERE j.set_id = s.id "
    "AND j.kind = 'CALIBRATION' ORDER BY j.created_at DESC, j.id DESC LIMIT 1) last ON true "
)
_SEEN = (
    "WHERE s.id = $2 AND (s.user_id = $1 OR EXISTS (SELECT "
    "FROM inspection.reference_set_users u WHERE u.set_id = s.id AND u.user_id = $1))"
)
"""The set $2, if the user $1 may see it."""
_IN_USE = (
    "SELECT s.user_id, s.current_version, s.user_id = $1 OR EXISTS (SELECT "
    "FROM inspection.reference_set_users u "
    "WHERE u.set_id = s.id AND u.user_id = $1 AND u.role = 'INSPECTOR') AS may_inspect "
    "FROM inspection.reference_sets s"
)


_SETS_LOCK = 2
"""First key of the advisory locks under which users make sets."""


class PostgresReferenceSets:
    """`ReferenceSets` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def create(self, reference_set: ReferenceSet, *, most: int) -> None:
        """Keeps a new set; nothing happens if there is one with its id.

        Raises:
            TooManyReferenceSets: its owner has `most`.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            # One after the other, so that they are counted.
            await connection.execute(
                "SELECT pg_advisory_xact_lock($1, hashtext($2))", _SETS_LOCK, reference_set.user_id
            )
            others = await connection.fetchval(
                "SELECT count(*) FROM inspection.reference_sets WHERE user_id = $1 "
                "AND NOT EXISTS (SELECT FROM inspection.reference_sets WHERE id = $2)",
                reference_set.user_id,
                reference_set.set_id,
            )
            if others >= most:
                raise TooManyReferenceSets(
                    f"you have {others} reference sets; delete some that you do not need",
                    metadata={"max_sets": str(most)},
                )
            await connection.execute(
                "INSERT INTO inspection.reference_sets (id, user_id, display_name, created_at) "
                "VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING",
                reference_set.set_id,
                reference_set.user_id,
                reference_set.display_name,
                reference_set.created_at,
            )

    async def get(self, set_id: str, user_id: str) -> ReferenceSet | None:
        """A set that the user owns or that is shared with them."""
        row = await self._pool.fetchrow(
            f"{_WHOLE} FROM inspection.reference_sets s {_WITH_VERSION_AND_CALIBRATION} {_SEEN}",
            user_id,
            set_id,
        )
        return None if row is None else _set_of(row)

    async def in_use(self, set_id: str, user_id: str) -> SetInUse | None:
        """What an inspection needs of a set that the user owns or that is shared with them."""
        row = await self._pool.fetchrow(
            f"{_IN_USE} {_SEEN}",
            user_id,
            set_id,
        )
        return None if row is None else SetInUse(set_id, str(row[0]), row[1], row[2])

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
            "WHERE user_id = $1 AND (created_at, id) < ($2, $3) "
            "ORDER BY created_at DESC, id DESC LIMIT $4) "
            "UNION ALL "
            "(SELECT s.* FROM inspection.reference_set_users u "
            "JOIN inspection.reference_sets s ON s.id = u.set_id "
            "WHERE u.user_id = $1 AND (s.created_at, s.id) < ($2, $3) "
            "ORDER BY s.created_at DESC, s.id DESC LIMIT $4)"
            f") s {_WITH_VERSION_AND_CALIBRATION} ORDER BY s.created_at DESC, s.id DESC LIMIT $4",
            user_id,
            *(before or FIRST_PAGE),
            limit,
        )
        return [_set_of(row) for row in rows]

    async def delete(self, set_id: str) -> None:
        """Deletes a set; inspections beyond a first batch go with the next upkeep."""
        async with self._pool.acquire() as connection, connection.transaction():
            if not await delete_set(connection, set_id):
                return
        await sweep_deleted_set(self._pool, set_id)

    async def share(
        self, set_id: str, user_ids: Sequence[str], role: Role = Role.INSPECTOR
    ) -> None:
        """Lets users see the set, with that role from now on."""
        await self._pool.execute(
            "INSERT INTO inspection.reference_set_users (set_id, user_id, role) "
            "SELECT s.id, u.user_id, $3 FROM (SELECT id, user_id FROM inspection.reference_sets "
            "WHERE id = $1 FOR KEY SHARE) s JOIN unnest($2::uuid[]) u (user_id) "
            "ON u.user_id <> s.user_id ORDER BY u.user_id "
            "ON CONFLICT (set_id, user_id) DO UPDATE SET role = EXCLUDED.role",
            set_id,
            user_ids,
            role.value,
        )

    async def unshare(self, set_id: str, user_ids: Sequence[str]) -> None:
        """Takes that back."""
        await self._pool.execute(
            "DELETE FROM inspection.reference_set_users WHERE set_id = $1 AND user_id = ANY($2)",
            set_id,
            user_ids,
        )

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


async def delete_set(connection: Any, set_id: str) -> bool:  # noqa: ANN401 - a pool's proxy of a connection
    """Deletes a set, in a transaction, with all but its inspections; False if there is none."""
    if not await connection.fetchval(
        "SELECT true FROM inspection.reference_sets WHERE id = $1 FOR UPDATE", set_id
    ):
        return False
    await connection.execute(
        "INSERT INTO inspection.artifact_purges (name, due_at) "
        "SELECT DISTINCT v.artifact_name, now() FROM inspection.versions v "
        "WHERE v.set_id = $1 AND NOT EXISTS (SELECT FROM inspection.versions other "
        "WHERE other.artifact_name = v.artifact_name AND other.set_id <> $1) "
        "ON CONFLICT (name) DO UPDATE SET due_at = EXCLUDED.due_at",
        set_id,
    )
    await connection.execute("DELETE FROM inspection.reference_sets WHERE id = $1", set_id)
    await connection.execute("INSERT INTO inspection.deleted_sets (set_id) VALUES ($1)", set_id)
    return True


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
            Member(user_id, Role(role)) for user_id, role in sorted(row["members"].items())
        ),
        last_calibration=None if row["id"] is None else job_of(row),
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
