"""PostgreSQL: the pool, and its failures as errors that callers understand."""

import asyncio
import json
import logging
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from asyncpg.pool import PoolAcquireContext, PoolConnectionProxy

from services.runtime.errors import Unavailable
from services.runtime.pools import PoolFull, pool_wait_s
from services.runtime.store_spans import statement, untold

COMMAND_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 5.0
FULL_RETRY_S = 5.0
"""When trying again is sensible once a disk was full: room has to be made by somebody."""

SERVER_SETTINGS = {"application_name": "argus"}

_log = logging.getLogger(__name__)

_DOWN = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    # Refused, no such socket, and what takes longer than its timeout: all three are OSError.
    OSError,
)
_CLOSED = (asyncpg.InterfaceError, asyncpg.InternalClientError)
"""On a closed connection these mean that the server is gone; on an open one, that the code is
wrong."""


class DatabaseUnavailable(Unavailable):
    """PostgreSQL does not answer."""

    reason = "DATABASE_UNAVAILABLE"


class DatabaseFull(DatabaseUnavailable):
    """PostgreSQL answers, and its disk has no room for what was to be written."""

    reason = "DATABASE_FULL"


class Connection(asyncpg.Connection):
    """A connection that raises `DatabaseUnavailable` where the server does not answer.

    Where the server's disk is full, that is a `DatabaseFull`.
    Here, and only here, a `TimeoutError` or `FileNotFoundError` is PostgreSQL's.
    """

    __slots__ = ()

    async def execute(self, query: str, *args: Any, **options: Any) -> str:  # noqa: ANN401, D102 - as asyncpg
        with self._translated(), statement(query):
            return await super().execute(query, *args, **options)

    async def executemany(self, command: str, *args: Any, **options: Any) -> None:  # noqa: ANN401, D102 - as asyncpg
        with self._translated(), statement(command):
            await super().executemany(command, *args, **options)

    async def fetch(self, query: str, *args: Any, **options: Any) -> Any:  # noqa: ANN401, D102 - as asyncpg
        with self._translated(), statement(query):
            return await super().fetch(query, *args, **options)

    async def fetchval(self, query: str, *args: Any, **options: Any) -> Any:  # noqa: ANN401, D102 - as asyncpg
        with self._translated(), statement(query):
            return await super().fetchval(query, *args, **options)

    async def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:  # noqa: ANN401, D102 - as asyncpg
        with self._translated(), statement(query):
            return await super().fetchrow(query, *args, **options)

    async def fetchmany(self, query: str, *args: Any, **options: Any) -> Any:  # noqa: ANN401, D102 - as asyncpg
        with self._translated(), statement(query):
            return await super().fetchmany(query, *args, **options)

    def get_reset_query(self) -> str:
        """Nothing, which saves a round trip after each statement.

        An open transaction is rolled back in any case, and nothing else of a session outlives one:
        advisory locks are `_xact_`, settings are `LOCAL`, and whoever listens has a connection of
        its own. A test makes sure of that.
        """
        return ""

    async def reset(self, **options: Any) -> None:  # noqa: ANN401 - as asyncpg
        """What a pool does with each connection that it gets back; no trace tells of it."""
        with untold():
            await super().reset(**options)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except _DOWN as error:
            raise _unavailable(error) from error
        except _CLOSED as error:
            if not self.is_closed():
                raise
            raise _unavailable(error) from error
        except asyncpg.DiskFullError as error:
            _log.warning("PostgreSQL's disk is full: %s", error)
            raise DatabaseFull(
                "the database's disk is full; nothing was changed", retry_after_s=FULL_RETRY_S
            ) from error


