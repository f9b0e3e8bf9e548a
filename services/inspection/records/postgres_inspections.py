"""Inspections and their counts in PostgreSQL, schema `inspection`."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.inspection.line.result_event import inspection_event
from services.inspection.model import Counts, InspectionRecord, RecentScores, StatsRow
from services.inspection.ports import Memberships
from services.inspection.records.known_groups import known_groups
from services.inspection.records.postgres_feedback import sweep_deleted_feedback
from services.inspection.records.postgres_finding_rows import (
    nearest_json,
    packed_grid,
    regions_json,
)
from services.inspection.records.postgres_forgetting import (
    forget_inspections_before,
    sweep_deleted_sets,
)
from services.inspection.records.postgres_result_sinks import MOST_WAITING
from services.inspection.records.postgres_review import sweep_review
from services.inspection.records.postgres_tombstones import sweep_tombstones, writing
from services.inspection.records.rows import (
    alignment_json,
    descriptor_bytes,
    id_or_null,
    inspection_of,
    problems_json,
)

_RECORD = """
WITH live AS (
    SELECT id FROM inspection.reference_sets WHERE id = ANY($3::uuid[]) ORDER BY id FOR KEY SHARE
), kept AS (
    INSERT INTO inspection.inspections (id, user_id, set_id, version, image_id, score, threshold,
        p_value, target, anomalous, off_distribution, descriptor, created_at, frame_problems,
        part_inspection_id, alignment)
    SELECT r.id, r.user_id, r.set_id, r.version, r.image_id, r.score, r.threshold, r.p_value,
        r.target, r.anomalous, r.off_distribution, r.descriptor, r.created_at,
        r.frame_problems::jsonb, r.part_inspection_id, r.alignment::jsonb
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[], $5::uuid[],
        $6::double precision[], $7::double precision[], $8::double precision[],
        $9::double precision[], $10::boolean[], $11::boolean[], $12::bytea[], $13::timestamptz[],
        $22::text[], $25::uuid[], $26::text[])
        r (id, user_id, set_id, version, image_id, score, threshold,
           p_value, target, anomalous, off_distribution, descriptor, created_at, frame_problems,
           part_inspection_id, alignment)
    JOIN live ON live.id = r.set_id
    WHERE NOT EXISTS (
        SELECT FROM inspection.forgotten_images t WHERE t.image_id = r.image_id
    )
    ON CONFLICT (id) DO NOTHING
    RETURNING id, set_id, version, created_at, user_id, anomalous, off_distribution
), found AS (
    INSERT INTO inspection.findings (inspection_id, regions, nearest, grid_rows, grid_columns,
        grid, image_width, image_height)
    SELECT f.inspection_id, f.regions::jsonb, f.nearest::jsonb, f.grid_rows, f.grid_columns,
        f.grid, f.image_width, f.image_height
    FROM unnest($14::uuid[], $15::text[], $16::text[], $17::integer[], $18::integer[],
        $19::bytea[], $20::integer[], $21::integer[])
        f (inspection_id, regions, nearest, grid_rows, grid_columns,
           grid, image_width, image_height)
    JOIN kept ON kept.id = f.inspection_id
), sinks AS (
    SELECT s.set_id, s.anomalous_only, (
        SELECT count(*) FROM inspection.result_deliveries d
        WHERE d.set_id = s.set_id AND d.due_at IS NOT NULL
    ) >= $24 AS full
    FROM inspection.result_sinks s WHERE s.set_id = ANY($3::uuid[]) FOR KEY SHARE
), results AS (
    SELECT kept.id, kept.set_id, kept.created_at, r.body, sinks.full
    FROM kept JOIN sinks ON sinks.set_id = kept.set_id AND (kept.anomalous OR NOT anomalous_only)
    JOIN unnest($1::uuid[], $23::text[]) r (id, body) ON r.id = kept.id
), sent AS (
    INSERT INTO inspection.result_deliveries
        (delivery_id, set_id, inspection_id, body, created_at, due_at)
    SELECT id, set_id, id, body, created_at, created_at FROM results WHERE NOT results.full
), dropped AS (
    UPDATE inspection.result_sinks s SET dropped = s.dropped + lost.number
    FROM (SELECT set_id, count(*) AS number FROM results WHERE results.full GROUP BY 1) lost
    WHERE s.set_id = lost.set_id
)
INSERT INTO inspection.inspection_counts AS c
    (set_id, version, day, user_id, inspected, anomalous, uninspectable)
