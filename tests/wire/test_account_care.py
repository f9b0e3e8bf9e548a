"""Sessions, passwords and API keys of an account, over a real socket."""

import base64
import hashlib
import unicodedata
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import asyncpg
import bcrypt
import grpc
import jwt
import pytest
from argus.auth.v1 import auth_pb2, auth_pb2_grpc, operator_pb2, operator_pb2_grpc

from services.runtime.edge import CLIENT_ADDRESS, EDGE_KEY, edge_key
from tests.support.services import (
    SERVICE_SECRET,
    bad_request,
    bearer,
    error_info,
    retry_after_s,
    running_auth,
)

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "another horse, another battery"
KEY = edge_key(SERVICE_SECRET)
if TYPE_CHECKING:
    Stub = auth_pb2_grpc.AuthServiceAsyncStub
    OperatorStub = operator_pb2_grpc.OperatorServiceAsyncStub


@pytest.fixture(scope="module")
async def channel(fresh_postgres_url: str, fresh_redis_url: str) -> AsyncIterator[grpc.aio.Channel]:
    async with (
        running_auth(
            fresh_postgres_url,
            fresh_redis_url,
            login_first_wait_s=900,
            login_free_attempts_of_address=30,
            registrations_of_address=30,
            signing_key_lead_s=3600,
        ) as server,
        grpc.aio.insecure_channel(server.address) as opened,
    ):
        yield opened


@pytest.fixture(scope="module")
def stub(channel: grpc.aio.Channel) -> "Stub":
    return auth_pb2_grpc.AuthServiceStub(channel)


class Somebody:
    """Who signs up and in from an address of their own, through the edge."""

    def __init__(self, stub: "Stub", address: str) -> None:
        self.stub = stub
        self.email = f"{uuid4().hex}@example.org"
        self.address = address

    def at(self, address: str = "") -> tuple[tuple[str, str], ...]:
        return ((CLIENT_ADDRESS, address or self.address), (EDGE_KEY, KEY))

    async def register(self) -> auth_pb2.Session:
        return await self.stub.Register(
            auth_pb2.RegisterRequest(email=self.email, password=PASSWORD), metadata=self.at()
        )

    async def login(self, password: str = PASSWORD, address: str = "") -> auth_pb2.Session:
        return await self.stub.Login(
            auth_pb2.LoginRequest(email=self.email, password=password), metadata=self.at(address)
        )

    async def sessions(self, session: auth_pb2.Session) -> list[auth_pb2.OpenSession]:
        answer = await self.stub.ListSessions(
            auth_pb2.ListSessionsRequest(), metadata=bearer(session.access_token)
        )
        return list(answer.sessions)

    async def is_in(self, session: auth_pb2.Session) -> bool:
        try:
            await self.stub.GetMe(auth_pb2.GetMeRequest(), metadata=bearer(session.access_token))
        except grpc.aio.AioRpcError as error:
            if error_info(error).reason != "SESSION_CLOSED":
                raise
            return False
        return True


_addresses = iter(range(1, 250))


@pytest.fixture
def ada(stub: "Stub") -> Somebody:
    return Somebody(stub, f"192.0.2.{next(_addresses)}")


