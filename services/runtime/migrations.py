"""Brings a service's schema up to date when it starts."""

import hashlib
import logging
from collections.abc import Mapping
from importlib import resources

from services.runtime.postgres import Connection, Pool, connect

MIGRATION_TIMEOUT_S = 3600.0
"""What one migration may take, and the wait for another replica's: they rewrite tables and build
indexes, which calls never do."""

SCHEMAS: Mapping[str, str] = {
    "auth": "auth",
    "storage": "storage",
    # `search` is what inspection's tables were in once, and inspection's first migration drops it.
    "search": "searches",
    "inspection": "inspection",
}
"""Schema of each service that has tables."""

_log = logging.getLogger(__name__)


class MigrationChanged(RuntimeError):
    """The file of a migration that was applied has been edited since."""


async def migrate(
    pool: Pool, *, schema: str, package: str, timeout_s: float = MIGRATION_TIMEOUT_S
) -> None:
    """Runs `migrations/NNNN_name.sql` of `package` in order, each once, all in a transaction.

    Several replicas may start at the same time: one does it, the others wait.

    Args:
        pool: Says which database; a connection of its own is used, whose statements have
            more time than calls have.
        schema: Of the service.
        package: Where the files are.
        timeout_s: What one statement, and the wait for other replicas, may take.

    Raises:
        MigrationChanged: if an applied file was edited since.
        DatabaseUnavailable: if PostgreSQL does not answer in time.
    """
    files = _files(package)
    connection = await connect(pool.url, timeout_s=timeout_s)
    try:
        async with connection.transaction():
            # The database's own limits are for calls, too.
            await connection.execute(
                "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;"
                "SET LOCAL idle_in_transaction_session_timeout = 0"
            )
            await _wait_for_turn(connection, schema)
            await _apply(connection, schema, files)
    finally:
        connection.terminate()


async def _wait_for_turn(connection: Connection, schema: str) -> None:
    lock = f"argus:{schema}"
    if not await connection.fetchval("SELECT pg_try_advisory_xact_lock(hashtext($1))", lock):
        _log.info("waiting for another replica to migrate schema %s", schema)
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", lock)


async def _apply(connection: Connection, schema: str, files: Mapping[str, str]) -> None:
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
    for name, text in files.items():
        digest = hashlib.sha256(text.encode()).hexdigest()
        if name not in applied:
            _log.info("applying migration %s.%s", schema, name)
            await connection.execute(text)
            await connection.execute(
                f'INSERT INTO "{schema}".schema_migrations (name, digest) VALUES ($1, $2)',  # noqa: S608 - our own name
                name,
                digest,
            )
        elif applied[name] != digest:
            raise MigrationChanged(
                f"{schema}.{name} was applied and has changed since; "
                "undo the edit and write a new migration"
            )


def _files(package: str) -> dict[str, str]:
    """SQL by file name, in order."""
    folder = resources.files(package).joinpath("migrations")
    return {
        file.name: file.read_text(encoding="utf-8")
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".sql")
    }