SELECT set_id, version, (created_at AT TIME ZONE 'UTC')::date, user_id,
    count(*), count(*) FILTER (WHERE anomalous), count(*) FILTER (WHERE off_distribution)
FROM kept GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
ON CONFLICT (set_id, version, day, user_id) DO UPDATE SET
    inspected = c.inspected + EXCLUDED.inspected, anomalous = c.anomalous + EXCLUDED.anomalous,
    uninspectable = c.uninspectable + EXCLUDED.uninspectable
"""

_UNJUDGED = """
WITH seen AS MATERIALIZED (
    SELECT s.id, s.current_version FROM inspection.reference_sets s JOIN (
        SELECT id FROM inspection.reference_sets WHERE user_id = $1
        UNION SELECT set_id FROM inspection.reference_set_users WHERE user_id = $1
        UNION SELECT set_id FROM inspection.reference_set_groups WHERE group_id = ANY($5::uuid[])
    ) may ON may.id = s.shared_as
    WHERE s.current_version > 0 AND ($2::uuid IS NULL OR s.id = $2)
)
SELECT i.*, EXISTS (
    SELECT FROM inspection.feedback f
    WHERE f.image_id = i.image_id AND f.defective IS NOT NULL AND f.created_at > $4
) AS judged_since
FROM seen CROSS JOIN LATERAL (
    SELECT * FROM inspection.inspections i
    WHERE i.set_id = seen.id AND i.version = seen.current_version
        AND i.user_id = $1 AND i.image_id IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM inspection.feedback f
            WHERE f.image_id = i.image_id AND f.defective IS NOT NULL AND f.created_at <= $4
        )
        AND i.created_at <= $4
        AND NOT EXISTS (
            SELECT FROM inspection.inspections later
            JOIN seen s ON s.id = later.set_id AND s.current_version = later.version
            WHERE later.image_id = i.image_id AND later.user_id = $1
                AND later.created_at <= $4
                AND (later.created_at, later.id) > (i.created_at, i.id)
        )
    ORDER BY i.created_at DESC, i.id DESC LIMIT $3
) i
ORDER BY i.created_at DESC, i.id DESC LIMIT $3
"""

_SETS_IN_USE = """
SELECT s.id, s.current_version FROM inspection.reference_sets s
CROSS JOIN LATERAL (
    SELECT i.created_at FROM inspection.inspections i
    WHERE i.set_id = s.id ORDER BY i.created_at DESC, i.id DESC LIMIT 1
) last
WHERE s.current_version > 0 AND last.created_at > $1
ORDER BY last.created_at DESC, s.id LIMIT $2
"""

_RECENT_SCORES = """
SELECT i.score, i.off_distribution FROM inspection.inspections i
WHERE i.set_id = $1 AND i.version = $2
    AND EXISTS (SELECT FROM inspection.reference_sets WHERE id = $1)
    AND NOT coalesce(
        (SELECT f.defective FROM inspection.feedback f
         WHERE f.inspection_id = i.id AND f.defective IS NOT NULL
         ORDER BY f.created_at DESC, f.id DESC LIMIT 1),
        (SELECT f.defective FROM inspection.feedback f
         WHERE f.set_id = $1 AND f.image_id = i.image_id AND f.defective IS NOT NULL
         ORDER BY f.created_at DESC, f.id DESC LIMIT 1),
        false
    )
