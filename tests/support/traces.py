"""What every store has of a user, wherever it is: to see that nothing is left."""

from typing import Any

import asyncpg
import redis.asyncio
from minio import Minio

from services.runtime.migrations import SCHEMAS


async def rows_with(postgres_url: str, text: str) -> dict[str, int]:
    """How many rows of each table have a text, such as a user's id, in whatever column."""
    connection = await asyncpg.connect(postgres_url)
    try:
        columns = await connection.fetch(
            "SELECT c.table_schema || '.' || c.table_name AS name, c.column_name "
            "FROM information_schema.columns c JOIN information_schema.tables t "
            "USING (table_schema, table_name) WHERE t.table_type = 'BASE TABLE' "
            "AND c.table_schema = ANY($1) AND c.data_type IN ('uuid', 'text', 'jsonb', 'ARRAY')",
            list(SCHEMAS.values()),
        )
        found: dict[str, int] = {}
        for row in columns:
            count = await connection.fetchval(
                f"SELECT count(*) FROM {row['name']} "  # noqa: S608 - names that PostgreSQL told
                f"WHERE strpos({row['column_name']}::text, $1) > 0",
                text,
            )
            if count:
                found[row["name"]] = found.get(row["name"], 0) + count
        return found
    finally:
        await connection.close()


def objects_with(url: str, access_key: str, secret_key: str, text: str) -> list[str]:
    """Keys in the object store that have a text."""
    client = Minio(
        url.removeprefix("http://"),
        access_key=access_key,
        secret_key=secret_key,
        secure=False,
        region="us-east-1",
    )
    keys = [str(one.object_name) for one in client.list_objects("images", recursive=True)]
    return [key for key in keys if text in key]


async def keys_with(client: redis.asyncio.Redis, text: str) -> list[str]:
    """Redis's keys, and streams, that have a text."""
    found = []
    async for key in client.scan_iter(count=1000):
        content: Any = await client.xrange(key) if await client.type(key) == "stream" else ""
        if text in key or text in str(content):
            found.append(key)
    return found
