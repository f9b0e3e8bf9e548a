"""The database of a mesh as one file, by PostgreSQL's own `pg_dump` and `pg_restore`."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg

from mesh.errors import MeshError
from mesh.parts.postgres import binaries
from mesh.supervision.environment import inherited
from services.storage.postgres_removals import LOCK

_VARIABLES = {
    "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
    "dbname": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
}  # fmt: skip
_GONE = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What asyncpg raises when the server has closed the connection."""

_LOCK_TIMEOUT_MS = 60_000


@dataclass(frozen=True)
class Taken:
    """What was taken of a database, as of one moment."""

    moment: datetime
    postgres_version: str
    migrations: dict[str, dict[str, str]]
    """SHA-256 of each migration, by schema and name."""

    tables: dict[str, int]
    """Rows of each table, by `schema.table`."""


@asynccontextmanager
async def removals_held(url: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """While it lasts, storage removes no object. Ends with this process, however that ends.

    Yields:
        Raises MeshError unless it has lasted until then.

    Raises:
        MeshError: Another backup is made.
    """
    connection = await _connected(url)
    try:
        await connection.execute(f"SET lock_timeout = {_LOCK_TIMEOUT_MS}")
        try:
            # Waits in the line, so that no new removal begins before it.
            await connection.execute("SELECT pg_advisory_lock(hashtext($1))", LOCK)
        except asyncpg.LockNotAvailableError as error:
            raise MeshError(
                "Another backup of this mesh is made, or a removal of objects does not end.",
                "Try again when it has ended.",
            ) from error

        async def still_held() -> None:
            try:
                await connection.execute("SELECT 1")
            except (*_GONE, OSError) as error:
                raise MeshError(
                    "PostgreSQL went away while objects were copied; some may have been removed "
                    "meanwhile.",
                    "Start the backup again; it goes on with what it has.",
                ) from error

        yield still_held
        # At once, and not when the server finds the connection closed.
        with suppress(*_GONE, OSError):
            await connection.execute("SELECT pg_advisory_unlock_all()")
    finally:
        connection.terminate()


async def take(url: str, file: Path) -> Taken:
    """Writes all schemas of Argus into a file, as of one moment.

    Raises:
        MeshError: PostgreSQL does not answer, pg_dump fails, or nothing of Argus is there.
    """
    connection = await _connected(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
            moment = await connection.fetchval("SELECT now()")
            schemas = await schemas_of(connection)
            if not schemas:
                raise MeshError(
                    "The database has no tables of Argus.",
                    "Is it the right one? A mesh makes them at its first start.",
                )
            await _run(
                url, "pg_dump", "--format=custom", "--compress=gzip:1", "--no-owner",
                "--no-privileges", f"--snapshot={snapshot}", f"--file={file}",
                *(f"--schema={schema}" for schema in schemas),
            )  # fmt: skip
            tables = await connection.fetch(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY($1) "
                "ORDER BY 1, 2",
                schemas,
            )
            return Taken(
                moment,
                await connection.fetchval("SHOW server_version"),
                {schema: await _migrations(connection, schema) for schema in schemas},
                {
                    f"{schema}.{table}": await connection.fetchval(
                        f'SELECT count(*) FROM "{schema}"."{table}"'  # noqa: S608 - names of tables
                    )
                    for schema, table in tables
                },
            )
    finally:
        connection.terminate()


async def is_empty(url: str) -> bool:
    """Whether nothing of Argus is in a database."""
    connection = await _connected(url)
    try:
        return not await schemas_of(connection)
    finally:
        connection.terminate()


async def put_back(url: str, file: Path) -> None:
    """Makes the schemas and rows of a file, all or nothing.

    Raises:
        MeshError: It fails; the database is as it was.
    """
    await _run(
        url, "pg_restore", "--single-transaction", "--exit-on-error", "--no-owner",
        "--no-privileges", f"--dbname={connection_variables(url)['PGDATABASE']}", str(file),
    )  # fmt: skip


async def schemas_of(connection: asyncpg.Connection) -> list[str]:
    """Schemas that services have brought up to date."""
    rows = await connection.fetch(
        "SELECT schemaname FROM pg_tables WHERE tablename = 'schema_migrations' ORDER BY 1"
    )
    return [row["schemaname"] for row in rows]


def connection_variables(url: str) -> dict[str, str]:
    """A database's URL as libpq's variables: a command line is there for everybody to read."""
    parts = urlsplit(url)
    given = {
        "host": parts.hostname and unquote(parts.hostname),
        "port": str(parts.port) if parts.port else "",
        "user": parts.username and unquote(parts.username),
        "password": parts.password and unquote(parts.password),
        "dbname": unquote(parts.path.lstrip("/")),
        **dict(parse_qsl(parts.query)),
    }
    return {name: str(given[key]) for key, name in _VARIABLES.items() if given.get(key)}


async def _migrations(connection: asyncpg.Connection, schema: str) -> dict[str, str]:
    rows = await connection.fetch(
        f'SELECT name, digest FROM "{schema}".schema_migrations ORDER BY name'  # noqa: S608 - a schema's name
    )
    return {row["name"]: row["digest"] for row in rows}


async def _connected(url: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(
            url,
            timeout=10,
            # The database's own limits are for calls.
            server_settings={
                "statement_timeout": "0",
                "lock_timeout": "0",
                "idle_in_transaction_session_timeout": "0",
                "idle_session_timeout": "0",
            },
        )
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise MeshError(f"PostgreSQL does not answer: {error}", "See `argus status`.") from error


async def _run(url: str, program: str, *arguments: str) -> None:
    await run_program(program, arguments, connection_variables(url))


async def run_program(
    program: str, arguments: Iterable[str], variables: Mapping[str, str] | None = None
) -> None:
    """Runs one of PostgreSQL's programs; it ends with whoever waits for it.

    Raises:
        MeshError: It fails; carries what it said.
    """
    process = await asyncio.create_subprocess_exec(
        str(binaries() / program),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**inherited(("PG*",)), "LC_ALL": "C", **(variables or {})},
        cwd=os.sep,
    )
    try:
        _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        words = said.decode(errors="replace").strip()[-800:]
        raise MeshError(f"{program} failed: {words}", "Is the disk full? See what it says.")
