"""Auth over a real socket, on real PostgreSQL and Redis."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import asyncpg
import grpc
import jwt
import pytest
from argus.auth.v1 import auth_pb2, auth_pb2_grpc

from services.auth.signing import SigningKey
from tests.support.measuring import Measured
from tests.support.services import SERVICE_SECRET, bad_request, bearer, error_info, running_auth

PASSWORD = "correct horse battery staple"
if TYPE_CHECKING:
    Stub = auth_pb2_grpc.AuthServiceAsyncStub


@pytest.fixture(scope="module")
async def address(fresh_postgres_url: str, fresh_redis_url: str) -> AsyncIterator[str]:
    async with running_auth(fresh_postgres_url, fresh_redis_url) as server:
        yield server.address


@pytest.fixture(scope="module")
async def stub(address: str) -> AsyncIterator["Stub"]:
    async with grpc.aio.insecure_channel(address) as channel:
        yield auth_pb2_grpc.AuthServiceStub(channel)


async def register(stub: "Stub", email: str) -> auth_pb2.Session:
    return await stub.Register(auth_pb2.RegisterRequest(email=email, password=PASSWORD))


async def test_registers_and_tells_who_one_is(stub: "Stub") -> None:
    made = await register(stub, "Ada@Example.org")
    me = await stub.GetMe(auth_pb2.GetMeRequest(), metadata=bearer(made.access_token))
    assert me == made.user
    assert (me.email, me.display_name) == ("ada@example.org", "ada")
    assert made.expires_in == 900


async def test_refuses_a_second_account_of_the_same_email(stub: "Stub") -> None:
    await register(stub, "twice@example.org")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await register(stub, "TWICE@example.org")
    assert caught.value.code() is grpc.StatusCode.ALREADY_EXISTS
    assert error_info(caught.value).reason == "EMAIL_TAKEN"


async def test_names_every_field_that_is_wrong(stub: "Stub") -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Register(auth_pb2.RegisterRequest(email="no address", password="short"))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    violations = bad_request(caught.value).field_violations
    assert {violation.field for violation in violations} == {"email", "password"}


@pytest.mark.parametrize("email", ["login@example.org", "nobody@example.org"])
async def test_does_not_tell_wrong_passwords_from_unknown_accounts(
    stub: "Stub", email: str
) -> None:
    if email.startswith("login"):
        await register(stub, email)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Login(auth_pb2.LoginRequest(email=email, password="wrong password"))
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert caught.value.details() == "email or password is wrong"
    assert error_info(caught.value).reason == "BAD_CREDENTIALS"


async def test_every_character_of_a_long_password_counts(stub: "Stub") -> None:
    long = "x" * 100
    await stub.Register(auth_pb2.RegisterRequest(email="long@example.org", password=long + "a"))
    with pytest.raises(grpc.aio.AioRpcError):
        await stub.Login(auth_pb2.LoginRequest(email="long@example.org", password=long + "b"))
    await stub.Login(auth_pb2.LoginRequest(email="long@example.org", password=long + "a"))


async def refresh(stub: "Stub", token: str) -> auth_pb2.Session:
    return await stub.RefreshToken(auth_pb2.RefreshTokenRequest(refresh_token=token))


async def test_an_old_refresh_token_that_comes_back_closes_the_session(stub: "Stub") -> None:
    first = await register(stub, "rotate@example.org")
    second = await refresh(stub, first.refresh_token)
    assert second.refresh_token != first.refresh_token
    assert second.user == first.user
    third = await refresh(stub, second.refresh_token)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await refresh(stub, first.refresh_token)
    assert error_info(caught.value).reason == "REFRESH_TOKEN_REUSED"

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await refresh(stub, third.refresh_token)
    assert error_info(caught.value).reason == "REFRESH_TOKEN_INVALID"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.GetMe(auth_pb2.GetMeRequest(), metadata=bearer(third.access_token))
    assert error_info(caught.value).reason == "SESSION_CLOSED"


async def test_tabs_that_refresh_at_the_same_time_all_stay_signed_in(stub: "Stub") -> None:
    made = await register(stub, "tabs@example.org")

    answers = await asyncio.gather(*(refresh(stub, made.refresh_token) for _ in range(5)))

    assert len({answer.refresh_token for answer in answers}) == 5
    for answer in answers:
        await stub.GetMe(auth_pb2.GetMeRequest(), metadata=bearer(answer.access_token))
        await refresh(stub, answer.refresh_token)


async def test_logout_closes_this_session_and_no_other(stub: "Stub") -> None:
    one = await register(stub, "leave@example.org")
    other = await stub.Login(auth_pb2.LoginRequest(email="leave@example.org", password=PASSWORD))
    await stub.Logout(auth_pb2.LogoutRequest(), metadata=bearer(one.access_token))

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.GetMe(auth_pb2.GetMeRequest(), metadata=bearer(one.access_token))
    assert error_info(caught.value).reason == "SESSION_CLOSED"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.RefreshToken(auth_pb2.RefreshTokenRequest(refresh_token=one.refresh_token))
    assert error_info(caught.value).reason == "REFRESH_TOKEN_INVALID"
    await stub.GetMe(auth_pb2.GetMeRequest(), metadata=bearer(other.access_token))


async def test_refuses_tokens_that_are_missing_forged_or_expired(
    stub: "Stub", fresh_postgres_url: str
) -> None:
    made = await register(stub, "forge@example.org")
    connection = await asyncpg.connect(fresh_postgres_url)
    kept = SigningKey.from_bytes(
        await connection.fetchval("SELECT private_key FROM auth.signing_keys")
    )
    await connection.close()
    now = datetime.now(UTC)
    claims = {
        "iss": "argus",
        "aud": "argus",
        "sub": made.user.user_id,
        "sid": "x",
        "iat": now,
        "exp": now + timedelta(minutes=5),
    }
    head, payload, signature = made.access_token.split(".")
    bad = {
        "not a JWT": "TOKEN_INVALID",
        f"{head}.{payload}.{signature[:-6]}AAAAAA": "TOKEN_INVALID",
        SigningKey.generate().sign(claims): "TOKEN_INVALID",
        jwt.encode(claims, "", algorithm="none"): "TOKEN_INVALID",
        kept.sign(claims | {"aud": "another"}): "TOKEN_INVALID",
        kept.sign(claims | {"exp": now - timedelta(minutes=5)}): "TOKEN_EXPIRED",
    }
    for token, reason in bad.items():
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.GetMe(auth_pb2.GetMeRequest(), metadata=bearer(token))
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
        assert error_info(caught.value).reason == reason
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.GetMe(auth_pb2.GetMeRequest())
    assert error_info(caught.value).reason == "TOKEN_INVALID"


async def test_the_signing_key_is_kept_and_shared_by_replicas(
    stub: "Stub", fresh_postgres_url: str, fresh_redis_url: str
) -> None:
    made = await register(stub, "replica@example.org")
    async with (
        running_auth(fresh_postgres_url, fresh_redis_url) as replica,
        grpc.aio.insecure_channel(replica.address) as channel,
    ):
        other = auth_pb2_grpc.AuthServiceStub(channel)
        me = await other.GetMe(auth_pb2.GetMeRequest(), metadata=bearer(made.access_token))
        assert me == made.user
        ours = await stub.GetJwks(auth_pb2.GetJwksRequest())
        assert await other.GetJwks(auth_pb2.GetJwksRequest()) == ours
        assert [(key.kty, key.crv, key.alg, key.use) for key in ours.keys] == [
            ("OKP", "Ed25519", "EdDSA", "sig")
        ]


async def test_a_service_gets_a_token_for_the_secret_and_is_no_user(stub: "Stub") -> None:
    issued = await stub.IssueServiceToken(
        auth_pb2.IssueServiceTokenRequest(service="search", secret=SERVICE_SECRET)
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.GetMe(auth_pb2.GetMeRequest(), metadata=bearer(issued.access_token))
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert error_info(caught.value).reason == "USER_ONLY"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.IssueServiceToken(
            auth_pb2.IssueServiceTokenRequest(service="search", secret="not the right secret")
        )
    assert error_info(caught.value).reason == "BAD_CREDENTIALS"


async def test_measures_its_calls_into_the_provider_that_it_is_given(
    fresh_postgres_url: str, fresh_redis_url: str
) -> None:
    measured = Measured()
    async with (
        running_auth(fresh_postgres_url, fresh_redis_url, providers=measured.providers) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        stub = auth_pb2_grpc.AuthServiceStub(channel)
        await register(stub, "measured@example.org")
        for password in ("wrong password", "another wrong one"):
            with pytest.raises(grpc.aio.AioRpcError):
                await stub.Login(
                    auth_pb2.LoginRequest(email="measured@example.org", password=password)
                )
    service = "argus.auth.v1.AuthService"
    assert measured.values(
        "rpc.server.call.duration", "rpc.method", "rpc.response.status_code"
    ) == {
        (f"{service}/Register", "OK"): 1,
        (f"{service}/Login", "UNAUTHENTICATED"): 2,
    }
