"""Redis: one client per process, its failures as `Unavailable`, closed sessions."""

import redis.asyncio
from redis import exceptions
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from services.runtime.errors import ArgusError, Unavailable

SOCKET_TIMEOUT_S = 10.0
CLOSED_SESSION_KEY = "argus:session:closed:"


class RedisUnavailable(Unavailable):
    """Redis does not answer."""

    reason = "REDIS_UNAVAILABLE"


REDIS_ERRORS: dict[type[Exception], type[ArgusError]] = {
    exceptions.ConnectionError: RedisUnavailable,
    exceptions.TimeoutError: RedisUnavailable,
    exceptions.BusyLoadingError: RedisUnavailable,
}
"""What the driver raises when Redis is down, for the server's error table."""


def open_redis(url: str, *, text: bool = True) -> redis.asyncio.Redis:
    """Opens a client with a pool; text in and out, or bytes out."""
    return redis.asyncio.Redis.from_url(
        url,
        decode_responses=text,
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=2.0,
        health_check_interval=30,
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), retries=2),
    )


class ClosedSessions:
    """Sessions that were closed before their access tokens expire."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client

    async def is_closed(self, session_id: str) -> bool:
        """True if the session was closed."""
        return bool(await self._client.exists(CLOSED_SESSION_KEY + session_id))

    async def close(self, session_id: str, *, remember_s: int) -> None:
        """Closes a session; remembered until its last access token has expired."""
        await self._client.set(CLOSED_SESSION_KEY + session_id, "1", ex=remember_s)
