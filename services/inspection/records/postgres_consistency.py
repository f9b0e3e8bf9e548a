"""What inspection remembers, for checks, in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence

import asyncpg

_FIRST = "00000000-0000-0000-0000-000000000000"
_TABLES = ("reference_images", "inspections", "feedback")


def _named(where: str, rest: str = "") -> str:
    """Images that are named somewhere, of each table by its own index."""
    return " UNION ".join(
        f"(SELECT DISTINCT image_id FROM inspection.{table} "  # noqa: S608 - our own names
        f"WHERE image_id IS NOT NULL AND {where} {rest})"
        for table in _TABLES
    )


class PostgresConsistency:
    """`ConsistencyRecords` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def image_ids(self, after: str, limit: int) -> Sequence[str]:
        """Ids of images that sets, inspections or feedback name, ascending, behind `after`."""
        some = _named("image_id > $1", "ORDER BY image_id LIMIT $2")
        rows = await self._pool.fetch(
            f"SELECT image_id FROM ({some}) n ORDER BY image_id LIMIT $2",  # noqa: S608 - our own words
            after or _FIRST,
            limit,
        )
        return [str(row["image_id"]) for row in rows]

    async def remembers(self, image_ids: Sequence[str]) -> Collection[str]:
        """Those of the images that sets, inspections or feedback name."""
        rows = await self._pool.fetch(_named("image_id = ANY($1::uuid[])"), image_ids)
        return {str(row["image_id"]) for row in rows}

    async def artifacts(self, after: str, limit: int) -> Sequence[str]:
        """Names of artifacts that versions have, in the order of their bytes, behind `after`."""
        rows = await self._pool.fetch(
            'SELECT name FROM (SELECT DISTINCT artifact_name COLLATE "C" AS name '
            "FROM inspection.versions) n WHERE name > $1 ORDER BY name LIMIT $2",
            after,
            limit,
        )
        return [row["name"] for row in rows]

    async def owners(self, names: Sequence[str]) -> Mapping[str, str]:
        """Artifacts that versions have, and whose reference set each is of."""
        rows = await self._pool.fetch(
            "SELECT DISTINCT ON (v.artifact_name) v.artifact_name, s.user_id "
            "FROM inspection.versions v JOIN inspection.reference_sets s ON s.id = v.set_id "
            "WHERE v.artifact_name = ANY($1) ORDER BY v.artifact_name, s.id",
            names,
        )
        return {row["artifact_name"]: str(row["user_id"]) for row in rows}

    async def expected(self, names: Sequence[str]) -> Collection[str]:
        """Those of the artifacts that versions have, or that are to be removed in time."""
        rows = await self._pool.fetch(
            "SELECT artifact_name AS name FROM inspection.versions "
            "WHERE artifact_name = ANY($1) UNION "
            "SELECT name FROM inspection.artifact_purges WHERE name = ANY($1)",
            names,
        )
        return {row["name"] for row in rows}

    async def remove_artifacts(self, names: Sequence[str]) -> None:
        """Has artifacts removed that no version has by then."""
        await self._pool.execute(
            "INSERT INTO inspection.artifact_purges (name, due_at) "
            "SELECT n, now() FROM unnest($1::text[]) n ON CONFLICT (name) DO NOTHING",
            names,
        )
