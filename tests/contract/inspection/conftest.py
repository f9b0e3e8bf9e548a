"""Inspection's stores over a real PostgreSQL."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from services.runtime.migrations import migrate
from services.runtime.postgres import open_pool
from tests.support.inspection.records import Stores, new_id


@pytest.fixture(scope="module")
async def migrated(fresh_postgres_url: str) -> AsyncIterator[asyncpg.Pool]:
    async with await open_pool(fresh_postgres_url) as opened:
        await migrate(opened, schema="inspection", package="services.inspection")
        yield opened


@pytest.fixture
async def stores(migrated: asyncpg.Pool) -> Stores:
    """All ports over empty tables."""
    await migrated.execute(
        "TRUNCATE inspection.reference_sets, inspection.inspections, inspection.artifact_purges, "
        "inspection.deleted_sets CASCADE"
    )
    return Stores.over(migrated)


@pytest.fixture
def user() -> str:
    return new_id()


@pytest.fixture
def other() -> str:
    return new_id()
