"""What people said of images in PostgreSQL, schema `inspection`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.clients.errors import ImageNotFound
from services.inspection.errors import InspectionNotFound
from services.inspection.model import Feedback, LabelledImage
from services.inspection.records.postgres_tombstones import forgotten, writing
from services.inspection.records.rows import (
    FIRST_PAGE,
    feedback_of,
    id_or_null,
    inspection_of,
    region_json,
    region_of,
)

_LABELLED = """
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
        (array_agg(w.note ORDER BY w.created_at DESC, w.id DESC)
            FILTER (WHERE w.note <> ''))[1] AS note
    FROM last_words l JOIN words w
        ON w.image_id = l.image_id AND (w.defective IS NULL OR w.defective = l.defective)
    GROUP BY l.image_id, l.defective, l.created_at, l.id
)
SELECT t.defective, t.created_at AS told_at, coalesce(t.label, '') AS label, t.region,
    coalesce(t.note, '') AS note, i.*
FROM told t CROSS JOIN LATERAL (
    SELECT * FROM inspection.inspections i
    WHERE i.image_id = t.image_id AND i.set_id = $1 AND ($2::uuid IS NULL OR i.user_id = $2)
    ORDER BY i.created_at DESC, i.id DESC LIMIT 1
) i
ORDER BY t.created_at, t.id LIMIT $3
"""


class PostgresFeedback:
    """`FeedbackStore` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, feedback: Feedback) -> Feedback:
        """Keeps what was said, and so its inspection; what was kept before under its id, if any.

        Raises:
            ImageNotFound: the image that it is about was deleted.
            InspectionNotFound: the inspection that it is about is gone.
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
                "inspection_id, set_id, region, label) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
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
            )
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
        rows = await self._pool.fetch(
            f"(SELECT * FROM inspection.feedback f WHERE f.user_id = $1 AND {where} "  # noqa: S608 - values are parameters
            "ORDER BY f.created_at DESC, f.id DESC LIMIT $4) "
            "UNION ALL "
            "(SELECT f.* FROM inspection.reference_sets s CROSS JOIN LATERAL "
            "(SELECT * FROM inspection.feedback f WHERE f.set_id = s.id AND f.user_id <> $1 "
            f"AND {where} ORDER BY f.created_at DESC, f.id DESC LIMIT $4) f "
            "WHERE s.user_id = $1 ORDER BY f.created_at DESC, f.id DESC LIMIT $4) "
            "ORDER BY created_at DESC, id DESC LIMIT $4",
            *parameters,
        )
        return [feedback_of(row) for row in rows]

    async def labelled(
        self, set_id: str, *, user_id: str = "", limit: int = 10_000
    ) -> Sequence[LabelledImage]:
        """Stored images of a set that people judged, by the last word on each, oldest first."""
        rows = await self._pool.fetch(_LABELLED, set_id, id_or_null(user_id), limit)
        labelled = []
        for row in rows:
            inspection = inspection_of(row)
            labelled.append(
                LabelledImage(
                    image_id=inspection.image_id,
                    user_id=inspection.user_id,
                    defective=row["defective"],
                    label=row["label"],
                    note=row["note"],
                    region=region_of(row["region"]),
                    told_at=row["told_at"],
                    inspection=inspection,
                )
            )
        return labelled
