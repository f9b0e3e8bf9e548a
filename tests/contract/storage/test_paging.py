"""Pages of a list follow each other whatever comes and goes between them, on a real PostgreSQL."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.storage.filter_sql import FILTER_FIELDS
from services.storage.model import Image, Listing, PagePosition
from services.storage.postgres_catalog import PostgresCatalog
from services.storage.translate import page_position, page_token

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def add(pool: asyncpg.Pool, owner: UUID, number: int, chance: random.Random) -> None:
    """An image of a time that others may have, which may say when it was taken."""
    taken = NOON - timedelta(microseconds=chance.randrange(6)) if chance.random() < 0.6 else None
    await pool.execute(
        "INSERT INTO storage.image_uploads (image_id, user_id, filename, content_type, "
        "size_bytes, state, created_at, put_expires_at, expires_at, completed_at, captured_at, "
        "capture) VALUES ($1, $2, $3, 'image/png', 1, 'INDEXED', $4, $4, $4, $4, $5, $6)",
        uuid4(),
        owner,
        str(number),
        NOON + timedelta(microseconds=chance.randrange(6)),
        taken,
        None if taken is None else {},
    )


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 2**32),
    size=st.integers(1, 7),
    by_capture=st.booleans(),
    oldest_first=st.booleans(),
)
async def test_each_image_that_stays_is_seen_once_and_in_order(
    migrated: asyncpg.Pool, seed: int, size: int, by_capture: bool, oldest_first: bool
) -> None:
    chance = random.Random(seed)  # noqa: S311 - to be the same again
    owner = uuid4()
    numbers = iter(range(1000))
    for _ in range(20):
        await add(migrated, owner, next(numbers), chance)
    catalog = PostgresCatalog(migrated)
    listing = Listing(by_capture=by_capture, oldest_first=oldest_first)
    seen: list[Image] = []
    token = ""
    while True:
        after = page_position(token, owner, "q")
        page = await catalog.page(owner, listing, after, size)
        seen += page
        if not page:
            break
        token = page_token(listing.place_of(page[-1]), owner, "q")
        if len(seen) < 60:
            await add(migrated, owner, next(numbers), chance)
        await migrated.execute(
            "DELETE FROM storage.image_uploads WHERE image_id = (SELECT image_id FROM "
            "storage.image_uploads WHERE user_id = $1 ORDER BY md5(image_id::text || $2) LIMIT 1)",
            owner,
            str(len(seen)),
        )
    ids = [image.image_id for image in seen]
    assert len(ids) == len(set(ids)), "none is seen twice"
    stayed = {row["image_id"] for row in await migrated.fetch(
        "SELECT image_id FROM storage.image_uploads WHERE user_id = $1 AND filename::int < 20",
        owner,
    )}  # fmt: skip
    assert stayed <= set(ids), "none that stays is missed"
    places = [_key(listing.place_of(image)) for image in seen]
    assert places == sorted(places, reverse=not oldest_first)


def _key(place: PagePosition) -> tuple[datetime, UUID]:
    return place.at, place.image_id


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_lists_by_capture_are_read_from_their_index(
    migrated: asyncpg.Pool, direction: str
) -> None:
    assert "capture_time" in FILTER_FIELDS
    async with migrated.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        await connection.execute("SET LOCAL enable_sort = off")
        plan = await connection.fetch(
            "EXPLAIN SELECT * FROM storage.image_uploads WHERE user_id = $1 "  # noqa: S608 - one of two words
            "AND deleted_at IS NULL ORDER BY coalesce(captured_at, created_at) "
            f"{direction}, image_id {direction} LIMIT 50",
            UUID(int=1),
        )
    assert any("image_uploads_taken" in row[0] for row in plan)
