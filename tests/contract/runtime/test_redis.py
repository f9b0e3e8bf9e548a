"""The pool of Redis connections, with a real Redis."""

import asyncio
import time

import pytest
import redis.asyncio
from redis.exceptions import ResponseError

from services.runtime import request
from services.runtime.errors import DeadlineExceeded
from services.runtime.pools import PoolFull
from services.runtime.redis import (
    REDIS_ERRORS,
    ClosedSessions,
    RedisUnavailable,
    WritesRefused,
    open_redis,
    probe,
)

BURST = 400


async def test_a_burst_waits_for_connections(fresh_redis_url: str) -> None:
    async with open_redis(fresh_redis_url) as client:
        sessions = ClosedSessions(client)
        await sessions.close("s3", remember_s=60)
        found = await asyncio.gather(*(sessions.is_closed(f"s{i}") for i in range(BURST)))
    assert [number for number, closed in enumerate(found) if closed] == [3]


async def test_a_burst_of_transactions_and_scripts_waits_too(fresh_redis_url: str) -> None:
    async with open_redis(fresh_redis_url, max_connections=3) as client:
        count = client.register_script("return redis.call('INCR', KEYS[1])")

        async def both(number: int) -> None:
            await count(["scripts"])
            async with client.pipeline(transaction=True) as pipe:
                pipe.set(f"k{number}", "v")
                pipe.incr("transactions")
                await pipe.execute()

        await asyncio.gather(*(both(number) for number in range(BURST)))
        assert await client.mget("scripts", "transactions") == [str(BURST)] * 2


async def test_a_full_pool_is_overload_and_says_when_to_come_back(fresh_redis_url: str) -> None:
    async with open_redis(fresh_redis_url, max_connections=1) as client:
        busy = await client.connection_pool.get_connection()  # type: ignore[no-untyped-call] # the client's own

        async def a_call() -> None:
            request.enter_call(request.CallScope("/m", "r", time.monotonic() + 0.05))
            await client.get("k")

        with pytest.raises(PoolFull) as caught:
            await asyncio.create_task(a_call())
        assert caught.value.reason == "OVERLOADED"
        assert caught.value.retry_after_s
        await probe(client)
        await client.connection_pool.release(busy)
        assert await client.get("k") is None


async def test_nobody_waits_without_time(fresh_redis_url: str) -> None:
    async with open_redis(fresh_redis_url, max_connections=1) as client:

        async def a_late_call() -> None:
            request.enter_call(request.CallScope("/m", "r", time.monotonic() - 1))
            await client.get("k")

        with pytest.raises(DeadlineExceeded):
            await asyncio.create_task(a_late_call())


async def test_cancelled_callers_cost_no_connection(fresh_redis_url: str) -> None:
    async with open_redis(fresh_redis_url, max_connections=2) as client:
        for turns in range(12):
            calls = [asyncio.ensure_future(client.get(f"k{number}")) for number in range(40)]
            for _ in range(turns):
                await asyncio.sleep(0)
            for call in calls[::2]:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        assert await asyncio.gather(*(client.get("none") for _ in range(40))) == [None] * 40


async def test_connections_that_cannot_be_made_are_not_counted() -> None:
    async with open_redis("unix:///nowhere/redis.sock", max_connections=1) as client:
        for _ in range(3):
            with pytest.raises(redis.exceptions.ConnectionError):
                await client.get("k")
        with pytest.raises(redis.exceptions.ConnectionError):
            await probe(client)


async def test_closed_sessions_are_found_among_many(fresh_redis_url: str) -> None:
    async with open_redis(fresh_redis_url) as client:
        sessions = ClosedSessions(client)
        await sessions.close("closed", remember_s=60)
        assert await sessions.closed_among(["open", "closed"]) == {"closed"}


async def test_what_redis_cannot_write_now_is_tried_again_later(fresh_redis_url: str) -> None:
    full = "return redis.error_reply('MISCONF Errors writing to the AOF file: No space left')"
    async with open_redis(fresh_redis_url) as client:
        with pytest.raises(WritesRefused) as alone:
            await client.eval(full, 0)
        async with client.pipeline(transaction=True) as pipe:
            pipe.eval(full, 0)
            with pytest.raises(WritesRefused):
                await pipe.execute()
        with pytest.raises(ResponseError, match="WRONGTYPE") as other:
            await client.eval("return redis.error_reply('WRONGTYPE no list')", 0)
    assert REDIS_ERRORS[type(alone.value)] is RedisUnavailable
    assert type(other.value) not in REDIS_ERRORS
