"""Inspection's stores over a real PostgreSQL."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.support.databases import migrated_pool
from tests.support.inspection.records import Stores, new_id


@pytest.fixture(scope="module")
async def migrated(fresh_postgres_url: str) -> AsyncIterator[asyncpg.Pool]:
    async with migrated_pool(fresh_postgres_url, "inspection") as opened:
        yield opened


@pytest.fixture
async def stores(migrated: asyncpg.Pool) -> Stores:
    """All ports over empty tables."""
    await migrated.execute(
        "TRUNCATE inspection.reference_sets, inspection.inspections, inspection.artifact_purges, "
        "inspection.deleted_sets, inspection.forgotten_images, inspection.deleted_feedback CASCADE"
    )
    return Stores.over(migrated)


@pytest.fixture
def user() -> str:
    return new_id()


@pytest.fixture
def other() -> str:
    return new_id()