class Pool(asyncpg.Pool):
    """A pool whose connections are waited for within bounds, and raise what `Connection` does."""

    url = ""
    """Where its connections go."""
    _probing: Connection | None = None

    def acquire(self, *, timeout: float | None = None) -> "_Acquiring":
        """Waits for a connection: `async with pool.acquire() as connection`.

        Raises:
            PoolFull: all were busy for as long as the call under way can wait.
            DatabaseUnavailable: PostgreSQL does not answer.
        """
        return _Acquiring(self, timeout)

    async def probe(self) -> None:
        """Raises if PostgreSQL does not answer; asks over a connection of its own.

        That those of the pool are busy says nothing about PostgreSQL.
        """
        connection = self._probing
        if connection is None or connection.is_closed():
            connection = self._probing = await connect(self.url, timeout_s=COMMAND_TIMEOUT_S)
        try:
            await connection.fetchval("SELECT 1")
        except BaseException:
            self._probing = None
            connection.terminate()
            raise

    def all_lent(self) -> bool:
        """Whether each connection is there and in use."""
        return self.get_size() == self.get_max_size() and self.get_idle_size() == 0

    async def close(self) -> None:
        """Waits until all connections are released and closes them."""
        try:
            await super().close()
        finally:
            if self._probing is not None:
                self._probing.terminate()
                self._probing = None


class _Acquiring(PoolAcquireContext):
    """What `Pool.acquire` gives; may be entered, or awaited."""

    def __init__(self, pool: Pool, wait_s: float | None) -> None:
        super().__init__(pool, None)
        self._pool = pool
        self._wait_s = wait_s
        self._lent: PoolConnectionProxy | None = None

    async def __aenter__(self) -> PoolConnectionProxy:
        wait_s = pool_wait_s() if self._wait_s is None else self._wait_s
        try:
            async with asyncio.timeout(wait_s) as limit:
                self._lent = await super().__aenter__()
                return self._lent
        except _DOWN as error:
            if limit.expired() and self._pool.all_lent():
                raise PoolFull("PostgreSQL", self._pool.get_max_size()) from None
            raise _unavailable(error) from error
        except _CLOSED as error:
            if not self._pool.is_closing():
                raise
            raise _unavailable(error) from error

    async def __aexit__(self, *exc: object) -> None:
        error = exc[1]
        lost = error if isinstance(error, _CLOSED) and _is_gone(self._lent) else None
        await super().__aexit__(*exc)
        if lost:
            raise _unavailable(lost) from lost

    def __await__(self) -> Generator[Any, None, PoolConnectionProxy]:
        return self.__aenter__().__await__()


def _is_gone(connection: PoolConnectionProxy | None) -> bool:
    """Whether a lent connection ended; asyncpg takes it back at once and forbids its use."""
    try:
        return connection is not None and connection.is_closed()
    except asyncpg.InterfaceError:
        return True


def _unavailable(error: Exception) -> DatabaseUnavailable:
    _log.warning("PostgreSQL does not answer: %r", error)
    return DatabaseUnavailable("database unavailable; try again", retry_after_s=1)


async def _prepare(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
    )


async def connect(url: str, *, timeout_s: float) -> Connection:
    """Opens a connection outside the pool.

    Args:
        url: Of the database.
        timeout_s: What a statement may take.

    Raises:
        DatabaseUnavailable: PostgreSQL does not answer.
    """
    try:
        connection: Connection = await asyncpg.connect(
            url,
            command_timeout=timeout_s,
            timeout=CONNECT_TIMEOUT_S,
            connection_class=Connection,
            server_settings=SERVER_SETTINGS,
        )
    except _DOWN as error:
        raise _unavailable(error) from error
    return connection


async def open_pool(
    url: str, *, max_size: int = 8, command_timeout_s: float = COMMAND_TIMEOUT_S
) -> Pool:
    """Opens a pool whose connections read and write `jsonb` as Python objects.

    Args:
        url: Of the database.
        max_size: Most connections; further calls wait for one.
        command_timeout_s: What a statement may take.

    Raises:
        DatabaseUnavailable: PostgreSQL does not answer.
    """
    pool = Pool(
        url,
        min_size=1,
        max_size=max_size,
        max_queries=50_000,
        max_inactive_connection_lifetime=300.0,
        loop=None,
        connection_class=Connection,
        record_class=asyncpg.Record,
        command_timeout=command_timeout_s,
        timeout=CONNECT_TIMEOUT_S,
        init=_prepare,
        server_settings=SERVER_SETTINGS,
    )
    pool.url = url
    try:
        await pool
    except _DOWN as error:
        raise _unavailable(error) from error
    return pool


async def probe(pool: Pool) -> None:
    """Raises if PostgreSQL does not answer."""
    await pool.probe()