ORDER BY i.created_at DESC, i.id DESC LIMIT $3
"""

_STATS = """
WITH owned AS (
    SELECT id FROM inspection.reference_sets WHERE user_id = $1
), counted AS (
    SELECT set_id, version, day, sum(inspected) AS inspected, sum(anomalous) AS anomalous,
        sum(uninspectable) AS uninspectable
    FROM (
        SELECT c.* FROM owned JOIN inspection.inspection_counts c ON c.set_id = owned.id
        UNION ALL
        SELECT c.* FROM inspection.inspection_counts c
        WHERE c.user_id = $1 AND c.set_id NOT IN (SELECT id FROM owned)
    ) c
    WHERE ($2::uuid IS NULL OR set_id = $2) AND ($3 = 0 OR version = $3)
    GROUP BY set_id, version, day
), judgements AS (
    SELECT * FROM inspection.feedback
    WHERE defective IS NOT NULL AND set_id IN (SELECT set_id FROM counted)
), on_inspection AS (
    SELECT DISTINCT ON (inspection_id) inspection_id, defective FROM judgements
    WHERE inspection_id IS NOT NULL ORDER BY inspection_id, created_at DESC, id DESC
), on_image AS (
    SELECT DISTINCT ON (set_id, image_id) set_id, image_id, defective FROM judgements
    WHERE image_id IS NOT NULL ORDER BY set_id, image_id, created_at DESC, id DESC
), judged AS (
    SELECT i.set_id, i.version, i.created_at, i.user_id, i.anomalous, t.defective
    FROM on_inspection t JOIN inspection.inspections i ON i.id = t.inspection_id
    UNION ALL
    SELECT i.set_id, i.version, i.created_at, i.user_id, i.anomalous, t.defective
    FROM on_image t JOIN inspection.inspections i ON i.image_id = t.image_id AND i.set_id = t.set_id
    WHERE NOT EXISTS (SELECT FROM on_inspection o WHERE o.inspection_id = i.id)
), agreed AS (
    SELECT set_id, version, (created_at AT TIME ZONE 'UTC')::date AS day,
        count(*) FILTER (WHERE anomalous AND defective) AS true_positives,
        count(*) FILTER (WHERE anomalous AND NOT defective) AS false_positives,
        count(*) FILTER (WHERE NOT anomalous AND NOT defective) AS true_negatives,
        count(*) FILTER (WHERE NOT anomalous AND defective) AS false_negatives
    FROM judged WHERE user_id = $1 OR set_id IN (SELECT id FROM owned)
    GROUP BY set_id, version, day
)
SELECT set_id, version, day, c.inspected::bigint, c.anomalous::bigint,
    c.uninspectable::bigint,
    coalesce(true_positives, 0) AS true_positives,
    coalesce(false_positives, 0) AS false_positives,
    coalesce(true_negatives, 0) AS true_negatives,
    coalesce(false_negatives, 0) AS false_negatives
