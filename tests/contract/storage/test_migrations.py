"""Bringing a database of an earlier version up to date."""

import hashlib
from datetime import UTC, datetime
from importlib import resources
from uuid import uuid4

from services.runtime.migrations import migrate
from services.runtime.postgres import open_pool
from services.storage.model import Listing
from services.storage.postgres_catalog import PostgresCatalog
from services.storage.postgres_overview import PostgresOverview
from services.storage.postgres_renditions import PostgresRenditions
from services.storage.postgres_upkeep import PostgresUpkeep


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


async def test_images_from_before_are_listed_counted_and_rendered(fresh_postgres_url: str) -> None:
    """From the tables as they were before there was a trash."""
    folder = resources.files("services.storage").joinpath("migrations")
    async with await open_pool(fresh_postgres_url) as pool:
        await pool.execute("DROP SCHEMA IF EXISTS storage CASCADE")
        await pool.execute(
            "CREATE SCHEMA storage; CREATE TABLE storage.schema_migrations (name text PRIMARY KEY, "
            "digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());"
        )
        for name in ("0001_images.sql", "0002_one_image_per_content.sql"):
            text = folder.joinpath(name).read_text(encoding="utf-8")
            await pool.execute(text)
            await pool.execute(
                "INSERT INTO storage.schema_migrations VALUES ($1, $2)",
                name,
                hashlib.sha256(text.encode()).hexdigest(),
            )
        owner, image_id, gone = uuid4(), uuid4(), uuid4()
        await pool.execute(
            "INSERT INTO storage.image_uploads (image_id, user_id, filename, content_type, "
            "size_bytes, state, created_at, put_expires_at, expires_at, completed_at, labels) "
            "VALUES ($1, $2, 'a', 'image/png', 1, 'INDEXED', now(), now(), now(), now(), $3)",
            image_id,
            owner,
            {"line": "3"},
        )
        await pool.execute(
            "INSERT INTO storage.deleted_images VALUES ($1, now(), now() - interval '1 minute')",
            gone,
        )
        await pool.execute(
            "INSERT INTO storage.outbox (event) VALUES ($1)",
            {"type": "deleted", "image_id": str(gone)},
        )

        await migrate(pool, schema="storage", package="services.storage")

        now = datetime.now(UTC)
        (image,) = await PostgresCatalog(pool).page(owner, Listing(), None, 10)
        assert (image.image_id, image.revision, image.deleted_at) == (image_id, 1, None)
        assert image.updated_at == image.completed_at
        (label,) = await PostgresOverview(pool).labels(owner, "", "", 10)
        assert (label.key, label.image_count, label.values) == ("line", 1, [("3", 1)])
        (due,) = await PostgresRenditions(pool).take(now, 10)
        assert due.image_id == image_id
        purged = {"type": "purged", "image_id": str(gone)}
        rows = await pool.fetch("DELETE FROM storage.outbox RETURNING event")
        assert [row["event"] for row in rows] == [purged], "inspection is told, too"
        assert await PostgresUpkeep(pool).announce_deletions_again(now, 10) == 1
        assert await pool.fetchval("SELECT event FROM storage.outbox") == purged
