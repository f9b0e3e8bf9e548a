"""What auth keeps of the deletion of an account, and how it has services remove what they have."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import redis.asyncio

from services.auth.attempts import AttemptGuard
from services.auth.closing import Closing
from services.auth.deletion import AccountDeletions
from services.auth.deletion_record import DeletionRecord, DeletionState
from services.auth.limits import Limit, LoginLimits
from services.auth.model import ApiKey, NewSession, Scope, User
from services.auth.passwords import PasswordHasher
from services.auth.postgres import PostgresAccounts
from services.auth.postgres_api_keys import PostgresApiKeys
from services.auth.postgres_deletions import PostgresDeletions
from services.auth.postgres_sessions import PostgresSessions
from services.auth.redis_attempts import RedisAttempts
from services.auth.redis_deletions import RedisDeletionNews
from services.auth.sso.postgres_identities import PostgresIdentities
from services.auth.sso.proof import OwnerProof
from services.auth.telemetry import AuthMetrics
from services.runtime.deleted_accounts import SERVICES, AccountRemoval, DeletedAccount, stream_of
from services.runtime.edge import Client
from services.runtime.identity import Identity, SessionClosed
from services.runtime.redis import ClosedSessions, RedisUnavailable, open_redis
from tests.support.databases import emptied_redis, migrated_pool

HERE = Client("192.0.2.1", "a browser")
SETTLE = timedelta(minutes=30)
PASSWORD = "long enough"


@pytest.fixture(scope="module")
async def pool(fresh_postgres_url: str) -> AsyncIterator[asyncpg.Pool]:
    async with migrated_pool(fresh_postgres_url, "auth") as opened:
        yield opened


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    async with open_redis(await emptied_redis(redis_url, 3)) as opened:
        yield opened


class Marks(ClosedSessions):
    """The real marks; Redis can be down for who would make one."""

    down = False

    async def close(self, session_id: str, *, remember_s: int) -> None:
        if self.down:
            raise RedisUnavailable("down")
        await super().close(session_id, remember_s=remember_s)


@dataclass
class House:
    """Auth's part, with the time and the services in a test's hands."""

    pool: asyncpg.Pool
    client: redis.asyncio.Redis
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __post_init__(self) -> None:
        self.marks = Marks(self.client)
        self.closing = Closing(
            PostgresSessions(self.pool), self.marks, token_ttl_s=900, clock=lambda: self.now
        )
        free = Limit(1_000_000, 1, 1, 1)
        self.hasher = PasswordHasher(4)
        self.deletions = AccountDeletions(
            OwnerProof(
                PostgresAccounts(self.pool),
                self.hasher,
                AttemptGuard(
                    RedisAttempts(self.client), LoginLimits(free, free, free, free), AuthMetrics()
                ),
                PostgresIdentities(self.pool).proven_at,
                clock=lambda: self.now,
            ),
            PostgresDeletions(self.pool, SERVICES),
            RedisDeletionNews(self.client, "auth-1"),
            closing=self.closing,
            settle=SETTLE,
            metrics=AuthMetrics(),
            clock=lambda: self.now,
        )

    async def somebody(self) -> Identity:
        user = User(uuid4(), f"{uuid4().hex}@example.org", "", self.now)
        session = NewSession(
            uuid4(), user.user_id, uuid4().bytes, self.now, self.now + timedelta(days=30), HERE
        )
        password_hash = await self.hasher.hash(PASSWORD, party="")
        assert await PostgresAccounts(self.pool).add_user(user, password_hash, session)
        return Identity(str(user.user_id), str(session.session_id), "", "")

    async def left(self) -> tuple[Identity, UUID]:
        """Somebody who deleted their account, and the deletion's id."""
        caller = await self.somebody()
        record = await self.deletions.delete(caller, PASSWORD, HERE)
        return caller, record.deletion_id

    def service(self, name: str, removed: Mapping[str, int]) -> "Service":
        return Service(self.client, name, removed)

    async def answered(self, removed: Mapping[str, int]) -> None:
        """Services are told, answer, and their answers are recorded."""
        await self.deletions.announce_once()
        for name in SERVICES:
            await self.service(name, removed).once()
        await self.deletions.record_once()

    async def record(self, deletion_id: UUID) -> DeletionRecord:
        return await self.deletions.get(deletion_id)


class Service:
    """A service that removes what it is told, and remembers whose."""

    def __init__(self, client: redis.asyncio.Redis, name: str, removed: Mapping[str, int]) -> None:
        self.seen: list[DeletedAccount] = []
        self.killed = False
        self._removed = removed
        removal = AccountRemoval(
            client, service=name, consumer="one", erase=self._erase, left_behind_ms=0
        )
        self.once = removal.once

    async def _erase(self, account: DeletedAccount) -> Mapping[str, int]:
        self.seen.append(account)
        if self.killed:
            raise KilledError
        return self._removed


class KilledError(Exception):
    """The process ended here."""


@pytest.fixture
async def house(pool: asyncpg.Pool, client: redis.asyncio.Redis) -> House:
    await pool.execute("TRUNCATE auth.account_deletions CASCADE")
    return House(pool, client)


