"""Signing keys follow one another on a real PostgreSQL, at a time that the test sets."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from services.auth.postgres_keys import PostgresKeys
from services.auth.rotation import SLACK, KeyRotation, KeyState
from services.auth.signing import KeyRing
from services.runtime.identity import CLOCK_SKEW_S
from tests.support.databases import migrated_pool

TTL_S = 900
LEAD = timedelta(minutes=3)
AGE = timedelta(days=90)
KEPT = timedelta(seconds=TTL_S + 2 * CLOCK_SKEW_S) + SLACK
SECOND = timedelta(seconds=1)


class Clock:
    """A time that moves only when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
async def pool(fresh_postgres_url: str) -> AsyncIterator[asyncpg.Pool]:
    async with migrated_pool(fresh_postgres_url, "auth") as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
async def rotation(pool: asyncpg.Pool, clock: Clock) -> KeyRotation:
    await pool.execute("DELETE FROM auth.signing_keys")
    return replica(pool, clock)


def replica(pool: asyncpg.Pool, clock: Clock, max_age: timedelta | None = AGE) -> KeyRotation:
    return KeyRotation(
        PostgresKeys(pool), token_ttl_s=TTL_S, lead=LEAD, max_age=max_age, clock=clock
    )


def kids(ring: KeyRing) -> list[str]:
    return [key.kid for key in ring.keys]


async def test_a_new_key_is_published_before_it_signs_and_the_old_one_stays_for_its_tokens(
    rotation: KeyRotation, clock: Clock
) -> None:
    ring = await rotation.open()
    old = ring.signing.kid

    made = await rotation.rotate(ring)

    new = made.record.key.kid
    assert made.state is KeyState.NEXT
    assert kids(ring) == [new, old]
    assert ring.signing.kid == old
    clock.now += LEAD - SECOND
    await rotation.look(ring)
    assert ring.signing.kid == old
    clock.now += SECOND
    await rotation.look(ring)
    assert ring.signing.kid == new
    assert kids(ring) == [new, old]
    clock.now += KEPT - SECOND
    await rotation.look(ring)
    assert await ring.key(old)
    clock.now += SECOND
    await rotation.look(ring)
    assert kids(ring) == [new]
    assert await ring.key(old) is None
    assert [one.record.key.kid for one in await rotation.statuses()] == [new]


async def test_replicas_agree_at_every_time_and_one_that_starts_late_too(
    rotation: KeyRotation, pool: asyncpg.Pool, clock: Clock
) -> None:
    other = replica(pool, clock)
    ring, others = await rotation.open(), await other.open()
    await rotation.rotate(ring)
    for step in (timedelta(0), LEAD, KEPT):
        clock.now += step
        await asyncio.gather(rotation.look(ring), other.look(others))
        late = await replica(pool, clock).open()
        assert kids(ring) == kids(others) == kids(late)
        assert ring.signing.kid == others.signing.kid == late.signing.kid


async def test_a_command_while_a_key_waits_makes_no_other(
    rotation: KeyRotation, clock: Clock
) -> None:
    ring = await rotation.open()
    made = [await rotation.rotate(ring) for _ in range(3)]
    assert len({one.record.key.kid for one in made}) == 1
    clock.now += LEAD
    again = await rotation.rotate(ring)
    assert again.record.key.kid != made[0].record.key.kid
    # Its successor makes the second the one that waits; all three verify.
    assert len(kids(ring)) == 3
    states = [one.state for one in await rotation.statuses()]
    assert states == [KeyState.NEXT, KeyState.SIGNING, KeyState.RETIRED]


async def test_replicas_that_are_told_at_once_make_one_key(
    rotation: KeyRotation, pool: asyncpg.Pool, clock: Clock
) -> None:
    rings = [await rotation.open() for _ in range(5)]
    made = await asyncio.gather(*(replica(pool, clock).rotate(ring) for ring in rings))
    assert len({one.record.key.kid for one in made}) == 1


async def test_the_first_key_is_made_once_and_signs_at_once(
    pool: asyncpg.Pool, clock: Clock
) -> None:
    rings = await asyncio.gather(*(replica(pool, clock).open() for _ in range(5)))
    assert len({ring.signing.kid for ring in rings}) == 1
    assert all(len(ring.keys) == 1 for ring in rings)


async def test_a_key_is_replaced_when_it_is_old_and_not_without_an_age(
    rotation: KeyRotation, pool: asyncpg.Pool, clock: Clock
) -> None:
    ring = await rotation.open()
    first = ring.signing.kid
    clock.now += AGE - SECOND
    await rotation.look(ring)
    assert kids(ring) == [first]
    clock.now += SECOND
    await replica(pool, clock, max_age=None).look(ring)
    assert kids(ring) == [first]
    await asyncio.gather(*(replica(pool, clock).look(ring) for _ in range(4)))
    await rotation.look(ring)
    assert len(kids(ring)) == 2
    assert ring.signing.kid == first
    clock.now += LEAD
    await rotation.look(ring)
    assert ring.signing.kid != first
