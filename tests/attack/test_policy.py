"""Through the edge: every method by everybody, bad tokens, large requests, and what is no gRPC."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import grpc
import httpx
import jwt
import pytest
from argus.auth.v1 import auth_pb2, auth_pb2_grpc

from mesh.credentials import load_credentials
from mesh.parts.postgres import postgres_url
from services.auth.signing import SigningKey
from services.runtime.peers import OPERATOR
from services.runtime.policy import MAX_PUBLIC_BYTES, MethodPolicy
from tests.support.mesh import Mesh
from tests.support.person import Person, reason
from tests.support.policies import (
    NO_TOKEN,
    POLICIES,
    REFUSALS,
    ROLES,
    Caller,
    answer_to,
    ends_sessions,
    refusal_at_the_edge,
)
from tests.support.roles import assign_role
from tests.support.services import bearer

GET_ME = POLICIES["/argus.auth.v1.AuthService/GetMe"]
LOGIN = POLICIES["/argus.auth.v1.AuthService/Login"]
CHECK = POLICIES["/grpc.health.v1.Health/Check"]


@pytest.fixture(scope="module")
async def http(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
async def channel(mesh: Mesh) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(mesh.edge_target) as opened:
        yield opened


@pytest.fixture(scope="module")
async def ada(mesh: Mesh, http: httpx.AsyncClient) -> Person:
    return await Person.register(mesh, http)


@pytest.fixture(scope="module")
async def key(mesh: Mesh) -> SigningKey:
    """What the mesh signs its tokens with."""
    connection = await asyncpg.connect(postgres_url(mesh.layout))
    raw = await connection.fetchval("SELECT private_key FROM auth.signing_keys")
    await connection.close()
    return SigningKey.from_bytes(raw)


class Callers:
    """Tokens of everybody who calls."""

    def __init__(self, mesh: Mesh, http: httpx.AsyncClient, auth: grpc.aio.Channel) -> None:
        self._mesh, self._http, self._auth = mesh, http, auth
        self._secret = load_credentials(mesh.layout).service_secret
        self._kept: dict[Caller, tuple[tuple[str, str], ...]] = {}

    async def metadata(self, caller: Caller, policy: MethodPolicy) -> tuple[tuple[str, str], ...]:
        """What a caller sends; a user whose session may end has one for this call alone."""
        if caller is Caller.NOBODY:
            return ()
        if caller in ROLES and ends_sessions(policy):
            return await self._sign_up(caller)
        if caller not in self._kept:
            self._kept[caller] = await self._sign_up(caller)
        return self._kept[caller]

    async def _sign_up(self, caller: Caller) -> tuple[tuple[str, str], ...]:
        if caller is Caller.SERVICE:
            answer = await auth_pb2_grpc.AuthServiceStub(self._auth).IssueServiceToken(
                auth_pb2.IssueServiceTokenRequest(service=OPERATOR, secret=self._secret)
            )
            return bearer(answer.access_token)
        person = await Person.register(self._mesh, self._http)
        await assign_role(self._auth, person.email, caller.name, secret=self._secret)
        await person.sign_in()
        return person.metadata


@pytest.fixture(scope="module")
async def callers(mesh: Mesh, http: httpx.AsyncClient) -> AsyncIterator[Callers]:
    async with mesh.channel("auth") as auth:
        yield Callers(mesh, http, auth)


@pytest.mark.parametrize("caller", Caller)
async def test_the_edge_lets_in_whom_the_policy_names(
    channel: grpc.aio.Channel, callers: Callers, caller: Caller
) -> None:
    for policy in POLICIES.values():
        got = await answer_to(channel, policy, await callers.metadata(caller, policy))
        expected = refusal_at_the_edge(policy, caller)
        assert (got if got in REFUSALS else None) == expected, (policy.method, got)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"aud": "another"}, "TOKEN_INVALID"),
        ({"iss": "another"}, "TOKEN_INVALID"),
        ({"exp": 1}, "TOKEN_EXPIRED"),
    ],
    ids=["audience", "issuer", "expired"],
)
async def test_a_token_that_does_not_pass_is_told_why_in_every_protocol(
    channel: grpc.aio.Channel,
    ada: Person,
    key: SigningKey,
    changed: dict[str, Any],
    expected: str,
) -> None:
    token = key.sign(jwt.decode(ada.token, options={"verify_signature": False}) | changed)
    assert await answer_to(channel, GET_ME, bearer(token)) == ("UNAUTHENTICATED", expected)
    headers = {"authorization": f"Bearer {token}"}
    rest = await ada.http.get("/api/auth/me", headers=headers)
    assert (rest.status_code, reason(rest)) == (401, expected)
    web = await ada.http.post(
        GET_ME.method,
        content=bytes(5),
        headers=headers | {"content-type": "application/grpc-web+proto"},
    )
    assert (web.headers["grpc-status"], web.status_code) == ("16", 200)
    assert web.headers["grpc-status-details-bin"]


@pytest.mark.parametrize("content_type", ["application/json", "", "application/grpc-web+json"])
async def test_json_at_the_path_of_any_method_is_told_where_to_go(
    ada: Person, content_type: str
) -> None:
    for policy in POLICIES.values():
        answer = await ada.call(
            "POST", policy.method, content=b"{}", headers={"content-type": content_type}
        )
        assert (answer.status_code, reason(answer)) == (415, "INVALID_REQUEST"), policy.method
        assert "application/grpc-web" in answer.json()["message"]


@pytest.mark.parametrize(
    ("content_type", "code", "words"),
    [("application/grpc", "3", "HTTP/2"), ("application/grpc+json", "12", "protobuf")],
)
async def test_grpc_that_no_service_reads_is_told_why(
    ada: Person, content_type: str, code: str, words: str
) -> None:
    for policy in POLICIES.values():
        # Over HTTP/1.1.
        answer = await ada.call(
            "POST", policy.method, content=b"{}", headers={"content-type": content_type}
        )
        assert answer.headers["grpc-status"] == code, policy.method
        assert words in answer.headers["grpc-message"]


async def test_what_needs_no_token_takes_little(
    http: httpx.AsyncClient, channel: grpc.aio.Channel
) -> None:
    for policy in POLICIES.values():
        if policy.public:
            got = await answer_to(channel, policy, message=bytes(2 * MAX_PUBLIC_BYTES))
            assert got[0] == "RESOURCE_EXHAUSTED", policy.method
    for path in ("login", "register", "refresh"):
        answer = await http.post(f"/api/auth/{path}", json={"email": "x" * 2 * MAX_PUBLIC_BYTES})
        assert (answer.status_code, reason(answer)) == (413, "REQUEST_TOO_LARGE")


@pytest.mark.parametrize("policy", [LOGIN, CHECK], ids=lambda policy: policy.method)
async def test_a_request_of_a_stranger_that_does_not_end_reaches_nobody(
    mesh: Mesh, channel: grpc.aio.Channel, policy: MethodPolicy
) -> None:
    """More of them than the edge sends to a service at once; the next whole one is answered."""
    async with asyncio.timeout(60):
        held: list[Any] = []
        own = [("grpc.use_local_subchannel_pool", 1)]
        channels = [grpc.aio.insecure_channel(mesh.edge_target, options=own) for _ in range(5)]
        for one in channels:
            for _ in range(250):
                call: Any = one.stream_unary(policy.method)()
                await call.write(b"")
                held.append(call)
        try:
            assert await answer_to(channel, GET_ME) == NO_TOKEN
            answered = await answer_to(channel, policy)
            assert answered[0] in {"OK", "INVALID_ARGUMENT"}
        finally:
            for call in held:
                call.cancel()
            for one in channels:
                await one.close()