async def test_it_is_removed_when_all_have_answered_and_done_when_they_have_looked_again(
    house: House,
) -> None:
    caller, deletion_id = await house.left()
    assert (await house.record(deletion_id)).state is DeletionState.REMOVING

    await house.answered({"things": 3})

    record = await house.record(deletion_id)
    assert record.state is DeletionState.REMOVED
    assert {one.service: dict(one.removed) for one in record.reports} == {
        "auth": {"accounts": 1, "sessions": 1, "api_keys": 0},
        **{name: {"things": 3} for name in SERVICES},
    }
    assert await house.deletions.announce_once() == 0
    house.now += SETTLE
    await house.answered({"things": 4})
    record = await house.record(deletion_id)
    assert record.state is DeletionState.DONE
    assert {one.removed.get("things") for one in record.reports} == {4, None}
    house.now += timedelta(days=1)
    assert await house.deletions.announce_once() == 0
    # Nothing tells any more whose account it was.
    kept = await house.pool.fetch("SELECT * FROM auth.account_deletions")
    assert caller.user_id not in str([tuple(row) for row in kept])


async def test_a_service_that_is_silent_is_told_again_and_the_others_are_not(house: House) -> None:
    _, deletion_id = await house.left()
    await house.deletions.announce_once()
    for name in SERVICES[:2]:
        await house.service(name, {}).once()
    await house.deletions.record_once()
    assert (await house.record(deletion_id)).state is DeletionState.REMOVING
    assert await house.deletions.announce_once() == 0

    house.now += timedelta(minutes=10)

    assert await house.deletions.announce_once() == 1
    lengths = [await house.client.xlen(stream_of(name)) for name in SERVICES]
    assert lengths == [0, 0, 2]


async def test_a_service_that_was_killed_in_between_does_it_again(house: House) -> None:
    caller, deletion_id = await house.left()
    await house.deletions.announce_once()
    service = house.service(SERVICES[0], {"things": 1})
    service.killed = True
    with pytest.raises(KilledError):
        await service.once()
    assert await house.client.xlen("argus:accounts:removed") == 0

    again = house.service(SERVICES[0], {"things": 1})
    await again.once()

    (told,) = service.seen
    assert again.seen == [told]
    assert (told.deletion_id, told.user_id, told.look) == (str(deletion_id), caller.user_id, 1)
    assert told.email.endswith("@example.org")
    assert await house.client.xlen(stream_of(SERVICES[0])) == 0
    assert await house.client.xlen("argus:accounts:removed") == 1


async def test_an_account_that_cannot_be_removed_now_holds_up_no_other(house: House) -> None:
    stuck, _ = await house.left()
    house.now += timedelta(seconds=1)
    free, _ = await house.left()
    await house.deletions.announce_once()
    done: list[str] = []

    async def erase(account: DeletedAccount) -> Mapping[str, int]:
        if account.user_id == stuck.user_id and not done:
            raise RedisUnavailable("not now")
        done.append(account.user_id)
        return {}

    removal = AccountRemoval(
        house.client, service="search", consumer="one", erase=erase, left_behind_ms=0, patience_s=0
    )

    await removal.once()
    assert done == [free.user_id]
    await removal.once()
    assert done == [free.user_id, stuck.user_id]
    assert await house.client.xlen(stream_of("search")) == 0


async def test_no_key_is_made_for_an_account_that_is_gone(house: House) -> None:
    caller, _ = await house.left()
    key = ApiKey(
        uuid4(), UUID(caller.user_id), "camera", (Scope.READ,), "argus_", house.now,
        house.now + timedelta(days=1),
    )  # fmt: skip
    with pytest.raises(SessionClosed):
        await PostgresApiKeys(house.pool).add(key, b"digest", at_most=9)


async def test_answers_that_come_twice_late_or_from_strangers_change_nothing(house: House) -> None:
    _, deletion_id = await house.left()
    await house.deletions.announce_once()
    for name in SERVICES:
        await house.service(name, {"things": 2}).once()
    entries: Any = await house.client.xrange("argus:accounts:removed")
    for _, fields in entries:
        await house.client.xadd("argus:accounts:removed", fields)
        strange: Any = {"event": fields["event"].replace("storage", "strangers")}
        await house.client.xadd("argus:accounts:removed", strange)
    await house.client.xadd("argus:accounts:removed", {"event": "senseless"})

    await house.deletions.record_once()

    record = await house.record(deletion_id)
    assert record.state is DeletionState.REMOVED
    assert {one.service for one in record.reports} == {"auth", *SERVICES}
    assert await house.client.xlen("argus:accounts:removed") == 0


async def test_sessions_end_also_when_redis_was_down_or_lost_its_data(house: House) -> None:
    caller = await house.somebody()
    house.marks.down = True
    record = await house.deletions.delete(caller, PASSWORD, HERE)
    house.marks.down = False

    await house.closing.mark_again()

    assert await house.marks.is_closed(caller.session_id)
    await house.client.flushdb()
    await house.closing.mark_again()
    assert await house.marks.is_closed(caller.session_id)
    assert record.state is DeletionState.REMOVING


async def test_an_email_is_free_at_once(house: House) -> None:
    caller = await house.somebody()
    user = await PostgresAccounts(house.pool).user(UUID(caller.user_id))
    assert user is not None
    await house.deletions.delete(caller, PASSWORD, HERE)
    session = NewSession(uuid4(), uuid4(), uuid4().bytes, house.now, house.now, HERE)
    again = User(session.user_id, user.email, "", house.now)
    assert await PostgresAccounts(house.pool).add_user(again, "hash", session)
