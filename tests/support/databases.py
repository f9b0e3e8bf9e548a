"""Databases of one's own on the stores that all tests share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import redis.asyncio

from services.runtime.migrations import SCHEMAS, migrate
from services.runtime.postgres import open_pool


@asynccontextmanager
async def new_database(postgres_url: str) -> AsyncIterator[str]:
    """The URL of an empty database on a PostgreSQL; dropped at the end."""
    name = f"test_{uuid4().hex}"
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        yield postgres_url.replace("/postgres?", f"/{name}?")
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


async def emptied_redis(redis_url: str, number: int) -> str:
    """The URL of one of a Redis's numbered databases, emptied."""
    url = redis_url.replace("db=0", f"db={number}")
    async with redis.asyncio.from_url(url) as client:
        await client.flushdb()
    return url


@asynccontextmanager
async def migrated_pool(database_url: str, service: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to a database that has a service's tables."""
    async with await open_pool(database_url) as pool:
        await migrate(pool, schema=SCHEMAS[service], package=f"services.{service}")
        yield pool
