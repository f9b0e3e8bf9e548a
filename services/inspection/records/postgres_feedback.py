"""What people said of images in PostgreSQL, schema `inspection`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from services.clients.errors import ImageNotFound
from services.inspection.errors import FeedbackNotFound, InspectionNotFound
from services.inspection.model import Feedback, InspectionRecord, LabelledImage
from services.inspection.records.postgres_tombstones import forgotten, writing
from services.inspection.records.rows import (
    FIRST_PAGE,
    feedback_of,
    id_or_empty,
    id_or_null,
    inspection_of,
    polygons_json,
    polygons_of,
    region_json,
    region_of,
)

_TOLD = """
WITH words AS (
    SELECT * FROM inspection.feedback WHERE set_id = $1 AND image_id IS NOT NULL
), last_words AS (
    SELECT DISTINCT ON (image_id) image_id, defective, created_at, id FROM words
    WHERE defective IS NOT NULL ORDER BY image_id, created_at DESC, id DESC
), told AS (
    SELECT l.image_id, l.defective, l.created_at, l.id,
        (array_agg(w.label ORDER BY w.created_at DESC, w.id DESC)
            FILTER (WHERE w.defective AND w.label <> ''))[1] AS label,
        (array_agg(w.region ORDER BY w.created_at DESC, w.id DESC)
            FILTER (WHERE l.defective AND w.region IS NOT NULL))[1] AS region,
        -- Of the same word as the region.
        (array_agg(w.polygons ORDER BY w.created_at DESC, w.id DESC)
            FILTER (WHERE l.defective AND w.region IS NOT NULL))[1] AS polygons,
        (array_agg(w.note ORDER BY w.created_at DESC, w.id DESC)
            FILTER (WHERE w.note <> ''))[1] AS note
    FROM last_words l JOIN words w
        ON w.image_id = l.image_id AND (w.defective IS NULL OR w.defective = l.defective)
    GROUP BY l.image_id, l.defective, l.created_at, l.id
)
SELECT t.defective, t.created_at AS told_at, coalesce(t.label, '') AS label, t.region, t.polygons,
    coalesce(t.note, '') AS note, i.*
