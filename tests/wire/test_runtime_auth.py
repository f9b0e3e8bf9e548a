"""What services keep of auth's, while it answers, hangs and fails."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import grpc
import pytest
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from pydantic import SecretStr

from services.auth.signing import SigningKey
from services.auth.translate import jwk_message
from services.runtime import keys as runtime_keys
from services.runtime.keys import KeysUnavailable, PublishedKeys
from services.runtime.outgoing import RENEW_BEFORE_S, ServiceToken

LIFE_S = 900
CALLS = 10


class Auth(auth_pb2_grpc.AuthServiceServicer):
    """Answers, fails, or hangs, as it is told to; counts."""

    def __init__(self) -> None:
        self.keys = [SigningKey.generate()]
        self.asked = 0
        self.down = False
        self.well = asyncio.Event()
        self.well.set()
        self.now = 1000.0

    async def GetJwks(
        self, request: auth_pb2.GetJwksRequest, context: Any
    ) -> auth_pb2.GetJwksResponse:
        await self._be(context)
        return auth_pb2.GetJwksResponse(keys=[jwk_message(key) for key in self.keys])

    async def IssueServiceToken(
        self, request: auth_pb2.IssueServiceTokenRequest, context: Any
    ) -> auth_pb2.IssueServiceTokenResponse:
        await self._be(context)
        return auth_pb2.IssueServiceTokenResponse(
            access_token=f"token {self.asked}", expires_in=LIFE_S
        )

    async def _be(self, context: Any) -> None:
        self.asked += 1
        await self.well.wait()
        if self.down:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "down")

    def clock(self) -> float:
        return self.now


@pytest.fixture
async def auth() -> Auth:
    return Auth()  # type: ignore[abstract] # its other methods are not called


@pytest.fixture
async def channel(auth: Auth) -> AsyncIterator[grpc.aio.Channel]:
    server = grpc.aio.server()
    auth_pb2_grpc.add_AuthServiceServicer_to_server(cast("Any", auth), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as opened:
        yield opened
    await server.stop(None)


@pytest.fixture
async def keys(auth: Auth, channel: grpc.aio.Channel) -> PublishedKeys:
    return PublishedKeys(channel, clock=auth.clock)


@pytest.fixture
async def token(auth: Auth, channel: grpc.aio.Channel) -> ServiceToken:
    return ServiceToken(channel, service="search", secret=SecretStr("s"), clock=auth.clock)


async def until(fetched: PublishedKeys | ServiceToken) -> None:
    """Waits for what is under way beside the calls."""
    flight = fetched._fetching if isinstance(fetched, PublishedKeys) else fetched._renewing
    await asyncio.wait([flight.start()])


async def test_nobody_waits_for_a_known_key_while_auth_hangs(
    auth: Auth, keys: PublishedKeys
) -> None:
    kid = auth.keys[0].kid
    first = await keys.key(kid)
    auth.well.clear()
    auth.now += runtime_keys.REFRESH_AFTER_S + 1
    for _ in range(CALLS):
        assert await keys.key(kid) is first
    assert keys._fetching.under_way, "nobody waited for its end"
    auth.well.set()
    await until(keys)
    assert auth.asked == 2
    assert await keys.key(kid) is first, "a key that stays is the same object"


async def test_an_old_key_stays_good_while_auth_is_down(auth: Auth, keys: PublishedKeys) -> None:
    kid = auth.keys[0].kid
    await keys.key(kid)
    auth.down = True
    for _ in range(3):
        auth.now += runtime_keys.REFRESH_AFTER_S + 1
        assert await keys.key(kid)
        await until(keys)
    assert auth.asked == 4
    with pytest.raises(KeysUnavailable):
        await keys.key("a new key, perhaps")


async def test_all_who_need_an_unknown_key_wait_for_one_fetch(
    auth: Auth, keys: PublishedKeys
) -> None:
    auth.well.clear()
    auth.down = True
    calls = [asyncio.create_task(keys.key(f"k{number}")) for number in range(CALLS)]
    await asyncio.wait(calls, timeout=0.05)
    calls[0].cancel()
    auth.well.set()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert {type(outcome) for outcome in outcomes[1:]} == {KeysUnavailable}
    assert auth.asked == 1


async def test_a_new_key_is_found_and_forged_ones_cost_nothing(
    auth: Auth, keys: PublishedKeys
) -> None:
    assert await keys.key(auth.keys[0].kid)
    auth.keys.insert(0, SigningKey.generate())
    auth.now += runtime_keys.ASK_AGAIN_AFTER_S
    assert await keys.key(auth.keys[0].kid)
    for number in range(CALLS):
        assert await keys.key(f"forged {number}") is None
    assert auth.asked == 2


async def test_the_services_token_is_used_while_auth_is_down(
    auth: Auth, token: ServiceToken
) -> None:
    assert await token.get() == "token 1"
    auth.down = True
    auth.now += LIFE_S - RENEW_BEFORE_S / 2
    for _ in range(CALLS):
        assert await token.get() == "token 1"
    await until(token)
    auth.now += RENEW_BEFORE_S
    with pytest.raises(grpc.aio.AioRpcError):
        await token.get()
    auth.down = False
    assert (await token.get()).startswith("token")


async def test_nobody_waits_for_a_renewal_that_is_not_needed_yet(
    auth: Auth, token: ServiceToken
) -> None:
    await token.get()
    auth.well.clear()
    auth.now += LIFE_S - RENEW_BEFORE_S
    for _ in range(CALLS):
        assert await token.get() == "token 1"
    auth.well.set()
    await until(token)
    assert await token.get() == "token 2"
    assert auth.asked == 2


async def test_all_who_need_a_token_wait_for_one_renewal(auth: Auth, token: ServiceToken) -> None:
    assert await asyncio.gather(*(token.get() for _ in range(CALLS))) == ["token 1"] * CALLS
    auth.now += LIFE_S
    assert await asyncio.gather(*(token.get() for _ in range(CALLS))) == ["token 2"] * CALLS
