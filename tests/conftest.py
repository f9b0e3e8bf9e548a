"""Real parts for every test: one of each per test session."""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import asyncpg
import pytest
import redis.asyncio

from tests.support import parts


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A running PostgreSQL; tests share its database."""
    with parts.postgres() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A running Redis; tests share its first database."""
    with parts.redis_server() as url:
        yield url


@pytest.fixture(scope="session")
def seaweedfs() -> Iterator[parts.SeaweedFS]:
    """A running SeaweedFS; whoever kills it starts it again."""
    with parts.seaweedfs() as server:
        yield server


@pytest.fixture(scope="session")
def s3(seaweedfs: parts.SeaweedFS) -> parts.S3:
    """A running object store with an empty bucket, and who may use it."""
    return seaweedfs.s3


@pytest.fixture(scope="module")
async def fresh_postgres_url(postgres_url: str) -> AsyncIterator[str]:
    """An empty database for this test module alone."""
    name = f"test_{uuid4().hex}"
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        yield postgres_url.replace("/postgres?", f"/{name}?")
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


@pytest.fixture(scope="module")
async def fresh_redis_url(redis_url: str) -> str:
    """An empty Redis database for this test module alone, one module at a time."""
    url = redis_url.replace("db=0", "db=1")
    async with redis.asyncio.from_url(url) as client:
        await client.flushdb()
    return url