FROM counted c LEFT JOIN agreed USING (set_id, version, day)
WHERE c.inspected > 0 ORDER BY day DESC, set_id, version DESC
"""


class PostgresInspections:
    """`Inspections` over a pool.

    Args:
        pool: Connections.
        memberships: Who is in which group.
    """

    def __init__(self, pool: asyncpg.Pool, memberships: Memberships) -> None:
        self._pool = pool
        self._memberships = memberships

    async def record(self, records: Sequence[InspectionRecord]) -> None:
        """Remembers inspections, each once; not those of sets or images that are gone."""
        columns: tuple[list[Any], ...] = (
            [record.inspection_id for record in records],
            [record.user_id for record in records],
            [record.set_id for record in records],
            [record.version for record in records],
            [id_or_null(record.image_id) for record in records],
            [record.score for record in records],
            [record.threshold for record in records],
            [record.p_value for record in records],
            [record.target for record in records],
            [record.anomalous for record in records],
            [record.off_distribution for record in records],
            [descriptor_bytes(record.descriptor) for record in records],
            [record.created_at for record in records],
            *_findings_columns(records),
            [_problems_text(record) for record in records],
            [inspection_event(record) for record in records],
        )
        async with self._pool.acquire() as connection, connection.transaction():
            await writing(connection)
            parts = [id_or_null(record.part_inspection_id) for record in records]
            alignments = [_alignment_text(record) for record in records]
            await connection.execute(_RECORD, *columns, MOST_WAITING, parts, alignments)

    async def get(self, inspection_id: str, user_id: str) -> InspectionRecord | None:
        """An inspection that the user made, or with a set that the user owns."""
        row = await self._pool.fetchrow(
            "SELECT i.* FROM inspection.inspections i "
            "JOIN inspection.reference_sets s ON s.id = i.set_id "
            "WHERE i.id = $1 AND (i.user_id = $2 OR s.user_id = $2)",
            inspection_id,
            user_id,
        )
        return None if row is None else inspection_of(row)

    async def last_of_image(self, image_id: str, user_id: str) -> InspectionRecord | None:
        """The user's last inspection of an image."""
        row = await self._pool.fetchrow(
            "SELECT i.* FROM inspection.inspections i WHERE i.image_id = $1 AND i.user_id = $2 "
            "AND EXISTS (SELECT FROM inspection.reference_sets s WHERE s.id = i.set_id) "
            "ORDER BY i.created_at DESC, i.id DESC LIMIT 1",
            image_id,
            user_id,
        )
        return None if row is None else inspection_of(row)

    async def unjudged(
        self, user_id: str, set_id: str, *, at: datetime, limit: int
    ) -> Sequence[tuple[InspectionRecord, bool]]:
        """The user's last inspection of each stored image that nobody had judged then."""
        groups = await known_groups(self._memberships, user_id)
        rows = await self._pool.fetch(_UNJUDGED, user_id, id_or_null(set_id), limit, at, groups)
        return [(inspection_of(row), row["judged_since"]) for row in rows]

    async def sets_in_use(self, since: datetime, *, limit: int) -> Sequence[tuple[str, int]]:
        """Sets that were inspected with since then, and their current version; the last first."""
        rows = await self._pool.fetch(_SETS_IN_USE, since, limit)
        return [(str(row["id"]), row["current_version"]) for row in rows]

    async def recent_scores(self, set_id: str, version: int, *, limit: int) -> RecentScores:
        """Scores of the newest inspections, those that people called defective left out."""
        rows = await self._pool.fetch(_RECENT_SCORES, set_id, version, limit)
        scores = [row["score"] for row in rows if not row["off_distribution"]]
        return RecentScores(scores, uninspectable=len(rows) - len(scores))

    async def stats(self, user_id: str, set_id: str, version: int) -> Sequence[StatsRow]:
        """Counts of the user's inspections and of those with sets that the user owns."""
        rows = await self._pool.fetch(_STATS, user_id, id_or_null(set_id), version)
        return [
            StatsRow(
                set_id=str(row["set_id"]),
                version=row["version"],
                day=row["day"],
                inspected=row["inspected"],
                anomalous=row["anomalous"],
                uninspectable=row["uninspectable"],
                counts=Counts(
                    true_positives=row["true_positives"],
                    false_positives=row["false_positives"],
                    true_negatives=row["true_negatives"],
                    false_negatives=row["false_negatives"],
                ),
            )
            for row in rows
        ]

    async def forget_before(self, time: datetime) -> int:
        """Forgets older inspections that nobody gave feedback on; how many.

        Also what is left of the inspections of deleted sets, tombstones of images and feedback, and
        what was skipped or claimed long ago.
        """
        await sweep_review(self._pool)
        await sweep_deleted_feedback(self._pool)
        await sweep_deleted_sets(self._pool)
        await sweep_tombstones(self._pool)
        return await forget_inspections_before(self._pool, time)


def _problems_text(record: InspectionRecord) -> str | None:
    problems = problems_json(record.frame_problems)
    return None if problems is None else json.dumps(problems)


def _alignment_text(record: InspectionRecord) -> str | None:
    alignment = alignment_json(record.alignment)
    return None if alignment is None else json.dumps(alignment)


def _findings_columns(records: Sequence[InspectionRecord]) -> tuple[list[Any], ...]:
    """Of those that have findings, each column of `findings`."""
    known = [(one.inspection_id, one.findings) for one in records if one.findings is not None]
    grids = [found.grid for _, found in known]
    return (
        [inspection_id for inspection_id, _ in known],
        [json.dumps(regions_json(found.regions)) for _, found in known],
        [json.dumps(nearest_json(found.nearest)) for _, found in known],
        [grid and grid.in_thresholds.shape[0] for grid in grids],
        [grid and grid.in_thresholds.shape[1] for grid in grids],
        [grid and packed_grid(grid) for grid in grids],
        [grid and grid.width for grid in grids],
        [grid and grid.height for grid in grids],
    )
