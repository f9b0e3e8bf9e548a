"""The pool of PostgreSQL connections and the migrations, with a real PostgreSQL."""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from services.runtime import request, store_spans
from services.runtime.migrations import MigrationChanged, migrate
from services.runtime.pools import PoolFull
from services.runtime.postgres import DatabaseFull, DatabaseUnavailable, Pool, open_pool, probe
from services.runtime.telemetry_contract import RPC_METHOD, SERVER_CALL
from tests.support.spans import Spans

BLINK_S = 0.05


@pytest.fixture
async def pool(fresh_postgres_url: str) -> AsyncIterator[Pool]:
    async with await open_pool(fresh_postgres_url, max_size=2) as opened:
        yield opened


async def in_a_call(pool: Pool, left_s: float) -> None:
    request.enter_call(request.CallScope("/m", "r", time.monotonic() + left_s))
    await pool.fetchval("SELECT 1")


async def test_a_full_pool_is_overload_and_no_outage(pool: Pool) -> None:
    async with pool.acquire(), pool.acquire():
        with pytest.raises(PoolFull) as caught:
            await asyncio.create_task(in_a_call(pool, BLINK_S))
        assert caught.value.reason == "OVERLOADED"
        assert caught.value.retry_after_s
        await probe(pool)
    await asyncio.create_task(in_a_call(pool, 60))


async def test_a_burst_waits_for_connections(pool: Pool) -> None:
    numbers = await asyncio.gather(*(pool.fetchval("SELECT $1::int", n) for n in range(200)))
    assert numbers == list(range(200))


async def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable):
        await open_pool(f"postgresql:///postgres?host={tmp_path}")
    with pytest.raises(DatabaseUnavailable):
        await open_pool("postgresql://127.0.0.1:1/postgres")


async def test_a_full_disk_is_said_so_and_the_connection_goes_on(pool: Pool) -> None:
    await pool.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
    # As PostgreSQL raises it where it cannot extend a file.
    full = "DO $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$"
    async with pool.acquire() as connection:

        async def write() -> None:
            async with connection.transaction():
                await connection.execute("INSERT INTO kept VALUES (1)")
                await connection.execute(full)

        with pytest.raises(DatabaseFull) as caught:
            await write()
        assert (caught.value.reason, caught.value.retry_after_s) == ("DATABASE_FULL", 5.0)
        assert await connection.fetchval("SELECT count(*) FROM kept") == 0
    await probe(pool)


async def test_a_statement_that_takes_too_long_is_unavailable(fresh_postgres_url: str) -> None:
    async with await open_pool(fresh_postgres_url, command_timeout_s=BLINK_S) as pool:
        with pytest.raises(DatabaseUnavailable):
            await pool.execute("SELECT pg_sleep(60)")


async def end(pool: Pool, connection: asyncpg.pool.PoolConnectionProxy) -> None:
    """Ends a connection from the server's side, and waits until it is known."""
    ended = asyncio.Event()
    connection.add_termination_listener(lambda _: ended.set())
    pid = connection.get_server_pid()
    await pool.execute("SELECT pg_terminate_backend($1)", pid)
    await ended.wait()


async def test_a_connection_that_ends_while_it_is_lent_is_unavailable(pool: Pool) -> None:
    async def between_statements() -> None:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT 1")
            await end(pool, connection)
            await connection.execute("SELECT 1")

    async def amid_a_statement() -> None:
        async with pool.acquire() as connection:
            own = connection.get_server_pid()
            await connection.fetch("SELECT pg_terminate_backend($1), pg_sleep(60)", own)

    for use in (between_statements, amid_a_statement):
        with pytest.raises(DatabaseUnavailable):
            await use()
    assert await pool.fetchval("SELECT 1") == 1


async def test_a_probe_finds_the_server_again(pool: Pool) -> None:
    await probe(pool)
    await pool.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with suppress(DatabaseUnavailable):  # unless the end of its connection is known already
        await probe(pool)
    await probe(pool)


@pytest.mark.parametrize("bug", [TimeoutError, FileNotFoundError, ConnectionError, KeyError])
async def test_what_the_code_between_statements_raises_is_not_the_databases(
    pool: Pool, bug: type[Exception]
) -> None:
    async def use() -> None:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT 1")
            raise bug("mine")

    with pytest.raises(bug):
        await use()


