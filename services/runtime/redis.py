"""Redis: one client per process, its failures as `Unavailable`, closed sessions."""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import redis.asyncio
from redis import exceptions
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from services.runtime.errors import ArgusError, Unavailable
from services.runtime.pools import PoolFull, pool_wait_s
from services.runtime.store_spans import statement

SOCKET_TIMEOUT_S = 10.0
MAX_CONNECTIONS = 50
CLOSED_SESSION_KEY = "argus:session:closed:"


class RedisUnavailable(Unavailable):
    """Redis does not answer."""

    reason = "REDIS_UNAVAILABLE"


class WritesRefused(exceptions.ResponseError):
    """Redis answers, and writes nothing now: its disk is full or broken."""


REDIS_ERRORS: dict[type[Exception], type[ArgusError]] = {
    exceptions.ConnectionError: RedisUnavailable,
    exceptions.TimeoutError: RedisUnavailable,
    exceptions.BusyLoadingError: RedisUnavailable,
    exceptions.OutOfMemoryError: RedisUnavailable,
    exceptions.ReadOnlyError: RedisUnavailable,
    WritesRefused: RedisUnavailable,
}
"""What the driver raises when Redis is down, or cannot write, for the server's error table."""


class WaitingPool(redis.asyncio.ConnectionPool):
    """A pool that lets callers wait, in turn, until a connection is free.

    The client's own `BlockingConnectionPool` waits with an `asyncio.Condition`,
    which before Python 3.13 loses a wake-up when who was woken is cancelled, and
    whose lock a cancelled `release` may never get: both cost a connection.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - as the client's pool takes them
        super().__init__(**options)
        self._free = asyncio.Semaphore(self.max_connections)
        self._lent: set[AbstractConnection] = set()

    async def get_connection(self, *_: object, **__: object) -> AbstractConnection:
        """A connection, as soon as one is free.

        Raises:
            PoolFull: none was, for as long as the call under way can wait.
        """
        try:
            async with asyncio.timeout(pool_wait_s()):
                await self._free.acquire()
        except TimeoutError:
            raise PoolFull("Redis", self.max_connections) from None
        try:
            connection: AbstractConnection = await super().get_connection()  # type: ignore[no-untyped-call] # the client's own
        except BaseException:
            self._free.release()
            raise
        self._lent.add(connection)
        return connection

    async def release(self, connection: AbstractConnection) -> None:
        """Takes a connection back; one that could not be connected was never lent."""
        try:
            await super().release(connection)
        finally:
            if connection in self._lent:
                self._lent.remove(connection)
                self._free.release()


@contextmanager
def _refusals_named() -> Iterator[None]:
    """Gives what the driver has no class for one of its own."""
    try:
        yield
    except exceptions.ResponseError as error:
        # In a pipeline the command that was refused is named before it.
        if "MISCONF " in str(error):
            raise WritesRefused(str(error)) from error
        raise


class _Pipeline(redis.asyncio.client.Pipeline):
    """Commands that are told in traces as one."""

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Sends all commands and waits for the answers."""
        with statement("PIPELINE", "redis"), _refusals_named():
            return await super().execute(raise_on_error)


class Client(redis.asyncio.Redis):
    """A client whose commands are told in traces; those of a pipeline as one."""

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> _Pipeline:
        """Collects commands, to be sent together."""
        return _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)

    async def execute_command(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - as the client's
        """Sends a command and waits for the answer."""
        with statement(str(args[0]), "redis"), _refusals_named():
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call] # the client's own


def open_redis(
    url: str, *, text: bool = True, max_connections: int = MAX_CONNECTIONS
) -> redis.asyncio.Redis:
    """Opens a client with a pool; text in and out, or bytes out.

    A command waits while all connections are busy, and raises `PoolFull` if that lasts.
    """
    return Client.from_pool(
        WaitingPool.from_url(
            url,
            max_connections=max_connections,
            decode_responses=text,
            socket_timeout=SOCKET_TIMEOUT_S,
            socket_connect_timeout=2.0,
            health_check_interval=30,
            retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), retries=2),
        )
    )


async def probe(client: redis.asyncio.Redis) -> None:
    """Raises if Redis does not answer; asks over a connection of its own.

    That those of the pool are busy says nothing about Redis.
    """
    pool: Any = client.connection_pool  # this part of the client is untyped
    connection = pool.make_connection()
    try:
        await connection.connect()
        await connection.send_command("PING")
        await connection.read_response()
    finally:
        await connection.disconnect(nowait=True)


class ClosedSessions:
    """Sessions that were closed before their access tokens expire."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client

    async def is_closed(self, session_id: str) -> bool:
        """True if the session was closed."""
        return bool(await self._client.exists(CLOSED_SESSION_KEY + session_id))

    async def closed_among(self, session_ids: Collection[str]) -> set[str]:
        """Those of the sessions that were closed."""
        if not (ids := list(session_ids)):
            return set()
        marks = await self._client.mget([CLOSED_SESSION_KEY + session_id for session_id in ids])
        return {session_id for session_id, mark in zip(ids, marks, strict=True) if mark}

    async def close(self, session_id: str, *, remember_s: int) -> None:
        """Closes a session; remembered until its last access token has expired."""
        await self._client.set(CLOSED_SESSION_KEY + session_id, "1", ex=remember_s)
