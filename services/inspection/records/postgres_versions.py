"""Versions of reference sets, and what is to be removed of them, in PostgreSQL."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg

from services.inspection.model import Calibration, Version
from services.inspection.records.rows import (
    sensitivity_json,
    settings_json,
    threshold_json,
    version_of,
)

PURGE_GRACE = timedelta(hours=1)
"""How long inspections under way may still load the artifact of a deleted version."""


class PostgresVersions:
    """`Versions` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def keep(self, version: Version, *, calibration: Calibration | None, use: bool) -> int:
        """Keeps a version under the next number, and ends its calibration; the number.

        The artifact of a version that is not kept is due for removal in an
        hour, unless another version has it.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            row = await _set_in_hand(connection, version.set_id)
            if row is None:
                await _purge(connection, version.artifact_name)
                return 0
            number: int = row["last_version"] + 1
            if calibration is None:
                changes = await connection.fetchval(
                    "SELECT changes FROM inspection.versions WHERE set_id = $1 AND version = $2",
                    version.set_id,
                    version.base_version,
                )
                if changes is None:
                    changes = row["changes"]
            else:
                changes = await connection.fetchval(
                    "UPDATE inspection.calibrations SET state = 'SUCCEEDED', stage = '', "
                    "version = $4, "
                    "ended_at = now(), leased_until = NULL "
                    "WHERE id = $1 AND set_id = $2 AND attempts = $3 AND state = 'RUNNING' "
                    "RETURNING changes",
                    calibration.calibration_id,
                    version.set_id,
                    calibration.attempts,
                    number,
                )
                if changes is None:
                    await _purge(connection, version.artifact_name)
                    return 0
            await _insert(connection, version, number, changes)
            await connection.execute(
                "DELETE FROM inspection.artifact_purges WHERE name = $1", version.artifact_name
            )
            await connection.execute(
                "UPDATE inspection.reference_sets SET last_version = $2, "
                "current_version = CASE WHEN $3 THEN $2 ELSE current_version END WHERE id = $1",
                version.set_id,
                number,
                use,
            )
            return number

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


async def _insert(connection: Any, version: Version, number: int, changes: int) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    await connection.execute(
        "INSERT INTO inspection.versions (set_id, version, created_at, image_ids, settings, "
        "model_version, threshold, held_out, coreset_size, artifact_name, artifact_sha256, "
        "artifact_bytes, base_version, has_head, changes, sensitivity) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
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
    )
