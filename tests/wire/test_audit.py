"""What is noted of calls: by whom it is read, what it says, and that changes show."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import grpc
import pytest
import redis.asyncio
from argus.auth.v1 import (
    audit_pb2,
    audit_pb2_grpc,
    auth_pb2,
    auth_pb2_grpc,
    user_pb2,
    user_pb2_grpc,
)
from argus.policy.v1 import policy_pb2

from services.auth.redis_audit import GROUP
from services.runtime.audit import STREAM, RedisAudit
from services.runtime.audit_chain import ChainBroken, ChainCheck, Link
from services.runtime.audit_entry import AuditEntry
from services.runtime.edge import CLIENT_ADDRESS, EDGE_KEY, edge_key
from services.runtime.redis import open_redis
from services.runtime.redis_streams import ensure_group
from tests.support.databases import emptied_redis, new_database
from tests.support.eventually import eventually
from tests.support.services import SERVICE_SECRET, bearer, error_info, running_auth
from tests.support.user import PASSWORD, register

AUTH = "/argus.auth.v1.AuthService/"


class Installation:
    """Auth with its administrator, who reads the audit."""

    def __init__(self, channel: grpc.aio.Channel, urls: tuple[str, str]) -> None:
        self.postgres_url, self.redis_url = urls
        self.auth = auth_pb2_grpc.AuthServiceStub(channel)
        self.users = user_pb2_grpc.UserServiceStub(channel)
        self.audit = audit_pb2_grpc.AuditServiceStub(channel)
        self.admin: auth_pb2.Session

    async def page(self, **request: Any) -> audit_pb2.ListAuditEventsResponse:
        return await self.audit.ListAuditEvents(
            audit_pb2.ListAuditEventsRequest(**request), metadata=bearer(self.admin.access_token)
        )

    async def events(self, count: int = 1, **request: Any) -> list[audit_pb2.AuditEvent]:
        """Entries that a filter leaves, the newest first, as soon as there are so many."""
        found: list[audit_pb2.AuditEvent] = []

        async def there() -> bool:
            found[:] = (await self.page(page_size=500, **request)).events
            return len(found) >= count

        await eventually(there, f"{count} entries of {request}")
        return found

    async def verify(self) -> ChainCheck:
        """Follows the whole chain.

        Raises:
            ChainBroken: it was changed.
        """
        check, token, head = ChainCheck(), "", None
        while True:
            page = await self.page(page_size=3, page_token=token, oldest_first=True)
            head = head or page
            for one in page.events:
                if one.sequence <= head.head_sequence:
                    check.follow(Link(one.sequence, one.record, one.hash))
            token = page.next_page_token
            if not token or page.events[-1].sequence >= head.head_sequence:
                check.finish(head.head_sequence, head.head_hash)
                return check


@pytest.fixture(scope="module")
async def installation(fresh_postgres_url: str, redis_url: str) -> AsyncIterator[Installation]:
    urls = (fresh_postgres_url, await emptied_redis(redis_url, 4))
    async with (
        running_auth(*urls) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        made = Installation(channel, urls)
        made.admin = await register(made.auth)
        yield made


def targets(event: audit_pb2.AuditEvent) -> dict[str, list[str]]:
    return {one.name: list(one.values) for one in event.targets}


async def test_what_somebody_does_is_noted_with_where_and_what(installation: Installation) -> None:
    agent = "argus-test \x1b[31m\u202e"
    there = (
        (CLIENT_ADDRESS, "203.0.113.9"),
        (EDGE_KEY, edge_key(SERVICE_SECRET)),
        ("x-request-id", "r-1"),
    )
    ada = await register(installation.auth)
    await installation.auth.CreateApiKey(
        auth_pb2.CreateApiKeyRequest(display_name="camera", scopes=[auth_pb2.ApiKey.READ]),
        metadata=(*bearer(ada.access_token), *there),
    )
    (made,) = await installation.events(user_id=ada.user.user_id, method="CreateApiKey")
    assert made.method == f"{AUTH}CreateApiKey"
    assert (made.code, made.reason, made.address) == ("OK", "", "203.0.113.9")
    assert made.request_id == "r-1"
    assert made.session_id
    assert targets(made)["scopes"] == ["READ"]
    assert targets(made)["api_key_id"]
    assert agent not in made.record
    assert made.record.isascii()
    registered = await installation.events(user_id=ada.user.user_id, method=f"{AUTH}Register")
    assert targets(registered[0])["email"] == [ada.user.email]


async def test_refusals_are_noted_and_nothing_secret_is(installation: Installation) -> None:
    bob = await register(installation.auth)
    wrong = "wrong-password-of-bob"
    with pytest.raises(grpc.aio.AioRpcError):
        await installation.auth.Login(auth_pb2.LoginRequest(email=bob.user.email, password=wrong))
    with pytest.raises(grpc.aio.AioRpcError):
        await installation.users.ListUsers(
            user_pb2.ListUsersRequest(), metadata=bearer(bob.access_token)
        )
    key = await installation.auth.CreateApiKey(
        auth_pb2.CreateApiKeyRequest(display_name="k", scopes=[auth_pb2.ApiKey.READ]),
        metadata=bearer(bob.access_token),
    )
    await installation.auth.ExchangeApiKey(auth_pb2.ExchangeApiKeyRequest(secret=key.secret))

    (login,) = await installation.events(target=bob.user.email, method="Login")
    assert (login.code, login.reason, login.user_id) == ("UNAUTHENTICATED", "BAD_CREDENTIALS", "")
    (listed,) = await installation.events(user_id=bob.user.user_id, code="PERMISSION_DENIED")
    assert (listed.method.rpartition("/")[2], listed.reason) == ("ListUsers", "ROLE_REQUIRED")
    (exchanged,) = await installation.events(user_id=bob.user.user_id, method="ExchangeApiKey")
    assert targets(exchanged)["api_key_id"] == [key.api_key.api_key_id]
    everything = "".join(event.record for event in await installation.events())
    for secret in (PASSWORD, wrong, key.secret, bob.access_token, bob.refresh_token):
        assert secret not in everything


async def test_what_only_reads_is_not_noted_but_reading_of_others_is(
    installation: Installation,
) -> None:
    await installation.auth.GetMe(
        auth_pb2.GetMeRequest(), metadata=bearer(installation.admin.access_token)
    )
    await installation.users.ListUsers(
        user_pb2.ListUsersRequest(), metadata=bearer(installation.admin.access_token)
    )
    assert await installation.events(method="ListUsers", code="OK")
    assert await installation.events(method="ListAuditEvents")
    assert not (await installation.page(method="GetMe")).events


async def test_only_administrators_read_it(installation: Installation) -> None:
    other = await register(installation.auth)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await installation.audit.ListAuditEvents(
            audit_pb2.ListAuditEventsRequest(), metadata=bearer(other.access_token)
        )
    assert error_info(refused.value).reason == "ROLE_REQUIRED"
    watch: Any = installation.audit.WatchAuditEvents(
        audit_pb2.WatchAuditEventsRequest(), metadata=bearer(other.access_token)
    )
    with pytest.raises(grpc.aio.AioRpcError) as unwatched:
        await watch.read()
    assert error_info(unwatched.value).reason == "ROLE_REQUIRED"


async def test_it_is_listed_by_page_time_and_order(installation: Installation) -> None:
    people = [await register(installation.auth) for _ in range(3)]
    for one in people:
        await installation.events(user_id=one.user.user_id)
    pages, token = [], ""
    for _ in range(3):
        page = await installation.page(
            page_size=1, page_token=token, oldest_first=True, method="Register", code="OK"
        )
        pages += list(page.events)
        token = page.next_page_token
    assert [one.sequence for one in pages] == sorted(one.sequence for one in pages)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert not (await installation.page(since_time=tomorrow)).events
    assert not (await installation.page(until_time=tomorrow - timedelta(days=2))).events
    assert not (await installation.page(method="Reg%")).events
    with pytest.raises(grpc.aio.AioRpcError) as wrong:
        await installation.page(page_token=token)
    assert error_info(wrong.value).reason == "INVALID_PAGE_TOKEN"


async def test_it_is_watched_as_it_happens(installation: Installation) -> None:
    async with asyncio.timeout(60):
        watch: Any = installation.audit.WatchAuditEvents(
            audit_pb2.WatchAuditEventsRequest(), metadata=bearer(installation.admin.access_token)
        )
        assert not (await watch.read()).HasField("event")
        somebody = await register(installation.auth)
        while (seen := (await watch.read()).event).user_id != somebody.user.user_id:
            pass
        watch.cancel()
        again: Any = installation.audit.WatchAuditEvents(
            audit_pb2.WatchAuditEventsRequest(after_sequence=seen.sequence - 1),
            metadata=bearer(installation.admin.access_token),
        )
        assert not (await again.read()).HasField("event")
        assert (await again.read()).event == seen
        again.cancel()


async def check_after(installation: Installation, statement: str) -> None:
    """Follows the chain as it is after a statement of the database's owner, which is undone.

    Raises:
        ChainBroken: it shows.
    """
    connection = await asyncpg.connect(installation.postgres_url)
    try:
        undone = connection.transaction()
        await undone.start()
        await connection.execute("ALTER TABLE auth.audit_events DISABLE TRIGGER ALL")
        await connection.execute(statement)
        check = ChainCheck()
        for row in await connection.fetch("SELECT * FROM auth.audit_events ORDER BY sequence"):
            check.follow(Link(row["sequence"], row["record"], row["hash"]))
        (head,) = await connection.fetch("SELECT * FROM auth.audit_head")
        check.finish(head["sequence"], head["hash"])
        await undone.rollback()
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE auth.audit_events SET record = replace(record, 'OK', 'NO') WHERE sequence = 2",
        "DELETE FROM auth.audit_events WHERE sequence = 3",
        "DELETE FROM auth.audit_events WHERE sequence = 1",
        "DELETE FROM auth.audit_events WHERE sequence >= 4",
        "UPDATE auth.audit_events SET hash = decode(repeat('ab', 32), 'hex') WHERE sequence = 2",
    ],
    ids=["changed", "taken out", "first gone", "cut off", "hash"],
)
async def test_whatever_is_changed_shows(installation: Installation, statement: str) -> None:
    for _ in range(4):
        await register(installation.auth)
    await installation.events(count=5)
    await check_after(installation, "SELECT 1")
    with pytest.raises(ChainBroken):
        await check_after(installation, statement)
    assert (await installation.verify()).sequence >= 5


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE auth.audit_events SET record = record",
        "DELETE FROM auth.audit_events",
        "TRUNCATE auth.audit_events",
    ],
)
async def test_the_database_refuses_changes_by_accident(
    installation: Installation, statement: str
) -> None:
    await installation.events()
    connection = await asyncpg.connect(installation.postgres_url)
    try:
        with pytest.raises(asyncpg.RaiseError, match="only appended to"):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_entries_that_come_twice_or_broken_are_kept_once_or_not_at_all(
    installation: Installation,
) -> None:
    someone = await register(installation.auth)
    (event,) = await installation.events(user_id=someone.user.user_id)
    async with redis.asyncio.from_url(installation.redis_url, decode_responses=True) as client:
        await client.xadd("argus:audit", {"record": event.record})
        await client.xadd("argus:audit", {"record": "[]"})
        await client.xadd("argus:audit", {"other": "x"})

        async def empty() -> bool:
            return not await client.xlen("argus:audit")

        await eventually(empty, "all is taken off the stream")
    assert len(await installation.events(user_id=someone.user.user_id)) == 1
    await installation.verify()


async def test_what_was_noted_while_auth_was_down_is_kept_when_it_is_back(
    postgres_url: str, redis_url: str
) -> None:
    redis_url = await emptied_redis(redis_url, 5)
    async with new_database(postgres_url) as url:
        async with open_redis(redis_url) as client:
            sink = RedisAudit(client)
            entries = [
                AuditEntry(uuid4(), datetime.now(UTC), "/a.B/C", "OK", request_id=str(number))
                for number in range(3)
            ]
            for entry in entries:
                await sink.write(entry.to_record())
            # A replica that was killed had taken the first two.
            await ensure_group(client, STREAM, GROUP)
            await client.xreadgroup(GROUP, "killed", {STREAM: ">"}, count=2)
        async with (
            running_auth(url, redis_url) as server,
            grpc.aio.insecure_channel(server.address) as channel,
        ):
            back = Installation(channel, (url, redis_url))
            back.admin = await register(back.auth)
            found = await back.events(count=3, method="/a.B/C")
            assert {one.request_id for one in found} == {"0", "1", "2"}
            await back.verify()


async def test_a_record_that_is_spoilt_hides_no_other(
    postgres_url: str, fresh_redis_url: str
) -> None:
    async with (
        new_database(postgres_url) as url,
        running_auth(url, fresh_redis_url) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        spoilt = Installation(channel, (url, fresh_redis_url))
        spoilt.admin = await register(spoilt.auth)
        await spoilt.events(count=3)
        connection = await asyncpg.connect(url)
        await connection.execute(
            "ALTER TABLE auth.audit_events DISABLE TRIGGER ALL;"
            "UPDATE auth.audit_events SET record = 'nothing' WHERE sequence = 2"
        )
        await connection.close()
        found = {one.sequence: one for one in (await spoilt.page()).events}
        assert (found[2].reason, found[2].method) == ("SPOILT", "")
        assert found[1].method
        with pytest.raises(ChainBroken, match="entry 2"):
            await spoilt.verify()


async def test_a_changed_role_is_noted(installation: Installation) -> None:
    other = await register(installation.auth)
    await installation.users.SetUserRole(
        user_pb2.SetUserRoleRequest(user_id=other.user.user_id, role=policy_pb2.VIEWER),
        metadata=bearer(installation.admin.access_token),
    )
    (event,) = await installation.events(target=other.user.user_id, method="SetUserRole")
    assert event.user_id == installation.admin.user.user_id
    assert targets(event)["role"] == ["VIEWER"]