async def refusal(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


async def reason(call: Any) -> str:
    return str(error_info(await refusal(call)).reason)


async def test_sessions_are_listed_with_where_they_were_used_last(ada: Somebody) -> None:
    first = await ada.register()
    second = await ada.login(address="2001:db8::7")

    listed = await ada.sessions(second)

    assert [one.address for one in listed] == ["2001:db8::7", ada.address]
    assert [one.current for one in listed] == [True, False]
    assert all("grpc" in one.client for one in listed)
    moved = auth_pb2.RefreshTokenRequest(refresh_token=first.refresh_token)
    await ada.stub.RefreshToken(moved, metadata=ada.at("198.51.100.1"))
    listed = await ada.sessions(second)
    assert [(one.address, one.current) for one in listed] == [
        ("198.51.100.1", False),
        ("2001:db8::7", True),
    ]
    assert listed[0].create_time.ToNanoseconds() < listed[0].last_use_time.ToNanoseconds()


async def test_a_client_does_not_choose_its_address(ada: Somebody) -> None:
    forged = ((CLIENT_ADDRESS, "8.8.8.8"), (EDGE_KEY, "guess"), ("x-forwarded-for", "8.8.8.8"))
    made = await ada.stub.Register(
        auth_pb2.RegisterRequest(email=ada.email, password=PASSWORD), metadata=forged
    )
    (session,) = await ada.sessions(made)
    assert session.address in {"127.0.0.1", "::1"}


async def test_pages_of_sessions_hold_each_once(ada: Somebody) -> None:
    current = await ada.register()
    for _ in range(4):
        await ada.login()
    metadata, token, found = bearer(current.access_token), "", []
    for _ in range(3):
        request = auth_pb2.ListSessionsRequest(page_size=2, page_token=token)
        page = await ada.stub.ListSessions(request, metadata=metadata)
        found += [one.session_id for one in page.sessions]
        token = page.next_page_token
    assert not token
    assert len(found) == len(set(found)) == 5
    for bad in ("x", page.next_page_token + "AAAA"):
        request = auth_pb2.ListSessionsRequest(page_token=bad)
        assert await reason(ada.stub.ListSessions(request, metadata=metadata)) == (
            "INVALID_PAGE_TOKEN"
        )


async def test_a_session_is_revoked_by_its_owner_and_nobody_else(
    ada: Somebody, stub: "Stub"
) -> None:
    here, there = await ada.register(), await ada.login()
    eve = await Somebody(stub, "203.0.113.66").register()
    (mine,) = [one.session_id for one in await ada.sessions(here) if not one.current]
    request = auth_pb2.RevokeSessionRequest(session_id=mine)
    unknown = auth_pb2.RevokeSessionRequest(session_id=str(uuid4()))

    foreign = await refusal(stub.RevokeSession(request, metadata=bearer(eve.access_token)))
    nothing = await refusal(stub.RevokeSession(unknown, metadata=bearer(eve.access_token)))
    assert error_info(foreign) == error_info(nothing)
    assert foreign.details() == nothing.details()
    assert foreign.code() is grpc.StatusCode.NOT_FOUND
    assert await ada.is_in(there)

    await stub.RevokeSession(request, metadata=bearer(here.access_token))

    assert not await ada.is_in(there)
    assert await ada.is_in(here)
    refresh = auth_pb2.RefreshTokenRequest(refresh_token=there.refresh_token)
    assert await reason(stub.RefreshToken(refresh)) == "REFRESH_TOKEN_INVALID"
    again = stub.RevokeSession(request, metadata=bearer(here.access_token))
    assert await reason(again) == "SESSION_NOT_FOUND"


async def test_all_other_sessions_end_at_one_word(ada: Somebody, stub: "Stub") -> None:
    here, others = await ada.register(), [await ada.login() for _ in range(3)]

    done = await stub.RevokeOtherSessions(
        auth_pb2.RevokeOtherSessionsRequest(), metadata=bearer(here.access_token)
    )

    assert done.revoked_count == 3
    assert [await ada.is_in(one) for one in (here, *others)] == [True, False, False, False]
    assert len(await ada.sessions(here)) == 1


async def change(ada: Somebody, session: auth_pb2.Session, old: str, new: str) -> int:
    request = auth_pb2.ChangePasswordRequest(old_password=old, new_password=new)
    metadata = (*bearer(session.access_token), *ada.at())
    return (await ada.stub.ChangePassword(request, metadata=metadata)).revoked_count


async def test_a_new_password_takes_the_old_one_s_place_and_ends_other_sessions(
    ada: Somebody,
) -> None:
    here, there = await ada.register(), await ada.login()

    assert await change(ada, here, PASSWORD, NEW_PASSWORD) == 1

    assert [await ada.is_in(one) for one in (here, there)] == [True, False]
    assert await reason(ada.login(PASSWORD)) == "BAD_CREDENTIALS"
    await ada.login(NEW_PASSWORD)


async def test_a_password_is_changed_by_who_knows_it_to_one_that_is_taken(ada: Somebody) -> None:
    here = await ada.register()
    refused = await refusal(change(ada, here, "not the password", NEW_PASSWORD))
    assert error_info(refused).reason == "PASSWORD_WRONG"
    assert bad_request(refused).field_violations[0].field == "old_password"
    for weak in ("password123", ada.email, PASSWORD):
        refused = await refusal(change(ada, here, PASSWORD, weak))
        assert error_info(refused).reason == "WEAK_PASSWORD"
        assert bad_request(refused).field_violations[0].field == "new_password"
    await ada.login(PASSWORD)


async def test_whoever_holds_a_token_does_not_guess_the_password_with_it(ada: Somebody) -> None:
    here = await ada.register()
    for _ in range(5):
        guess = change(ada, here, f"guess {uuid4()}", NEW_PASSWORD)
        assert await reason(guess) == "PASSWORD_WRONG"
    assert await reason(change(ada, here, PASSWORD, NEW_PASSWORD)) == "TOO_MANY_ATTEMPTS"


@pytest.mark.parametrize("exists", [True, False])
async def test_guessing_ends_here_and_the_owner_gets_in_elsewhere(
    ada: Somebody, exists: bool
) -> None:
    if exists:
        await ada.register()
    for _ in range(5):
        refused = await refusal(ada.login("wrong password"))
        assert (error_info(refused).reason, refused.details()) == (
            "BAD_CREDENTIALS",
            "email or password is wrong",
        )

    refused = await refusal(ada.login(PASSWORD))

    assert error_info(refused).reason == "TOO_MANY_ATTEMPTS"
    assert refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert 0 < retry_after_s(refused) <= 900
    if exists:
        await ada.login(PASSWORD, address="198.51.100.77")


async def test_one_address_guesses_at_many_accounts_no_more_than_it_may(
    ada: Somebody, stub: "Stub"
) -> None:
    await ada.register()
    for _ in range(30):
        guess = Somebody(stub, ada.address).login("Winter2026!")
        assert await reason(guess) == "BAD_CREDENTIALS"
    assert await reason(ada.login()) == "TOO_MANY_ATTEMPTS"
    await ada.login(address="198.51.100.78")


async def test_one_address_makes_no_more_accounts_than_it_may(ada: Somebody, stub: "Stub") -> None:
    for _ in range(30):
        await Somebody(stub, ada.address).register()
    assert await reason(ada.register()) == "TOO_MANY_ATTEMPTS"
    ada.address = "198.51.100.79"
    await ada.register()


async def test_a_weak_password_is_refused_by_its_field(ada: Somebody) -> None:
    request = auth_pb2.RegisterRequest(email=ada.email, password="password123")
    refused = await refusal(ada.stub.Register(request))
    assert error_info(refused).reason == "WEAK_PASSWORD"
    assert bad_request(refused).field_violations[0].field == "password"


async def test_a_hash_from_before_is_replaced_by_the_login_it_lets_in(
    ada: Somebody, fresh_postgres_url: str
) -> None:
    """What was hashed as it was typed, in decomposed form."""
    await ada.register()
    typed = unicodedata.normalize("NFD", "Zürich-Café-42")
    digest = base64.b64encode(hashlib.sha256(typed.encode()).digest())
    old = bcrypt.hashpw(digest, bcrypt.gensalt(4)).decode()
    connection = await asyncpg.connect(fresh_postgres_url)
    await connection.execute(
        "UPDATE auth.users SET password_hash = $1 WHERE email = $2", old, ada.email
    )
    await connection.close()

    assert await reason(ada.login(unicodedata.normalize("NFC", typed))) == "BAD_CREDENTIALS"
    await ada.login(typed)

    await ada.login(unicodedata.normalize("NFC", typed))
    await ada.login(typed)


async def make_key(
    ada: Somebody, session: auth_pb2.Session, *scopes: auth_pb2.ApiKey.Scope, **fields: Any
) -> auth_pb2.CreateApiKeyResponse:
    request = auth_pb2.CreateApiKeyRequest(display_name="camera 7", scopes=scopes, **fields)
    return await ada.stub.CreateApiKey(request, metadata=bearer(session.access_token))


async def exchange(stub: "Stub", secret: str) -> auth_pb2.ExchangeApiKeyResponse:
    return await stub.ExchangeApiKey(auth_pb2.ExchangeApiKeyRequest(secret=secret))


async def keys_of(ada: Somebody, session: auth_pb2.Session) -> list[auth_pb2.ApiKey]:
    answer = await ada.stub.ListApiKeys(
        auth_pb2.ListApiKeysRequest(), metadata=bearer(session.access_token)
    )
    return list(answer.api_keys)


async def test_a_key_acts_for_its_owner_within_its_scopes(
    ada: Somebody, fresh_postgres_url: str
) -> None:
    session = await ada.register()
    made = await make_key(ada, session, auth_pb2.ApiKey.INSPECT, auth_pb2.ApiKey.READ)
    assert made.secret.startswith(made.api_key.prefix)
    assert len(made.api_key.prefix) < len(made.secret) - 32

    token = await exchange(ada.stub, made.secret)

    assert list(token.scopes) == [auth_pb2.ApiKey.READ, auth_pb2.ApiKey.INSPECT]
    claims = jwt.decode(token.access_token, options={"verify_signature": False})
    assert (claims["sub"], claims["scope"]) == (session.user.user_id, "read inspect")
    metadata = bearer(token.access_token)
    assert await ada.stub.GetMe(auth_pb2.GetMeRequest(), metadata=metadata) == session.user
    listed = ada.stub.ListSessions(auth_pb2.ListSessionsRequest(), metadata=metadata)
    refused = await refusal(listed)
    assert refused.code() is grpc.StatusCode.PERMISSION_DENIED
    assert error_info(refused).reason == "SCOPE_MISSING"
    more = ada.stub.CreateApiKey(
        auth_pb2.CreateApiKeyRequest(display_name="more", scopes=[auth_pb2.ApiKey.WRITE]),
        metadata=metadata,
    )
    assert await reason(more) == "SCOPE_MISSING"
    (kept,) = await keys_of(ada, session)
    assert kept.HasField("last_use_time")
    connection = await asyncpg.connect(fresh_postgres_url)
    dumped = str(await connection.fetch("SELECT * FROM auth.api_keys"))
    await connection.close()
    assert made.secret not in dumped


async def test_a_revoked_key_and_its_tokens_are_worth_nothing(ada: Somebody, stub: "Stub") -> None:
    session = await ada.register()
    eve = await Somebody(stub, "203.0.113.67").register()
    made = await make_key(ada, session, auth_pb2.ApiKey.READ)
    token = await exchange(stub, made.secret)
    request = auth_pb2.RevokeApiKeyRequest(api_key_id=made.api_key.api_key_id)
    unknown = auth_pb2.RevokeApiKeyRequest(api_key_id=str(uuid4()))
    foreign = await refusal(stub.RevokeApiKey(request, metadata=bearer(eve.access_token)))
    nothing = await refusal(stub.RevokeApiKey(unknown, metadata=bearer(eve.access_token)))
    assert error_info(foreign) == error_info(nothing)
    assert error_info(foreign).reason == "API_KEY_NOT_FOUND"
    assert await keys_of(Somebody(stub, ""), eve) == []

    await stub.RevokeApiKey(request, metadata=bearer(session.access_token))

    used = stub.GetMe(auth_pb2.GetMeRequest(), metadata=bearer(token.access_token))
    assert await reason(used) == "SESSION_CLOSED"
    assert await reason(exchange(stub, made.secret)) == "API_KEY_INVALID"
    assert await keys_of(ada, session) == []


async def test_a_key_ends_when_it_says_and_its_tokens_no_later(
    ada: Somebody, stub: "Stub", fresh_postgres_url: str
) -> None:
    session = await ada.register()
    made = await make_key(ada, session, auth_pb2.ApiKey.READ, valid_days=7)
    lives_s = made.api_key.expire_time.seconds - made.api_key.create_time.seconds
    assert lives_s == 7 * 86_400
    connection = await asyncpg.connect(fresh_postgres_url)
    set_end = "UPDATE auth.api_keys SET expires_at = now() + $2::interval WHERE api_key_id = $1"
    await connection.execute(set_end, made.api_key.api_key_id, timedelta(minutes=2))
    assert (await exchange(stub, made.secret)).expires_in <= 120
    await connection.execute(set_end, made.api_key.api_key_id, timedelta(seconds=-1))
    await connection.close()
    assert await reason(exchange(stub, made.secret)) == "API_KEY_INVALID"
    assert await reason(exchange(stub, made.secret + "x")) == "API_KEY_INVALID"
    # Its owner sees why.
    assert len(await keys_of(ada, session)) == 1


async def test_an_account_has_a_bounded_number_of_keys(
    ada: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await ada.register()
    monkeypatch.setattr("services.auth.api_keys.MAX_KEYS", 3)
    made = [await make_key(ada, session, auth_pb2.ApiKey.READ) for _ in range(3)]
    assert await reason(make_key(ada, session, auth_pb2.ApiKey.READ)) == "TOO_MANY_API_KEYS"
    request = auth_pb2.RevokeApiKeyRequest(api_key_id=made[0].api_key.api_key_id)
    await ada.stub.RevokeApiKey(request, metadata=bearer(session.access_token))
    await make_key(ada, session, auth_pb2.ApiKey.READ)


@pytest.mark.parametrize(
    "fields",
    [
        {"display_name": "", "scopes": [auth_pb2.ApiKey.READ]},
        {"display_name": "\x1b[31mred", "scopes": [auth_pb2.ApiKey.READ]},
        {"display_name": "x", "scopes": []},
        {"display_name": "x", "scopes": [auth_pb2.ApiKey.SCOPE_UNSPECIFIED]},
        {"display_name": "x", "scopes": [77]},
        {"display_name": "x", "scopes": [auth_pb2.ApiKey.READ] * 2},
        {"display_name": "x", "scopes": [auth_pb2.ApiKey.READ], "valid_days": 367},
        {"display_name": "x", "scopes": [auth_pb2.ApiKey.READ], "valid_days": -1},
    ],
)
async def test_a_key_that_makes_no_sense_is_not_made(ada: Somebody, fields: Any) -> None:
    session = await ada.register()
    request = auth_pb2.CreateApiKeyRequest(**fields)
    made = ada.stub.CreateApiKey(request, metadata=bearer(session.access_token))
    assert await reason(made) == "INVALID_REQUEST"


async def test_keys_are_rotated_by_operators_alone_and_published_at_once(
    ada: Somebody, stub: "Stub", channel: grpc.aio.Channel
) -> None:
    await Somebody(stub, "203.0.113.67").register()  # perhaps the first, who administers
    session = await ada.register()
    operator: OperatorStub = operator_pb2_grpc.OperatorServiceStub(channel)
    for call in (
        operator.RotateSigningKey(
            operator_pb2.RotateSigningKeyRequest(), metadata=bearer(session.access_token)
        ),
        operator.ListSigningKeys(
            operator_pb2.ListSigningKeysRequest(), metadata=bearer(session.access_token)
        ),
    ):
        assert await reason(call) == "ROLE_REQUIRED"
    before = [key.kid for key in (await stub.GetJwks(auth_pb2.GetJwksRequest())).keys]
    issued = await stub.IssueServiceToken(
        auth_pb2.IssueServiceTokenRequest(service="operator", secret=SERVICE_SECRET)
    )
    metadata = bearer(issued.access_token)

    made = await operator.RotateSigningKey(
        operator_pb2.RotateSigningKeyRequest(), metadata=metadata
    )

    assert made.key.state == operator_pb2.SigningKey.NEXT
    published = [key.kid for key in (await stub.GetJwks(auth_pb2.GetJwksRequest())).keys]
    assert published == [made.key.kid, *before]
    listed = await operator.ListSigningKeys(
        operator_pb2.ListSigningKeysRequest(), metadata=metadata
    )
    assert [key.state for key in listed.keys] == [
        operator_pb2.SigningKey.NEXT,
        operator_pb2.SigningKey.SIGNING,
    ]
    assert listed.keys[1].HasField("remove_time")
    assert not listed.keys[0].HasField("remove_time")
    # What was signed before is still good, and the old key signs for now.
    assert await ada.is_in(session)
    kid = jwt.get_unverified_header((await ada.login()).access_token)["kid"]
    assert kid == listed.keys[1].kid
