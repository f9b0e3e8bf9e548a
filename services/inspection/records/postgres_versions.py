"""Versions of reference sets, and what is to be removed of them, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from services.inspection.errors import ArtifactWrong
from services.inspection.job import Ending, VersionResult
from services.inspection.model import MarkScore, Sensitivity, Threshold, Version
from services.inspection.records.postgres_jobs import end_succeeded
from services.inspection.records.rows import (
    banks_json,
    checks_json,
    id_or_null,
    marks_json,
    part_figures_json,
    sensitivity_json,
    settings_json,
    threshold_json,
    version_of,
)

PURGE_GRACE = timedelta(hours=1)
"""How long inspections under way may still load the artifact of a deleted version, and how long
what was put for a version has time to be kept."""

CLAIM_MARGIN = timedelta(minutes=1)
"""Longer than a transaction takes."""


class PostgresVersions:
    """`Versions` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def expect_artifact(self, name: str) -> bool:
        """Notes an artifact that is about to be put, so that it goes if nothing is kept of it.

        It is due in an hour; noted again, in an hour from then. False if it is due already, and
        so may be removed at any time.
        """
        noted = await self._pool.fetchval(
            "INSERT INTO inspection.artifact_purges AS p (name, due_at) VALUES ($1, now() + $2) "
            "ON CONFLICT (name) DO UPDATE SET due_at = EXCLUDED.due_at "
            "WHERE p.due_at > now() + $3 RETURNING true",
            name,
            PURGE_GRACE,
            CLAIM_MARGIN,
        )
        return bool(noted)

    async def keep(self, version: Version, *, ending: Ending[VersionResult], use: bool) -> int:
        """Keeps a version under the next number, and ends its job; the number.

        The artifact of a version that is not kept stays due for removal.

        Raises:
            ArtifactWrong: its artifact was not noted as expected, or is due for removal.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            row = await _set_in_hand(connection, version.set_id)
            if row is None:
                return 0
            number: int = row["last_version"] + 1
            result = replace(ending.result, version=number)
            changes = await end_succeeded(connection, ending, result)
            if changes is None:
                return 0
            if version.has_head:
                # It learnt from the images that the version which it corrects learnt from.
                changes = await connection.fetchval(
                    "SELECT coalesce((SELECT changes FROM inspection.versions "
                    "WHERE set_id = $1 AND version = $2), $3)",
                    version.set_id,
                    version.base_version,
                    changes,
                )
            if not await _claim(connection, version.artifact_name):
                raise ArtifactWrong("what was learnt was not kept in time; ask for it again")
            await _insert(connection, version, number, changes)
            await _numbered(connection, version.set_id, number, use=use)
            return number

    async def derive(
        self,
        set_id: str,
        base_version: int,
        threshold: Threshold,
        sensitivity: Sequence[Sensitivity],
        *,
        made_by: str,
        created_at: datetime,
        use: bool,
    ) -> Version | None:
        """Keeps a version that differs from another one in its threshold alone; None without that.

        It has that one's artifact, which stays as long as either is there. What was made by the
        same request before is given as it is.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            row = await _set_in_hand(connection, set_id)
            if row is None:
                return None
            before = await connection.fetchrow(
                "SELECT * FROM inspection.versions WHERE made_by = $1", made_by
            )
            if before is not None:
                return version_of(before)
            number: int = row["last_version"] + 1
            made = await connection.fetchrow(
                "INSERT INTO inspection.versions (set_id, version, created_at, image_ids, "
                "settings, model_version, threshold, held_out, coreset_size, artifact_name, "
                "artifact_sha256, artifact_bytes, base_version, has_head, changes, sensitivity, "
                "made_by, frame_checks, held_out_parts, part_figures, marks, banks, "
                "reference_image_id) "
                "SELECT set_id, $3, $4, image_ids, settings, model_version, $5, held_out, "
                "coreset_size, artifact_name, artifact_sha256, artifact_bytes, version, has_head, "
                "changes, $6, $7, frame_checks, held_out_parts, part_figures, marks, banks, "
                "reference_image_id "
                "FROM inspection.versions WHERE set_id = $1 AND version = $2 RETURNING *",
                set_id,
                base_version,
                number,
                created_at,
                threshold_json(threshold),
                sensitivity_json(sensitivity),
                made_by,
            )
            if made is None:
                return None
            await _numbered(connection, set_id, number, use=use)
            return version_of(made)

    async def get(self, set_id: str, version: int) -> Version | None:
        """A version."""
        row = await self._pool.fetchrow(
            "SELECT * FROM inspection.versions WHERE set_id = $1 AND version = $2", set_id, version
        )
        return None if row is None else version_of(row)

    async def exists(self, set_id: str, version: int) -> bool:
        """Whether there is such a version."""
        found = await self._pool.fetchval(
            "SELECT true FROM inspection.versions WHERE set_id = $1 AND version = $2",
            set_id,
            version,
        )
        return bool(found)

    async def list(
        self, set_id: str, *, before: int = 0, limit: int | None = None
    ) -> Sequence[Version]:
        """A set's versions, newest first: those below a number, at most so many."""
        rows = await self._pool.fetch(
            "SELECT * FROM inspection.versions WHERE set_id = $1 AND ($2 = 0 OR version < $2) "
            "ORDER BY version DESC LIMIT $3",
            set_id,
            before,
            limit,
        )
        return [version_of(row) for row in rows]

    async def remember_marks(self, set_id: str, version: int, marks: Sequence[MarkScore]) -> None:
        """Notes what painted defects score by a version that did not say so when it was kept."""
        await self._pool.execute(
            "UPDATE inspection.versions SET marks = $3 "
            "WHERE set_id = $1 AND version = $2 AND marks IS NULL",
            set_id,
            version,
            marks_json(marks),
        )

    async def use(self, set_id: str, version: int) -> bool:
        """Makes a version current; False if there is none."""
        async with self._pool.acquire() as connection, connection.transaction():
            if await _set_in_hand(connection, set_id) is None:
                return False
            used = await connection.fetchval(
                "UPDATE inspection.reference_sets SET current_version = $2 WHERE id = $1 "
                "AND EXISTS (SELECT FROM inspection.versions WHERE set_id = $1 AND version = $2) "
                "RETURNING true",
                set_id,
                version,
            )
            return bool(used)

    async def delete(self, set_id: str, version: int) -> bool:
        """Deletes a version unless it is current; False if there is none or it is current."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await _set_in_hand(connection, set_id)
            if row is None or row["current_version"] == version:
                return False
            name = await connection.fetchval(
                "DELETE FROM inspection.versions WHERE set_id = $1 AND version = $2 "
                "RETURNING artifact_name",
                set_id,
                version,
            )
            if name is None:
                return False
            await _purge(connection, name)
            return True

    async def due_artifacts(self, limit: int) -> Sequence[str]:
        """Names of artifacts to remove now."""
        rows = await self._pool.fetch(
            "SELECT p.name FROM inspection.artifact_purges p WHERE p.due_at <= now() "
            "AND NOT EXISTS (SELECT FROM inspection.versions v WHERE v.artifact_name = p.name) "
            "ORDER BY p.due_at, p.name LIMIT $1",
            limit,
        )
        return [row["name"] for row in rows]

    async def artifacts_removed(self, names: Sequence[str]) -> None:
        """They are gone."""
        await self._pool.execute(
            "DELETE FROM inspection.artifact_purges WHERE name = ANY($1)", names
        )


async def _set_in_hand(connection: Any, set_id: str) -> asyncpg.Record | None:  # noqa: ANN401 - a pool's proxy of a connection
    """Locks a set until the transaction ends; None if there is none."""
    row: asyncpg.Record | None = await connection.fetchrow(
        "SELECT current_version, last_version, changes FROM inspection.reference_sets "
        "WHERE id = $1 FOR NO KEY UPDATE",
        set_id,
    )
    return row


async def _purge(connection: Any, artifact_name: str) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    await connection.execute(
        "INSERT INTO inspection.artifact_purges (name, due_at) SELECT $1, now() + $2 "
        "WHERE NOT EXISTS (SELECT FROM inspection.versions WHERE artifact_name = $1) "
        "ON CONFLICT (name) DO NOTHING",
        artifact_name,
        PURGE_GRACE,
    )


async def _claim(connection: Any, artifact_name: str) -> bool:  # noqa: ANN401 - a pool's proxy of a connection
    """Keeps an expected artifact from being removed; False if it may be gone.

    One that is due within the margin may be removed before this transaction ends.
    """
    claimed = await connection.fetchval(
        "WITH claimed AS (DELETE FROM inspection.artifact_purges "
        "WHERE name = $1 AND due_at > now() + $2 RETURNING name) "
        "SELECT EXISTS (SELECT FROM claimed) OR (EXISTS (SELECT FROM inspection.versions "
        "WHERE artifact_name = $1) "
        "AND NOT EXISTS (SELECT FROM inspection.artifact_purges WHERE name = $1))",
        artifact_name,
        CLAIM_MARGIN,
    )
    return bool(claimed)


async def _numbered(connection: Any, set_id: str, number: int, *, use: bool) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    """Notes a set's last version, which becomes the current one if `use`."""
    await connection.execute(
        "UPDATE inspection.reference_sets SET last_version = $2, "
        "current_version = CASE WHEN $3 THEN $2 ELSE current_version END WHERE id = $1",
        set_id,
        number,
        use,
    )


async def _insert(connection: Any, version: Version, number: int, changes: int) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    await connection.execute(
        "INSERT INTO inspection.versions (set_id, version, created_at, image_ids, settings, "
        "model_version, threshold, held_out, coreset_size, artifact_name, artifact_sha256, "
        "artifact_bytes, base_version, has_head, changes, sensitivity, frame_checks, "
        "held_out_parts, part_figures, marks, banks, reference_image_id) VALUES ($1, $2, $3, $4, "
        "$5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
        version.set_id,
        number,
        version.created_at,
        version.image_ids,
        settings_json(version.settings),
        version.model_version,
        threshold_json(version.threshold),
        version.held_out,
        version.coreset_size,
        version.artifact_name,
        version.artifact_sha256,
        version.artifact_bytes,
        version.base_version,
        version.has_head,
        changes,
        sensitivity_json(version.sensitivity),
        checks_json(version.frame_checks),
        version.held_out_parts,
        part_figures_json(version.part_figures),
        marks_json(version.marks),
        banks_json(version.banks),
        id_or_null(version.reference_image_id),
    )
