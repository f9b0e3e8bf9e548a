"""Counts of a user's images, in PostgreSQL: in all, by month, by label."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from services.storage.errors import TimeZoneUnknown
from services.storage.filter_sql import listed
from services.storage.model import LabelKey, Listing, Month

_MONTHS = """
WITH months AS (
    SELECT date_trunc('month', created_at AT TIME ZONE ${zone}) AS month, count(*) AS count
    FROM storage.image_uploads WHERE {condition} GROUP BY 1
)
SELECT month, count, month AT TIME ZONE ${zone} AS begins_at,
    (month + interval '1 month') AT TIME ZONE ${zone} AS ends_at
FROM months ORDER BY month DESC
"""

_LABELS = """
WITH counted AS (
    SELECT key, value, sum(image_count) AS count FROM (
        SELECT key, value, image_count FROM storage.label_counts WHERE {chosen}
        UNION ALL
        SELECT key, value, change FROM storage.label_count_changes WHERE {chosen}
    ) parts GROUP BY key, value HAVING sum(image_count) > 0
), ranked AS (
    SELECT key, value, count,
        row_number() OVER (PARTITION BY key ORDER BY count DESC, value) AS rank,
        sum(count) OVER (PARTITION BY key) AS image_count,
        count(*) OVER (PARTITION BY key) AS value_count
    FROM counted
)
SELECT key, value, count::bigint, image_count::bigint, value_count FROM ranked
WHERE rank <= $2 ORDER BY key COLLATE "C", rank
"""


class PostgresOverview:
    """`Overview` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._zones: frozenset[str] = frozenset()

    async def count(self, user_id: UUID, listing: Listing) -> int:
        """How many images a listing has."""
        parameters: list[Any] = [user_id]
        found: int = await self._pool.fetchval(
            f"SELECT count(*) FROM storage.image_uploads WHERE {listed(listing, parameters)}",  # noqa: S608 - values are parameters
            *parameters,
        )
        return found

    async def months(self, user_id: UUID, listing: Listing, time_zone: str) -> list[Month]:
        """How many images a listing has by month, newest first."""
        await self._check(time_zone)
        parameters: list[Any] = [user_id, time_zone]
        condition = listed(listing, parameters)
        rows = await self._pool.fetch(_MONTHS.format(zone=2, condition=condition), *parameters)
        return [
            Month(
                row["month"].year,
                row["month"].month,
                row["count"],
                row["begins_at"],
                row["ends_at"],
            )
            for row in rows
        ]

    async def labels(self, user_id: UUID, key: str, prefix: str, max_values: int) -> list[LabelKey]:
        """The labels of a user's images, by key."""
        parameters: list[Any] = [user_id, max_values]
        chosen = "user_id = $1"
        if key:
            parameters.append(key)
            chosen += " AND key = $3"
        if prefix:
            parameters.append(prefix)
            chosen += f" AND starts_with({'value' if key else 'key'}, ${len(parameters)})"
        rows = await self._pool.fetch(_LABELS.format(chosen=chosen), *parameters)
        return _by_key(rows)

    async def _check(self, time_zone: str) -> None:
        if not self._zones:
            rows = await self._pool.fetch("SELECT name FROM pg_timezone_names")
            self._zones = frozenset(row["name"] for row in rows)
        if time_zone not in self._zones:
            raise TimeZoneUnknown(
                "there is no such time zone; name one as the IANA database does, such as "
                "Europe/Berlin",
                field="time_zone",
            )


def _by_key(rows: Sequence[asyncpg.Record]) -> list[LabelKey]:
    keys: dict[str, LabelKey] = {}
    for row in rows:
        key = keys.setdefault(
            row["key"], LabelKey(row["key"], row["image_count"], row["value_count"], [])
        )
        key.values.append((row["value"], row["count"]))
    return list(keys.values())
