"""What the contract's policies say is what the services do: who may call, with how much."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from argus.auth.v1 import audit_pb2, audit_pb2_grpc, auth_pb2
from argus.search.v1 import search_pb2

from services.runtime.policy import FOREIGN, MethodPolicy
from tests.support import parts
from tests.support.databases import emptied_redis
from tests.support.eventually import eventually
from tests.support.policies import (
    POLICIES,
    REFUSALS,
    ROLES,
    Caller,
    answer_to,
    ends_sessions,
    refusal,
)
from tests.support.roles import assign_role
from tests.support.services import SERVICE_SECRET, bearer
from tests.support.user import PASSWORD, register
from tests.support.world import World, running_world, urls_of

# Where a service answers whose process has another name than its package.
PROCESSES = {"installation": "inspection"}
OURS = [policy for method, policy in POLICIES.items() if method not in FOREIGN]


@pytest.fixture(scope="module")
async def world(fresh_postgres_url: str, redis_url: str, s3: parts.S3) -> AsyncIterator[World]:
    urls = urls_of(fresh_postgres_url, await emptied_redis(redis_url, 3), s3)
    with tempfile.TemporaryDirectory() as folder:
        async with running_world(urls, Path(folder), inspection={}) as running:
            yield running


@pytest.fixture(scope="module")
async def channels(world: World) -> AsyncIterator[dict[str, grpc.aio.Channel]]:
    """A channel to each process, by its name."""
    opened = {
        name: grpc.aio.insecure_channel(
            world.address(name), options=[("grpc.max_send_message_length", -1)]
        )
        for name in ("auth", "storage", "embedder", "search", "inspection")
    }
    yield opened
    for channel in opened.values():
        await channel.close()


class Callers:
    """Tokens of everybody who calls."""

    def __init__(self, world: World, service: str) -> None:
        self._world = world
        self._tokens = {Caller.SERVICE: service}

    async def sign_up(self, caller: Caller) -> str:
        """The access token of somebody new."""
        email = (await register(self._world.auth)).user.email
        await assign_role(self._world.auth_channel, email, caller.name)
        signed_in = await self._world.auth.Login(
            auth_pb2.LoginRequest(email=email, password=PASSWORD)
        )
        return signed_in.access_token

    async def metadata(self, caller: Caller, policy: MethodPolicy) -> tuple[tuple[str, str], ...]:
        """What a caller sends; a user whose session may end has one for this call alone."""
        if caller is Caller.NOBODY:
            return ()
        if caller in ROLES and ends_sessions(policy):
            return bearer(await self.sign_up(caller))
        if caller not in self._tokens:
            self._tokens[caller] = await self.sign_up(caller)
        return bearer(self._tokens[caller])


@pytest.fixture(scope="module")
async def callers(world: World) -> Callers:
    service = await world.auth.IssueServiceToken(
        auth_pb2.IssueServiceTokenRequest(service="policy", secret=SERVICE_SECRET)
    )
    return Callers(world, service.access_token)


def process_of(policy: MethodPolicy) -> str:
    package = policy.service.split(".")[1]
    return PROCESSES.get(package, package)


@pytest.mark.parametrize("caller", Caller)
async def test_a_service_lets_in_whom_the_policy_names(
    channels: dict[str, grpc.aio.Channel], callers: Callers, caller: Caller
) -> None:
    for policy in OURS:
        metadata = await callers.metadata(caller, policy)
        got = await answer_to(channels[process_of(policy)], policy, metadata)
        expected = refusal(policy, caller)
        assert (got if got in REFUSALS else None) == expected, (policy.method, got)


async def test_a_viewer_searches_with_all_that_it_takes(
    channels: dict[str, grpc.aio.Channel], callers: Callers
) -> None:
    search = POLICIES["/argus.search.v1.SearchService/SearchImages"]
    metadata = await callers.metadata(Caller.VIEWER, search)
    query = search_pb2.SearchImagesRequest(text="red").SerializeToString()
    assert await answer_to(channels["search"], search, metadata, message=query) == ("OK", "")


async def test_whatever_is_audited_is_noted_by_the_service_that_answers(
    channels: dict[str, grpc.aio.Channel], callers: Callers
) -> None:
    audited = [policy for policy in OURS if policy.audited]
    assert {process_of(policy) for policy in audited} == {"auth", "storage", "search", "inspection"}
    admin = bearer(await callers.sign_up(Caller.ADMIN))
    audit = audit_pb2_grpc.AuditServiceStub(channels["auth"])
    for policy in audited:
        caller = next(one for one in Caller if refusal(policy, one) is None)
        channel = channels[process_of(policy)]
        await answer_to(channel, policy, await callers.metadata(caller, policy))

        async def noted(method: str = policy.method) -> bool:
            request = audit_pb2.ListAuditEventsRequest(method=method, page_size=1)
            return bool((await audit.ListAuditEvents(request, metadata=admin)).events)

        await eventually(noted, f"{policy.method} is noted")
    for policy in OURS:
        if not policy.audited:
            request = audit_pb2.ListAuditEventsRequest(method=policy.method)
            assert not (await audit.ListAuditEvents(request, metadata=admin)).events


async def test_every_process_tells_its_health_and_contract_to_anybody(
    channels: dict[str, grpc.aio.Channel],
) -> None:
    for channel in channels.values():
        for policy in FOREIGN.values():
            assert (await answer_to(channel, policy)) == ("OK", ""), policy.method


def padded(size: int) -> bytes:
    """A message of so many bytes, all of them in a field that no method knows."""
    tag, length = b"\xfa\xff\x7f", size - 8  # field 262143, of bytes; its length in 5 bytes
    varint = bytes((length >> 7 * n & 0x7F) | (0x80 if n < 4 else 0) for n in range(5))
    return tag + varint + bytes(length)


async def test_a_method_takes_messages_up_to_its_limit_and_none_beyond(
    channels: dict[str, grpc.aio.Channel], callers: Callers
) -> None:
    bounded = [policy for policy in OURS if policy.max_request_bytes]
    assert {policy.service for policy in bounded} == {policy.service for policy in OURS}
    for policy in bounded:
        caller = next(one for one in Caller if refusal(policy, one) is None)
        channel, limit = channels[process_of(policy)], policy.max_request_bytes or 0
        answers = []
        for size in (limit, limit + 1):
            metadata = await callers.metadata(caller, policy)
            got = await answer_to(channel, policy, metadata, message=padded(size))
            answers.append(got[0] == "RESOURCE_EXHAUSTED")
        assert answers == [False, True], policy.method


@pytest.mark.parametrize("method", ["Login", "Register", "RefreshToken", "IssueServiceToken"])
async def test_what_is_packed_small_is_not_taken_in_large(
    channels: dict[str, grpc.aio.Channel], method: str
) -> None:
    policy = POLICIES[f"/argus.auth.v1.AuthService/{method}"]
    call: Any = channels["auth"].unary_unary(policy.method)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(padded(48 * 2**20), compression=grpc.Compression.Gzip)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_message_that_is_too_large_is_refused_by_name(
    channels: dict[str, grpc.aio.Channel], callers: Callers
) -> None:
    # Search takes pictures, so it is the method and not the server that refuses.
    policy = POLICIES["/argus.search.v1.SearchService/GetMap"]
    metadata = await callers.metadata(Caller.VIEWER, policy)
    got = await answer_to(channels["search"], policy, metadata, message=padded(2**20))
    assert got == ("RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE")
