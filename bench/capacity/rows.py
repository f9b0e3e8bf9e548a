"""Bytes of an image's rows in PostgreSQL, which live as storage has them live."""

from collections.abc import Iterator
from uuid import uuid4

import asyncpg
import numpy as np

from bench.capacity.found import Found
from services.runtime.migrations import migrate
from services.runtime.postgres import open_pool

_BATCH = 5_000
_LABELS = 3

_RESERVE = """
INSERT INTO storage.image_uploads (image_id, user_id, filename, content_type, size_bytes, sha256,
    labels, state, created_at, put_expires_at, expires_at, updated_at)
SELECT id, $1, 'line-' || number || '-camera-04.jpg', 'image/jpeg', 512345,
    encode(sha256(id::text::bytea), 'hex'),
    jsonb_build_object('line', (number % 12)::text, 'lot', 'L' || number / 1000, 'camera',
        (number % 4)::text),
    'PENDING', now(), now(), now() + interval '1 hour', now()
FROM unnest($2::uuid[], $3::int[]) AS one (id, number)
"""
_COMPLETE = """
UPDATE storage.image_uploads SET state = 'UPLOADED', completed_at = now(), announced_at = now(),
    updated_at = now(), width = 2048, height = 1536, format = 'jpeg', phash = '0123456789abcdef',
    render_at = now() WHERE image_id = any($1::uuid[])
"""
_RENDER = """
UPDATE storage.image_uploads SET thumbhash = decode(repeat('ab', 24), 'hex'),
    renditions = '{512,2048}', render_at = NULL WHERE image_id = any($1::uuid[])
"""
_INDEX = """
UPDATE storage.image_uploads SET state = 'INDEXED', indexed_at = now(), updated_at = now()
    WHERE image_id = any($1::uuid[])
"""
_SIZES = """
SELECT sum(pg_table_size(c.oid))::bigint AS rows, sum(pg_indexes_size(c.oid))::bigint AS indexes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'storage' AND c.relkind = 'r'
"""


async def measured(url: str, rows: int) -> list[Found]:
    """Measures in a database without storage's tables.

    Each row is reserved, completed, rendered and indexed, a batch after the other, and vacuumed as
    autovacuum does it; so what updates leave behind counts.

    Args:
        url: The database.
        rows: How many; half of them are measured for themselves, to see whether it is linear.
    """
    async with await open_pool(url) as pool:
        await migrate(pool, schema="storage", package="services.storage")
    connection = await asyncpg.connect(url)
    try:
        empty = await _sizes(connection)
        await _fill(connection, range(rows // 2))
        half = await _sizes(connection)
        await _fill(connection, range(rows // 2, rows))
        whole = await _sizes(connection)
    finally:
        await connection.close()
    return list(_found(np.array(empty), np.array(half), np.array(whole), rows))


def _found(
    empty: "np.ndarray", half: "np.ndarray", whole: "np.ndarray", rows: int
) -> Iterator[Found]:
    first, second = (half - empty) / (rows // 2), (whole - half) / (rows - rows // 2)
    total = (whole - empty) / rows
    for number, (name, what) in enumerate(
        (("row_bytes", "table"), ("row_index_bytes", "all indexes"))
    ):
        yield Found(
            name,
            round(float(total[number])),
            "bytes per image",
            f"{rows:,} images with {_LABELS} labels in storage's tables, {what}; the first half "
            f"{first[number]:.0f}, the second {second[number]:.0f}",
        )


async def _fill(connection: "asyncpg.Connection[asyncpg.Record]", numbers: range) -> None:
    user_id = uuid4()
    for start in range(numbers.start, numbers.stop, _BATCH):
        chosen = list(range(start, min(start + _BATCH, numbers.stop)))
        ids = [uuid4() for _ in chosen]
        await connection.execute(_RESERVE, user_id, ids, chosen)
        for statement in (_COMPLETE, _RENDER, _INDEX):
            await connection.execute(statement, ids)
        await connection.execute("VACUUM ANALYZE storage.image_uploads")
    # Storage adds them up itself and forgets them.
    await connection.execute("TRUNCATE storage.label_count_changes")


async def _sizes(connection: "asyncpg.Connection[asyncpg.Record]") -> tuple[int, int]:
    row = await connection.fetchrow(_SIZES)
    if row is None:
        raise RuntimeError("PostgreSQL answered nothing")
    return row["rows"], row["indexes"]
