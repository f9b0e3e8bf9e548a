"""Attempts are counted on a real Redis, at a time that the test sets."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
import redis.asyncio

from services.auth.attempts import AttemptGuard
from services.auth.errors import BadCredentials, TooManyAttempts, TooManyPasswords
from services.auth.limits import Limit, LoginLimits
from services.auth.redis_attempts import PREFIX, RedisAttempts
from services.auth.telemetry import AuthMetrics
from services.runtime.redis import open_redis
from tests.support.eventually import eventually
from tests.support.measuring import Measured

ADA = "ada@example.org"
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.9"
LIMITS = LoginLimits(
    account_at_address=Limit(free=3, first_wait_s=10, max_wait_s=100, forget_s=1000),
    address=Limit(free=6, first_wait_s=5, max_wait_s=20, forget_s=100),
    account=Limit(free=8, first_wait_s=5, max_wait_s=20, forget_s=100),
    registrations=Limit(free=4, first_wait_s=15, max_wait_s=60, forget_s=15),
)


@dataclass
class Clock:
    """A time that moves only when it is told to."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def client(fresh_redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    async with open_redis(fresh_redis_url) as opened:
        await opened.flushdb()
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def measured() -> Measured:
    return Measured()


@pytest.fixture
def guard(client: redis.asyncio.Redis, clock: Clock, measured: Measured) -> AttemptGuard:
    metrics = AuthMetrics(measured.providers.meters)
    return AttemptGuard(RedisAttempts(client, clock=clock), LIMITS, metrics)


async def wrong(guard: AttemptGuard, email: str = ADA, address: str = HOME) -> None:
    with pytest.raises(BadCredentials):
        async with guard.guess(email, address):
            raise BadCredentials("wrong")


async def right(guard: AttemptGuard, email: str = ADA, address: str = HOME) -> None:
    async with guard.guess(email, address):
        pass


async def wait_s(guard: AttemptGuard, email: str = ADA, address: str = HOME) -> float:
    with pytest.raises(TooManyAttempts) as refused:
        async with guard.guess(email, address):
            raise AssertionError("it was looked at")
    assert refused.value.retry_after_s is not None
    return refused.value.retry_after_s


async def test_the_wait_doubles_up_to_its_bound(guard: AttemptGuard, clock: Clock) -> None:
    for _ in range(3):
        await wrong(guard)
    waits = []
    for _ in range(6):
        waits.append(await wait_s(guard))
        # Asking again meanwhile makes it no longer.
        assert await wait_s(guard) == waits[-1]
        clock.now += waits[-1]
        await wrong(guard)
    assert waits == [10, 20, 40, 80, 100, 100]


async def test_a_right_password_is_refused_too_while_it_lasts_and_then_ends_it(
    guard: AttemptGuard, clock: Clock
) -> None:
    for _ in range(4):
        if (await_s := await seconds(guard)) > 0:
            clock.now += await_s
        await wrong(guard)
    clock.now += await wait_s(guard)

    await right(guard)

    for _ in range(2):
        await wrong(guard)


async def not_looked_at() -> None:
    raise TooManyPasswords("no room")


async def seconds(guard: AttemptGuard) -> float:
    """How long to wait; 0 if not at all, which counts nothing."""
    try:
        async with guard.guess(ADA, HOME):
            await not_looked_at()
    except TooManyAttempts as refused:
        return refused.retry_after_s or 0
    except TooManyPasswords:
        pass
    return 0


async def test_the_owner_gets_in_elsewhere_until_the_account_is_guessed_at_widely(
    guard: AttemptGuard, clock: Clock
) -> None:
    for _ in range(3):
        await wrong(guard)
    assert await wait_s(guard) > 0
    for _ in range(20):
        await right(guard, address=ELSEWHERE)

    for number in range(5):
        await wrong(guard, address=f"203.0.113.{number}")

    assert await wait_s(guard, address=ELSEWHERE) == 5
    clock.now += 5
    await right(guard, address=ELSEWHERE)


async def test_one_address_does_not_try_one_password_at_every_account(
    guard: AttemptGuard, clock: Clock
) -> None:
    for number in range(6):
        await wrong(guard, f"{number}@example.org")

    assert await wait_s(guard, "6@example.org") == 5
    await right(guard, "6@example.org", ELSEWHERE)
    clock.now += 5
    await right(guard, "6@example.org")


async def test_guesses_that_come_at_once_are_counted_too(guard: AttemptGuard) -> None:
    go_on = asyncio.Event()

    async def guess() -> None:
        async with guard.guess(ADA, HOME):
            await go_on.wait()
            raise BadCredentials("wrong")

    guesses = [asyncio.create_task(guess()) for _ in range(20)]
    await eventually(lambda: sum(one.done() for one in guesses) == 17, "all others are refused")
    go_on.set()
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)

    assert sum(isinstance(one, BadCredentials) for one in outcomes) == 3
    assert sum(isinstance(one, TooManyAttempts) for one in outcomes) == 17


async def test_what_was_not_looked_at_does_not_count(guard: AttemptGuard) -> None:
    for _ in range(20):
        assert await seconds(guard) == 0
    for _ in range(3):
        await wrong(guard)


async def test_attempts_are_forgotten_with_time(guard: AttemptGuard, clock: Clock) -> None:
    for _ in range(2):
        await wrong(guard)
    clock.now += 2000
    for _ in range(3):
        await wrong(guard)
    assert await wait_s(guard) == 10


async def test_what_is_counted_goes_by_itself(
    guard: AttemptGuard, client: redis.asyncio.Redis
) -> None:
    await wrong(guard)
    keys = [key async for key in client.scan_iter(f"{PREFIX}*")]
    assert len(keys) == 3
    for key in keys:
        assert 0 < await client.ttl(key) <= 1100
        assert "ada" not in key


async def test_one_customer_s_ipv6_addresses_are_one_place(guard: AttemptGuard) -> None:
    for number in range(3):
        await wrong(guard, address=f"2001:db8:0:7::{number + 1:x}")
    assert await wait_s(guard, address="2001:db8:0:7:ffff::1") == 10
    await right(guard, address="2001:db8:0:8::1")


async def test_where_the_address_is_unknown_the_account_is_still_guarded(
    guard: AttemptGuard,
) -> None:
    for _ in range(3):
        await wrong(guard, address="")
    assert await wait_s(guard, address="") == 10
    await right(guard, f"{uuid4().hex}@example.org", "")


async def test_new_accounts_of_one_address_are_limited_and_refusals_are_measured(
    guard: AttemptGuard, clock: Clock, measured: Measured
) -> None:
    for _ in range(4):
        async with guard.registration(HOME):
            pass
    with pytest.raises(TooManyAttempts):
        async with guard.registration(HOME):
            raise AssertionError("it was made")
    async with guard.registration(ELSEWHERE):
        pass
    clock.now += 60
    async with guard.registration(HOME):
        pass
    assert measured.values("argus.auth.attempts.refused", "argus.kind") == {("registration",): 1}
