"""Storage's tables on a real PostgreSQL."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.support.databases import migrated_pool


@pytest.fixture(scope="module")
async def migrated(fresh_postgres_url: str) -> AsyncIterator[asyncpg.Pool]:
    async with migrated_pool(fresh_postgres_url, "storage") as opened:
        yield opened