FROM told t CROSS JOIN LATERAL (
    SELECT * FROM inspection.inspections i
    WHERE i.image_id = t.image_id AND i.set_id = $1 AND ($2::uuid IS NULL OR i.user_id = $2)
        {scored}
    ORDER BY i.created_at DESC, i.id DESC LIMIT 1
) i
"""

_LABELLED = _TOLD.format(scored="") + "ORDER BY t.created_at, t.id LIMIT $3"

_SCORED_ALIKE = (
    "AND i.version IN (SELECT v.version FROM inspection.versions v "
    "WHERE v.set_id = $1 AND v.artifact_sha256 = $4)"
)

_JUDGED = _TOLD.format(scored=_SCORED_ALIKE) + "ORDER BY t.created_at DESC, t.id DESC LIMIT $3"

_JUDGED_COUNT = f"SELECT count(*) FROM ({_TOLD.format(scored='')}) judged"  # noqa: S608 - our own words


DELETED_KEPT = timedelta(days=30)
"""How long a request that gave feedback which was taken back may be sent again."""

_WITH_OWNER = (
    "SELECT f.*, CASE WHEN f.image_id IS NOT NULL THEN coalesce(i.user_id, f.user_id) END "
    "AS image_user_id FROM ({}) f LEFT JOIN inspection.inspections i ON i.id = f.inspection_id "
    "ORDER BY f.created_at DESC, f.id DESC"
)
"""With whose image it is: who inspected it, or, if nobody did, who was found to have it."""


class PostgresFeedback:
    """`FeedbackStore` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, feedback: Feedback) -> Feedback:
        """Keeps what was said, and so its inspection; what was kept before under its id, if any.

        Raises:
            ImageNotFound: the image that it is about was deleted.
            InspectionNotFound: the inspection that it is about is gone.
            FeedbackNotFound: some with its id was taken back.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            await writing(connection)
            if feedback.inspection_id and not await connection.fetchval(
                "UPDATE inspection.inspections i SET has_feedback = true FROM "
                "(SELECT id FROM inspection.reference_sets WHERE id = $2 FOR KEY SHARE) s "
                "WHERE i.id = $1 AND i.set_id = s.id RETURNING true",
                feedback.inspection_id,
                id_or_null(feedback.set_id),
            ):
                raise InspectionNotFound(f"there is no inspection {feedback.inspection_id}")
            if feedback.image_id and await forgotten(connection, [feedback.image_id]):
                raise ImageNotFound(f"there is no image {feedback.image_id}")
            kept = await connection.fetchval(
                "INSERT INTO inspection.feedback (id, image_id, user_id, action, note, created_at, "
                "inspection_id, set_id, region, label, polygons) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
                "ON CONFLICT (id) DO NOTHING RETURNING true",
                feedback.feedback_id,
                id_or_null(feedback.image_id),
                feedback.user_id,
                feedback.action,
                feedback.note,
                feedback.created_at,
                id_or_null(feedback.inspection_id),
                id_or_null(feedback.set_id),
                region_json(feedback.region),
                feedback.label,
                polygons_json(feedback.polygons),
            )
            # Afterwards: whoever takes it back at this moment has been waited for.
            if await connection.fetchval(
                "SELECT true FROM inspection.deleted_feedback WHERE id = $1", feedback.feedback_id
            ):
                raise FeedbackNotFound("the feedback that this request gave was taken back")
            if kept:
                return feedback
            before = await connection.fetchrow(
                "SELECT * FROM inspection.feedback WHERE id = $1", feedback.feedback_id
            )
            return feedback if before is None else feedback_of(before)

    async def list(
        self,
        user_id: str,
        *,
        set_id: str,
        image_id: str,
        before: tuple[datetime, str] | None,
        limit: int,
    ) -> Sequence[Feedback]:
        """What the user said and what was said of sets that the user owns, newest first."""
        parameters: list[Any] = [user_id, *(before or FIRST_PAGE), limit]
        conditions = ["(f.created_at, f.id) < ($2, $3)"]
        for column, wanted in (("set_id", set_id), ("image_id", image_id)):
            if wanted:
                parameters.append(wanted)
                conditions.append(f"f.{column} = ${len(parameters)}")
        where = " AND ".join(conditions)
        found = (
            f"(SELECT * FROM inspection.feedback f WHERE f.user_id = $1 AND {where} "  # noqa: S608 - values are parameters
            "ORDER BY f.created_at DESC, f.id DESC LIMIT $4) "
            "UNION ALL "
            "(SELECT f.* FROM inspection.reference_sets s CROSS JOIN LATERAL "
            "(SELECT * FROM inspection.feedback f WHERE f.set_id = s.id AND f.user_id <> $1 "
            f"AND {where} ORDER BY f.created_at DESC, f.id DESC LIMIT $4) f "
            "WHERE s.user_id = $1 ORDER BY f.created_at DESC, f.id DESC LIMIT $4) "
            "ORDER BY created_at DESC, id DESC LIMIT $4"
        )
        rows = await self._pool.fetch(_WITH_OWNER.format(found), *parameters)
        return [_listed(row) for row in rows]

    async def on_inspection(
        self, inspection: InspectionRecord, user_id: str, *, limit: int
    ) -> Sequence[Feedback]:
        """What was said of an inspection, and of its image in that set, newest first.

        What the user said, or all if the user owns the set.
        """
        found = (
            "SELECT f.* FROM inspection.feedback f "
            "JOIN inspection.reference_sets s ON s.id = f.set_id "
            "WHERE f.set_id = $1 AND (f.inspection_id = $2 OR f.image_id = $3) "
            "AND (f.user_id = $4 OR s.user_id = $4) ORDER BY f.created_at DESC, f.id DESC LIMIT $5"
        )
        rows = await self._pool.fetch(
            _WITH_OWNER.format(found),
            inspection.set_id,
            inspection.inspection_id,
            id_or_null(inspection.image_id),
            user_id,
            limit,
        )
        return [_listed(row) for row in rows]

    async def delete(self, feedback_id: str, user_id: str) -> bool:
        """Takes feedback back that the user gave, or that was given on a set of the user's.

        False if there is none; taken back before is fine.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            # First, as whoever gives feedback does, so that none waits for another.
            await connection.execute(
                "SELECT FROM inspection.inspections WHERE id = "
                "(SELECT inspection_id FROM inspection.feedback WHERE id = $1) FOR NO KEY UPDATE",
                feedback_id,
            )
            gone = await connection.fetchrow(
                "DELETE FROM inspection.feedback f WHERE f.id = $1 AND (f.user_id = $2 OR EXISTS "
                "(SELECT FROM inspection.reference_sets s "
                "WHERE s.id = f.set_id AND s.user_id = $2)) RETURNING user_id, inspection_id",
                feedback_id,
                user_id,
            )
            if gone is None:
                before = await connection.fetchval(
                    "SELECT true FROM inspection.deleted_feedback "
                    "WHERE id = $1 AND $2 IN (user_id, deleted_by)",
                    feedback_id,
                    user_id,
                )
                return bool(before)
            await connection.execute(
                "INSERT INTO inspection.deleted_feedback (id, user_id, deleted_by, deleted_at) "
                "VALUES ($1, $2, $3, now())",
                feedback_id,
                gone["user_id"],
                user_id,
            )
            await connection.execute(
                "UPDATE inspection.inspections SET has_feedback = EXISTS "
                "(SELECT FROM inspection.feedback WHERE inspection_id = $1) WHERE id = $1",
                gone["inspection_id"],
            )
            return True

    async def labelled(
        self, set_id: str, *, user_id: str = "", limit: int = 10_000
    ) -> Sequence[LabelledImage]:
        """Stored images of a set that people judged, by the last word on each, oldest first."""
        rows = await self._pool.fetch(_LABELLED, set_id, id_or_null(user_id), limit)
        return [_labelled(row) for row in rows]

    async def judged(
        self, set_id: str, artifact_sha256: str, *, user_id: str = "", limit: int
    ) -> Sequence[LabelledImage]:
        """As `labelled`, newest first, with the last inspection by what has that artifact."""
        rows = await self._pool.fetch(_JUDGED, set_id, id_or_null(user_id), limit, artifact_sha256)
        return [_labelled(row) for row in rows]

    async def judged_count(self, set_id: str, *, user_id: str = "") -> int:
        """How many `labelled` would be without a limit."""
        count = await self._pool.fetchval(_JUDGED_COUNT, set_id, id_or_null(user_id))
        return int(count)


def _labelled(row: asyncpg.Record) -> LabelledImage:
    inspection = inspection_of(row)
    return LabelledImage(
        image_id=inspection.image_id,
        user_id=inspection.user_id,
        defective=row["defective"],
        label=row["label"],
        note=row["note"],
        region=region_of(row["region"]),
        polygons=polygons_of(row["polygons"]),
        told_at=row["told_at"],
        inspection=inspection,
    )


async def sweep_deleted_feedback(pool: asyncpg.Pool) -> None:
    """Forgets that feedback was taken back, 30 days later."""
    await pool.execute(
        "DELETE FROM inspection.deleted_feedback WHERE deleted_at < now() - $1::interval",
        DELETED_KEPT,
    )


def _listed(row: asyncpg.Record) -> Feedback:
    return replace(feedback_of(row), image_user_id=id_or_empty(row["image_user_id"]))
