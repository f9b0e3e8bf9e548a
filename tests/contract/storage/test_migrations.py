"""Bringing a database of an earlier version up to date."""

import hashlib
from importlib import resources
from uuid import uuid4

from services.runtime.migrations import migrate
from services.runtime.postgres import open_pool


async def test_copies_that_an_earlier_version_kept_stay(fresh_postgres_url: str) -> None:
    first = resources.files("services.storage").joinpath("migrations/0001_images.sql").read_text()
    async with await open_pool(fresh_postgres_url) as pool:
        await pool.execute(
            "CREATE SCHEMA storage; CREATE TABLE storage.schema_migrations (name text PRIMARY KEY, "
            "digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());"
        )
        await pool.execute(first)
        await pool.execute(
            "INSERT INTO storage.schema_migrations VALUES ('0001_images.sql', $1)",
            hashlib.sha256(first.encode()).hexdigest(),
        )
        owner = uuid4()
        for state in ("PENDING", "PENDING", "INDEXED", "INDEXED"):
            await pool.execute(
                "INSERT INTO storage.image_uploads (image_id, user_id, filename, content_type, "
                "size_bytes, sha256, state, created_at, put_expires_at, expires_at, completed_at) "
                "VALUES ($1, $2, 'a', 'image/png', 1, repeat('a', 64), $3, now(), now(), now(), "
                "now())",
                uuid4(),
                owner,
                state,
            )

        await migrate(pool, schema="storage", package="services.storage")

        count = await pool.fetchval(
            "SELECT count(*) FROM storage.image_uploads WHERE NOT only_copy"
        )
    assert count == 4
