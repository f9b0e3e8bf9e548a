"""Tokens that were seen before are still looked at."""

import asyncio
import time
from collections.abc import Collection
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.runtime.identity import SessionClosed, TokenExpired, TokenInvalid, TokenVerifier

KID = "k1"


class World:
    """Keys and sessions, which suspend before they answer, as real ones do; the time."""

    def __init__(self) -> None:
        self.private = Ed25519PrivateKey.generate()
        self.keys: dict[str, Ed25519PublicKey] = {KID: self.private.public_key()}
        self.closed: set[str] = set()
        self.now = time.time()
        self.verifier = TokenVerifier(
            self, self, issuer="argus", audience="argus", clock=lambda: self.now
        )

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        await asyncio.sleep(0)
        return self.keys.get(kid)

    async def is_closed(self, session_id: str) -> bool:
        await asyncio.sleep(0)
        return session_id in self.closed

    async def closed_among(self, session_ids: Collection[str]) -> set[str]:
        await asyncio.sleep(0)
        return self.closed & set(session_ids)

    def token(self, **claims: Any) -> str:
        now = int(time.time())
        whole = {"iss": "argus", "aud": "argus", "sub": "ann", "sid": "s1", "iat": now}
        return jwt.encode(
            whole | {"exp": now + 600} | claims,
            self.private,
            algorithm="EdDSA",
            headers={"kid": KID},
        )


async def test_a_known_token_is_good_until_it_ends() -> None:
    world = World()
    token = world.token()
    for _ in range(2):
        assert (await world.verifier.verify(token)).user_id == "ann"
    world.now += 700
    for _ in range(2):
        with pytest.raises(TokenExpired):
            await world.verifier.verify(token)
        world.now += 1


async def test_a_known_token_dies_with_its_session() -> None:
    world = World()
    token = world.token()
    await world.verifier.verify(token)
    world.closed.add("s1")
    with pytest.raises(SessionClosed):
        await world.verifier.verify(token)


async def test_a_known_token_dies_with_its_key() -> None:
    world = World()
    token = world.token()
    await world.verifier.verify(token)
    kept = world.keys.pop(KID)
    with pytest.raises(TokenInvalid, match="unknown key"):
        await world.verifier.verify(token)
    world.keys[KID] = Ed25519PrivateKey.generate().public_key()
    with pytest.raises(TokenInvalid, match="not valid"):
        await world.verifier.verify(token)
    world.keys[KID] = kept
    assert (await world.verifier.verify(token)).user_id == "ann"


@pytest.mark.parametrize("claims", [{"iss": "other"}, {"aud": "other"}, {"sub": None}])
async def test_a_token_for_somebody_else_is_never_known(claims: dict[str, Any]) -> None:
    world = World()
    token = world.token(**claims)
    for _ in range(2):
        with pytest.raises(TokenInvalid):
            await world.verifier.verify(token)


async def test_calls_that_share_a_token_hear_the_same_when_it_ends() -> None:
    world = World()
    token = world.token()
    await world.verifier.verify(token)
    world.now += 700
    outcomes = await asyncio.gather(
        *(world.verifier.verify(token) for _ in range(3)), return_exceptions=True
    )
    assert {type(outcome) for outcome in outcomes} == {TokenExpired}


async def test_calls_that_share_a_token_are_told_apart_from_those_of_a_closed_session() -> None:
    world = World()
    good, other = world.token(), world.token(sid="s2")
    world.closed.add("s2")
    outcomes = await asyncio.gather(
        *(world.verifier.verify(token) for token in (good, other) * 3), return_exceptions=True
    )
    assert [getattr(outcome, "user_id", type(outcome)) for outcome in outcomes] == [
        "ann",
        SessionClosed,
    ] * 3
