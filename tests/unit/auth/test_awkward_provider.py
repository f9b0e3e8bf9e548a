"""Providers that are broken, or mean harm: each ends in one clear error, and bounded."""

import asyncio
import gzip
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.auth.sso import openid
from services.auth.sso.configuration import Provider
from services.auth.sso.documents import AGAIN_AFTER_S, GOOD_FOR_S, STALE_AFTER_S, Documents
from services.auth.sso.errors import ProviderUnavailable
from services.auth.sso.model import Begun
from services.auth.sso.openid import OpenIdProvider
from services.auth.sso.web import MAX_BYTES

TRUSTED = ssl.create_default_context()
BEGUN = Begun("company", "http://127.0.0.1:1/callback", "n", "v", "", 0.0)


class Awkward:
    """An HTTP server that answers what it is told to."""

    def __init__(self) -> None:
        self.issuer = ""
        self.asked: list[str] = []
        self.answer: Callable[[str], bytes | None] = self.good

    def good(self, path: str) -> bytes:
        return response(self.metadata() if "openid-configuration" in path else {"keys": []})

    def metadata(self, **changes: Any) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
        } | changes

    def provider(self) -> Provider:
        return Provider(id="company", display_name="Example", issuer=self.issuer, client_id="argus")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ")[1]
        self.asked.append(path)
        answer = self.answer(path)
        if answer is None:
            # Whoever asked gives up.
            await reader.read()
        else:
            writer.write(answer)
        writer.close()


def response(body: object, *, status: str = "200 OK", headers: str = "") -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\ncontent-length: {len(content)}\r\n{headers}connection: close"
    return head.encode() + b"\r\n\r\n" + content


@asynccontextmanager
async def awkward() -> AsyncIterator[Awkward]:
    house = Awkward()
    async with await asyncio.start_server(house.serve, "127.0.0.1", 0) as server:
        house.issuer = "http://{}:{}".format(*server.sockets[0].getsockname())
        yield house


def client(house: Awkward) -> OpenIdProvider:
    return OpenIdProvider(house.provider(), TRUSTED, clock=lambda: 0.0, ticks=lambda: 0.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://elsewhere.example.org"},
        {"token_endpoint": "http://169.254.169.254/token"},
        {"jwks_uri": "http://127.0.0.1:1/jwks"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"userinfo_endpoint": "https://elsewhere.example.org/me"},
        {"response_types_supported": ["id_token"]},
        {"code_challenge_methods_supported": ["plain"]},
        {"id_token_signing_alg_values_supported": ["HS256", "none"]},
        {"token_endpoint": None},
        {"jwks_uri": 7},
    ],
    ids=str,
)
async def test_metadata_that_cannot_be_trusted_is_not_used(changes: dict[str, Any]) -> None:
    async with awkward() as house:
        house.answer = lambda _: response(house.metadata(**changes))
        with pytest.raises(ProviderUnavailable) as caught:
            await client(house).authorization_url(BEGUN, "state")
        assert "elsewhere" not in caught.value.message


@pytest.mark.parametrize(
    "answer",
    [
        response(b"<html>"),
        response([1, 2]),
        response(b"\xff\xfe"),
        response({}, status="500 Internal Server Error"),
        response(b"", status="302 Found", headers="location: http://127.0.0.1:1/\r\n"),
        response(b" " * (MAX_BYTES + 1)),
        response(gzip.compress(b" " * 1000), headers="content-encoding: gzip\r\n"),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"8000\r\n" + b" " * 0x8000,
        b"nonsense",
        b"",
    ],
    ids=range(10),
)
async def test_answers_that_are_none_are_one_clear_error(answer: bytes) -> None:
    async with awkward() as house:
        house.answer = lambda _: answer
        with pytest.raises(ProviderUnavailable):
            await client(house).authorization_url(BEGUN, "state")
        assert len(house.asked) == 1


async def test_who_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openid, "EXCHANGE_S", 0.1)
    async with awkward() as house:
        house.answer = lambda _: None
        with pytest.raises(ProviderUnavailable):
            await client(house).authorization_url(BEGUN, "state")


async def test_documents_are_remembered_and_used_on_while_nobody_answers() -> None:
    async with awkward() as house:
        now = 0.0
        documents = Documents(house.provider(), TRUSTED, clock=lambda: now)
        first, *_ = await asyncio.gather(*(documents.metadata() for _ in range(5)))
        assert len(house.asked) == 1
        house.answer = lambda _: response({}, status="503 Service Unavailable")
        now += GOOD_FOR_S + 1
        assert await documents.metadata() == first
        assert len(house.asked) == 2
        # Left alone for a moment.
        assert await documents.metadata() == first
        assert len(house.asked) == 2
        now += STALE_AFTER_S
        with pytest.raises(ProviderUnavailable):
            await documents.metadata()


async def test_unknown_keys_do_not_make_us_ask_again_and_again() -> None:
    jwk = {"kty": "EC", "crv": "P-256", "kid": "one", "use": "sig",
           "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
           "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}  # fmt: skip
    async with awkward() as house:
        now = 0.0
        documents = Documents(house.provider(), TRUSTED, clock=lambda: now)
        odd = [{"kty": "PQ"}, {"kty": "EC"}, 7, jwk | {"use": "enc"}, jwk]
        house.answer = lambda path: (
            response({"keys": odd}) if path == "/jwks" else response(house.metadata())
        )
        assert [key.kid for key in await documents.keys()] == ["one"]
        for _ in range(5):
            await documents.keys(anew=True)
        assert house.asked.count("/jwks") == 2
        now += AGAIN_AFTER_S + 1
        await documents.keys(anew=True)
        assert house.asked.count("/jwks") == 3
