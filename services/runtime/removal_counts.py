"""How much was removed of deleted accounts, counted in the transactions that remove it.

So the counts are right whenever a process is killed, and whoever removes again adds to them. Each
schema that keeps something of users has a table `account_removals` for that.
"""

from collections.abc import Mapping
from typing import Any

import asyncpg


async def count_removed(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    schema: str,
    deletion_id: str,
    removed: Mapping[str, int],
) -> None:
    """Adds to the counts of a deletion, in the transaction that removes."""
    counts = sorted((what, count) for what, count in removed.items() if count)
    await connection.executemany(
        f"INSERT INTO {schema}.account_removals AS r (deletion_id, what, removed) "  # noqa: S608 - our own words
        "VALUES ($1, $2, $3) ON CONFLICT (deletion_id, what) "
        "DO UPDATE SET removed = r.removed + EXCLUDED.removed",
        [(deletion_id, what, count) for what, count in counts],
    )


async def removed_in_all(pool: asyncpg.Pool, schema: str, deletion_id: str) -> Mapping[str, int]:
    """How many of what were removed for a deletion."""
    rows = await pool.fetch(
        f"SELECT what, removed FROM {schema}.account_removals WHERE deletion_id = $1",  # noqa: S608 - our own words
        deletion_id,
    )
    return {row["what"]: row["removed"] for row in rows}