@pytest.mark.parametrize(
    ("statement", "argument"), [("SELECT $1::int", "three"), ("SELECT $1::text, $2::text", "one")]
)
async def test_a_wrong_statement_is_no_outage(pool: Pool, statement: str, argument: str) -> None:
    with pytest.raises((asyncpg.InterfaceError, asyncpg.DataError)):
        await pool.fetch(statement, argument)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package without migrations."""
    name = f"migrated_{tmp_path.name}"
    (tmp_path / name / "migrations").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    return name


def write(package: str, file: str, sql: str) -> None:
    folder = Path(next(path for path in sys.path if (Path(path) / package).is_dir()))
    (folder / package / "migrations" / file).write_text(sql)


async def test_a_migration_may_take_longer_than_a_call_and_replicas_wait_for_it(
    fresh_postgres_url: str, package: str
) -> None:
    write(package, "0001_slow.sql", "CREATE TABLE slow.t (); SELECT pg_sleep(0.5)")
    async with (
        await open_pool(fresh_postgres_url, command_timeout_s=BLINK_S) as one,
        await open_pool(fresh_postgres_url, command_timeout_s=BLINK_S) as other,
    ):
        await asyncio.gather(
            *(migrate(pool, schema="slow", package=package) for pool in (one, other))
        )
        assert await one.fetchval("SELECT count(*) FROM slow.schema_migrations") == 1


async def test_migrations_have_a_limit_of_their_own(pool: Pool, package: str) -> None:
    write(package, "0001_endless.sql", "SELECT pg_sleep(60)")
    with pytest.raises(DatabaseUnavailable):
        await migrate(pool, schema="endless", package=package, timeout_s=BLINK_S)
    assert not await pool.fetchval("SELECT to_regnamespace('endless')::text")


async def test_the_databases_limit_on_statements_is_not_for_migrations(
    pool: Pool, package: str
) -> None:
    write(package, "0001_slow.sql", "SELECT pg_sleep(0.2)")
    name = await pool.fetchval("SELECT current_database()")
    await pool.execute(f"ALTER DATABASE {name} SET statement_timeout = 50")
    try:
        await migrate(pool, schema="limited", package=package)
    finally:
        await pool.execute(f"ALTER DATABASE {name} RESET statement_timeout")


async def test_an_applied_migration_must_not_change(pool: Pool, package: str) -> None:
    write(package, "0001_one.sql", "CREATE TABLE kept.one ()")
    await migrate(pool, schema="kept", package=package)
    write(package, "0002_two.sql", "CREATE TABLE kept.two ()")
    await migrate(pool, schema="kept", package=package)
    write(package, "0001_one.sql", "CREATE TABLE kept.uno ()")
    with pytest.raises(MigrationChanged, match=r"kept\.0001_one\.sql"):
        await migrate(pool, schema="kept", package=package)


async def test_traces_tell_what_was_asked_and_not_that_connections_are_handed_back(
    fresh_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = Spans()
    monkeypatch.setattr(store_spans, "_tracing", spans.tracing)
    async with await open_pool(fresh_postgres_url) as pool:
        with spans.tracing.span(SERVER_CALL, {RPC_METHOD: "test/Call"}) as call:
            assert await pool.fetchval("SELECT 1") == 1
            async with pool.acquire() as connection:
                await connection.execute("SET search_path TO public")
    assert [span.name for span in spans.within(call.inner)] == [
        "SELECT postgresql",
        "SET postgresql",
    ]


async def test_a_connection_comes_back_without_what_was_begun_on_it(
    fresh_postgres_url: str,
) -> None:
    async with await open_pool(fresh_postgres_url, max_size=1) as pool:
        async with pool.acquire() as connection:
            await connection.execute("CREATE TABLE IF NOT EXISTS left_behind (number int)")
        with suppress(ZeroDivisionError):
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute("INSERT INTO left_behind VALUES (1)")
                raise ZeroDivisionError
        async with pool.acquire() as connection:
            await connection.execute("BEGIN")
            await connection.execute("INSERT INTO left_behind VALUES (2)")
        assert await pool.fetchval("SELECT count(*) FROM left_behind") == 0


def test_no_statement_leaves_anything_in_a_session() -> None:
    """So that connections need not be reset, which would take a round trip after each use."""
    lasting = re.compile(
        r"pg_(try_)?advisory_lock|\bLISTEN [a-z]|CREATE TEMP|\bDECLARE [a-z]|WITH HOLD"
        r"|\bSET (SESSION|TIME ZONE|search_path|role(?!\s*=)|work_mem|\w+_timeout)\b"
    )
    services = Path(__file__).resolve().parents[3] / "services"
    found = [
        f"{path.relative_to(services)}: {match.group()}"
        for path in sorted([*services.rglob("*.py"), *services.rglob("*.sql")])
        for match in lasting.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []
