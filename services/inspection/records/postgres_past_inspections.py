"""Inspections that are looked at again, in PostgreSQL, schema `inspection`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import asyncpg

from services.inspection.model import Findings, PastInspection, RecentScore, Verdict
from services.inspection.records.postgres_finding_rows import findings_of, regions_of
from services.inspection.records.rows import FIRST_PAGE, id_or_null, inspection_of

_TRUTH = """coalesce(
    (SELECT f.defective FROM inspection.feedback f
     WHERE f.inspection_id = i.id AND f.defective IS NOT NULL
     ORDER BY f.created_at DESC, f.id DESC LIMIT 1),
    (SELECT f.defective FROM inspection.feedback f
     WHERE f.set_id = i.set_id AND f.image_id = i.image_id AND f.defective IS NOT NULL
     ORDER BY f.created_at DESC, f.id DESC LIMIT 1)
) AS truth"""
"""The last word on an inspection `i` or, where it has none, on its image in that set."""

_LIST = """
SELECT i.*, n.regions, n.grid IS NOT NULL AS has_grid, {truth}
FROM (
    (SELECT i.* FROM inspection.inspections i
     WHERE i.user_id = $1 AND {where}
         AND EXISTS (SELECT FROM inspection.reference_sets s WHERE s.id = i.set_id)
     ORDER BY i.created_at DESC, i.id DESC LIMIT $4)
    UNION ALL
    (SELECT i.* FROM inspection.reference_sets s CROSS JOIN LATERAL (
         SELECT * FROM inspection.inspections i
         WHERE i.set_id = s.id AND i.user_id <> $1 AND {where}
         ORDER BY i.created_at DESC, i.id DESC LIMIT $4
     ) i WHERE s.user_id = $1 ORDER BY i.created_at DESC, i.id DESC LIMIT $4)
    ORDER BY created_at DESC, id DESC LIMIT $4
) i LEFT JOIN inspection.findings n ON n.inspection_id = i.id
ORDER BY i.created_at DESC, i.id DESC
"""

_GET = f"""
SELECT i.*, n.*, n.grid IS NOT NULL AS has_grid, {_TRUTH}
FROM inspection.inspections i
JOIN inspection.reference_sets s ON s.id = i.set_id
LEFT JOIN inspection.findings n ON n.inspection_id = i.id
WHERE i.id = $1 AND (i.user_id = $2 OR s.user_id = $2)
"""  # noqa: S608 - our own words

_RECENT = f"""
SELECT i.score, i.anomalous, i.off_distribution, {_TRUTH}
FROM inspection.inspections i
WHERE i.set_id = $1 AND i.version = $2 AND ($3::uuid IS NULL OR i.user_id = $3)
    AND ($4::timestamptz IS NULL OR i.created_at >= $4)
    AND EXISTS (SELECT FROM inspection.reference_sets WHERE id = $1)
ORDER BY i.created_at DESC, i.id DESC LIMIT $5
"""  # noqa: S608 - our own words


class PostgresPastInspections:
    """`InspectionHistory` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def list(
        self,
        user_id: str,
        *,
        set_id: str = "",
        version: int = 0,
        image_id: str = "",
        verdict: Verdict | None = None,
        part_inspection_id: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        before: tuple[datetime, str] | None = None,
        limit: int,
    ) -> Sequence[PastInspection]:
        """Inspections of the user's, and of others with sets that the user owns, newest first."""
        parameters: list[Any] = [user_id, *(before or FIRST_PAGE), limit]
        conditions = ["(i.created_at, i.id) < ($2, $3)"]
        for condition, wanted in (
            ("i.set_id = ${}", id_or_null(set_id)),
            ("i.version = ${}", version or None),
            ("i.image_id = ${}", id_or_null(image_id)),
            ("i.part_inspection_id = ${}", id_or_null(part_inspection_id)),
            ("i.off_distribution = ${}", verdict and verdict is Verdict.UNINSPECTABLE),
            ("i.anomalous = ${}", verdict and verdict is not Verdict.NORMAL),
            ("i.created_at >= ${}", since),
            ("i.created_at < ${}", until),
        ):
            if wanted is not None:
                parameters.append(wanted)
                conditions.append(condition.format(len(parameters)))
        query = _LIST.format(truth=_TRUTH, where=" AND ".join(conditions))
        rows = await self._pool.fetch(query, *parameters)
        return [
            _past(row, None if row["regions"] is None else Findings(regions_of(row["regions"]), ()))
            for row in rows
        ]

    async def get(self, inspection_id: str, user_id: str) -> PastInspection | None:
        """An inspection that the user made, or with a set that the user owns."""
        row = await self._pool.fetchrow(_GET, inspection_id, user_id)
        return None if row is None else _past(row, findings_of(row))

    async def recent(
        self, set_id: str, version: int, *, user_id: str, since: datetime | None, limit: int
    ) -> Sequence[RecentScore]:
        """The newest inspections with a version, of one user if named, newest first."""
        rows = await self._pool.fetch(_RECENT, set_id, version, id_or_null(user_id), since, limit)
        return [
            RecentScore(row["score"], row["anomalous"], row["off_distribution"], row["truth"])
            for row in rows
        ]


def _past(row: asyncpg.Record, findings: Findings | None) -> PastInspection:
    return PastInspection(
        record=replace(inspection_of(row), findings=findings),
        has_grid=row["has_grid"],
        defective=row["truth"],
    )
