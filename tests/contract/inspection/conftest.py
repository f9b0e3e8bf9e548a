"""Inspection's stores over a real PostgreSQL."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from services.runtime.migrations import migrate
from services.runtime.postgres import open_pool
from tests.contract.inspection.records import Stores, new_id


@pytest.fixture(scope="module")
async def migrated(fresh_postgres_url: str) -> AsyncIterator[asyncpg.Pool]:
    async with await open_pool(fresh_postgres_url) as opened:
        await migrate(opened, schema="search", package="services.search")
        yield opened


@pytest.fixture
async def stores(migrated: asyncpg.Pool) -> Stores:
    """All ports over empty tables."""
    await migrated.execute(
        "TRUNCATE search.reference_sets, search.inspections, search.artifact_purges, "
        "search.deleted_sets CASCADE"
    )
    return Stores.over(migrated)


@pytest.fixture
def user() -> str:
    return new_id()


@pytest.fixture
def other() -> str:
    return new_id()
