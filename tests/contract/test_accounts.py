"""Sessions and their refresh tokens, on a real PostgreSQL and at a time that the test sets."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import jwt
import pytest
import redis.asyncio
from pydantic import SecretStr

from services.auth.accounts import Accounts
from services.auth.attempts import AttemptGuard
from services.auth.closing import Closing
from services.auth.errors import RefreshTokenInvalid, RefreshTokenReused
from services.auth.limits import Limit, LoginLimits
from services.auth.passwords import PasswordHasher
from services.auth.postgres import PostgresAccounts
from services.auth.postgres_sessions import PostgresSessions
from services.auth.redis_attempts import RedisAttempts
from services.auth.signing import KeyRing, SigningKey
from services.auth.telemetry import AuthMetrics
from services.auth.tokens import TokenIssuer
from services.runtime.edge import Client
from services.runtime.identity import Identity
from services.runtime.redis import ClosedSessions, RedisUnavailable, open_redis
from tests.support.databases import migrated_pool

REUSE = timedelta(seconds=30)
TTL = timedelta(days=30)
HERE = Client("192.0.2.1", "a browser")


class Clock:
    """A time that moves only when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Marks(ClosedSessions):
    """The real marks; they can be lost, and Redis can be down for who would make one."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        super().__init__(client)
        self.client = client
        self.lose = client.flushdb
        self.down = False

    async def close(self, session_id: str, *, remember_s: int) -> None:
        if self.down:
            raise RedisUnavailable("down")
        await super().close(session_id, remember_s=remember_s)


@pytest.fixture(scope="module")
async def pool(fresh_postgres_url: str) -> AsyncIterator[asyncpg.Pool]:
    async with migrated_pool(fresh_postgres_url, "auth") as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def marks(fresh_redis_url: str) -> AsyncIterator[Marks]:
    async with open_redis(fresh_redis_url) as client:
        yield Marks(client)


@pytest.fixture
def closing(pool: asyncpg.Pool, clock: Clock, marks: Marks) -> Closing:
    return Closing(PostgresSessions(pool), marks, token_ttl_s=900, clock=clock)


@pytest.fixture
def accounts(pool: asyncpg.Pool, clock: Clock, closing: Closing, marks: Marks) -> Accounts:
    free = Limit(1_000_000, 1, 1, 1)
    return Accounts(
        PostgresAccounts(pool),
        closing,
        PasswordHasher(4),
        AttemptGuard(
            RedisAttempts(marks.client), LoginLimits(free, free, free, free), AuthMetrics()
        ),
        TokenIssuer(KeyRing([SigningKey.generate()]), issuer="argus", audience="argus", ttl_s=900),
        refresh_ttl=TTL,
        refresh_reuse=REUSE,
        service_secret=SecretStr("secret"),
        clock=clock,
    )


@pytest.fixture
async def first(accounts: Accounts) -> str:
    """The first refresh token of somebody new."""
    signed_in = await accounts.register(f"{uuid4().hex}@example.org", "long enough", "", HERE)
    assert signed_in is not None
    return signed_in.tokens.refresh_token


async def session_of(accounts: Accounts, token: str) -> Identity:
    """Refreshes, and says for which user and session."""
    signed_in = await accounts.refresh(token, HERE)
    access_token = signed_in.tokens.access_token
    claims = jwt.decode(access_token, options={"verify_signature": False})
    return Identity(claims["sub"], claims["sid"], "", access_token)


async def refreshed(accounts: Accounts, token: str) -> str:
    return (await accounts.refresh(token, HERE)).tokens.refresh_token


async def test_a_lost_answer_is_made_good_by_asking_again(
    accounts: Accounts, clock: Clock, first: str
) -> None:
    lost = await refreshed(accounts, first)
    clock.now += REUSE - timedelta(seconds=1)

    again = await refreshed(accounts, first)

    assert len({first, lost, again}) == 3
    clock.now += timedelta(hours=1)
    await refreshed(accounts, again)


async def test_two_tabs_that_refresh_at_once_both_go_on(
    accounts: Accounts, clock: Clock, first: str
) -> None:
    tokens = await asyncio.gather(*(refreshed(accounts, first) for _ in range(5)))

    for _ in range(3):
        clock.now += timedelta(minutes=14)
        tokens = await asyncio.gather(*(refreshed(accounts, token) for token in tokens))
    assert len(set(tokens)) == 5


async def test_after_the_window_a_second_use_is_theft(
    accounts: Accounts, clock: Clock, marks: Marks, first: str
) -> None:
    second = await refreshed(accounts, first)
    caller = await session_of(accounts, second)
    clock.now += REUSE

    with pytest.raises(RefreshTokenReused):
        await accounts.refresh(second, HERE)

    assert await marks.is_closed(caller.session_id)
    with pytest.raises((RefreshTokenInvalid, RefreshTokenReused)):
        await accounts.refresh(first, HERE)


async def test_using_a_token_again_does_not_lengthen_the_window(
    accounts: Accounts, clock: Clock, first: str
) -> None:
    await refreshed(accounts, first)
    clock.now += REUSE * 0.6
    await refreshed(accounts, first)
    clock.now += REUSE * 0.6

    with pytest.raises(RefreshTokenReused):
        await accounts.refresh(first, HERE)


async def test_only_the_token_before_the_newest_may_come_back(
    accounts: Accounts, first: str
) -> None:
    second = await refreshed(accounts, first)
    third = await refreshed(accounts, second)

    with pytest.raises(RefreshTokenReused):
        await accounts.refresh(first, HERE)

    for token in (second, third):
        with pytest.raises((RefreshTokenInvalid, RefreshTokenReused)):
            await accounts.refresh(token, HERE)


async def test_a_session_that_ended_takes_no_token(
    accounts: Accounts, clock: Clock, marks: Marks, first: str
) -> None:
    caller = await session_of(accounts, first)
    clock.now += TTL

    with pytest.raises(RefreshTokenInvalid):
        await accounts.refresh(first, HERE)
    assert not await marks.is_closed(caller.session_id)


async def test_old_tokens_are_forgotten_and_live_sessions_go_on(
    accounts: Accounts, clock: Clock, pool: asyncpg.Pool, first: str
) -> None:
    token = first
    for _ in range(4):
        clock.now += TTL * 0.4
        token = await refreshed(accounts, token)
    before = await pool.fetchval("SELECT count(*) FROM auth.refresh_tokens")

    await accounts.remove_expired()

    assert await pool.fetchval("SELECT count(*) FROM auth.refresh_tokens") < before
    await refreshed(accounts, token)


async def test_marks_that_redis_lost_are_made_again(
    accounts: Accounts, closing: Closing, clock: Clock, marks: Marks, first: str
) -> None:
    caller = await session_of(accounts, first)
    await accounts.logout(caller)
    await closing.mark_again()
    await marks.lose()

    await closing.mark_again()

    assert await marks.is_closed(caller.session_id)
    # Once its last access token has expired it needs no mark.
    await marks.lose()
    clock.now += timedelta(minutes=17)
    await closing.mark_again()
    assert not await marks.is_closed(caller.session_id)


async def test_a_session_closed_while_redis_is_down_is_marked_when_it_is_back(
    accounts: Accounts, closing: Closing, marks: Marks, first: str
) -> None:
    caller = await session_of(accounts, first)
    await closing.mark_again()
    marks.down = True
    with pytest.raises(RedisUnavailable):
        await accounts.logout(caller)
    marks.down = False

    await closing.mark_again()

    assert await marks.is_closed(caller.session_id)


async def test_an_account_is_made_with_its_first_session_or_not_at_all(
    accounts: Accounts, pool: asyncpg.Pool
) -> None:
    email = f"{uuid4().hex}@example.org"
    await pool.execute("ALTER TABLE auth.refresh_tokens RENAME TO out_of_order")
    try:
        with pytest.raises(asyncpg.UndefinedTableError):
            await accounts.register(email, "long enough", "", HERE)
    finally:
        await pool.execute("ALTER TABLE auth.out_of_order RENAME TO refresh_tokens")

    made = await accounts.register(email, "long enough", "", HERE)
    assert made is not None
    assert made.user.email == email
