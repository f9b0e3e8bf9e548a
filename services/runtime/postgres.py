"""PostgreSQL: the pool, its failures as `Unavailable`, and migrations."""

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources

import asyncpg

from services.runtime.errors import ArgusError, Unavailable

COMMAND_TIMEOUT_S = 10.0

_log = logging.getLogger(__name__)


class DatabaseUnavailable(Unavailable):
    """PostgreSQL does not answer."""

    reason = "DATABASE_UNAVAILABLE"


POSTGRES_ERRORS: dict[type[Exception], type[ArgusError]] = {
    asyncpg.PostgresConnectionError: DatabaseUnavailable,
    asyncpg.CannotConnectNowError: DatabaseUnavailable,
    asyncpg.AdminShutdownError: DatabaseUnavailable,
    asyncpg.CrashShutdownError: DatabaseUnavailable,
    asyncpg.TooManyConnectionsError: DatabaseUnavailable,
    asyncpg.InterfaceError: DatabaseUnavailable,
    # A connection whose server died in the midst of an answer does not know where it was.
    asyncpg.InternalClientError: DatabaseUnavailable,
    ConnectionError: DatabaseUnavailable,
    FileNotFoundError: DatabaseUnavailable,  # the unix socket of a stopped server
    TimeoutError: DatabaseUnavailable,
}
"""What the driver raises when PostgreSQL is down, for the server's error table."""


class MigrationChanged(RuntimeError):
    """A migration that was applied is not the file that stands there now."""


@contextmanager
def database_errors() -> Iterator[None]:
    """Raises `DatabaseUnavailable` in place of what the driver raises when PostgreSQL is down."""
    try:
        yield
    except tuple(POSTGRES_ERRORS) as error:
        raise DatabaseUnavailable(f"PostgreSQL does not answer ({type(error).__name__})") from None


async def _prepare(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
    )


async def open_pool(url: str, *, max_size: int = 8) -> asyncpg.Pool:
    """Opens a pool whose connections read and write `jsonb` as Python objects."""
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=max_size,
        command_timeout=COMMAND_TIMEOUT_S,
        timeout=5.0,
        init=_prepare,
        server_settings={"application_name": "argus"},
    )


async def migrate(pool: asyncpg.Pool, *, schema: str, package: str) -> None:
    """Brings a service's schema up to date.

    Runs `migrations/NNNN_name.sql` of `package` in order, each once and in a
    transaction; several replicas may start at the same time.

    Raises:
        MigrationChanged: if an applied file was edited since.
    """
    files = sorted(
        (
            file
            for file in resources.files(package).joinpath("migrations").iterdir()
            if file.name.endswith(".sql")
        ),
        key=lambda file: file.name,
    )
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"argus:{schema}")
        await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        await connection.execute(
            f'CREATE TABLE IF NOT EXISTS "{schema}".schema_migrations ('
            "name text PRIMARY KEY, digest text NOT NULL, "
            "applied_at timestamptz NOT NULL DEFAULT now())"
        )
        applied = {
            row["name"]: row["digest"]
            for row in await connection.fetch(
                f'SELECT name, digest FROM "{schema}".schema_migrations'  # noqa: S608 - our own name
            )
        }
        for file in files:
            text = file.read_text(encoding="utf-8")
            digest = hashlib.sha256(text.encode()).hexdigest()
            if file.name not in applied:
                await connection.execute(text)
                await connection.execute(
                    f'INSERT INTO "{schema}".schema_migrations (name, digest) VALUES ($1, $2)',  # noqa: S608 - our own name
                    file.name,
                    digest,
                )
                _log.info("applied migration %s.%s", schema, file.name)
            elif applied[file.name] != digest:
                raise MigrationChanged(
                    f"{schema}.{file.name} was applied and has changed since; "
                    "undo the edit and write a new migration"
                )


async def probe(pool: asyncpg.Pool) -> None:
    """Raises if PostgreSQL does not answer."""
    await pool.fetchval("SELECT 1")
