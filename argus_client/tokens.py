"""Access tokens, made of an API key or of an address and a password, and renewed in time."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Protocol

from argus.auth.v1 import auth_pb2, auth_pb2_grpc

RENEW_BEFORE_S = 60
CALL_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class ApiKey:
    """Calls as an API key."""

    secret: str = field(repr=False)


@dataclass(frozen=True)
class Password:
    """Calls as a person, in a session of their own."""

    email: str
    password: str = field(repr=False)


class Tokens(Protocol):
    """Where a client has access tokens from."""

    async def token(self) -> str:
        """One that is good for a while.

        Raises:
            grpc.aio.AioRpcError: None can be had.
        """
        ...

    def expired(self, token: str) -> None:
        """Takes note that the mesh takes this one no longer."""
        ...


class KeyTokens:
    """Access tokens for an API key, each used until shortly before its end, a brief one half-way.

    Args:
        auth: Where keys are exchanged.
        secret: The key.
    """

    def __init__(self, auth: "auth_pb2_grpc.AuthServiceAsyncStub", secret: str) -> None:
        self._auth = auth
        self._secret = secret
        self._renewing = asyncio.Lock()
        self._token = ""
        self._renew_at = 0.0

    async def token(self) -> str:
        """One that is good for a while.

        Raises:
            grpc.aio.AioRpcError: The key is not taken.
        """
        async with self._renewing:
            if self._renew_at <= time.monotonic():
                asked_at = time.monotonic()
                answer = await self._auth.ExchangeApiKey(
                    auth_pb2.ExchangeApiKeyRequest(secret=self._secret), timeout=CALL_TIMEOUT_S
                )
                self._token = answer.access_token
                self._renew_at = renewal_time(asked_at, answer.expires_in)
            return self._token

    def expired(self, token: str) -> None:
        """The next call exchanges the key anew: clocks stand still while a machine sleeps."""
        if token == self._token:
            self._renew_at = 0.0


class SessionTokens:
    """Access tokens of a session that begins with the first call.

    Args:
        auth: Where people sign in.
        who: The person.
    """

    def __init__(self, auth: "auth_pb2_grpc.AuthServiceAsyncStub", who: Password) -> None:
        self._auth = auth
        self._who = who
        self._renewing = asyncio.Lock()
        self._session: auth_pb2.Session | None = None
        self._renew_at = 0.0

    async def token(self) -> str:
        """One that is good for a while.

        Raises:
            grpc.aio.AioRpcError: Address and password are not taken, or the session was closed.
        """
        async with self._renewing:
            asked_at = time.monotonic()
            if self._session is None:
                self._session = await self._auth.Login(
                    auth_pb2.LoginRequest(email=self._who.email, password=self._who.password),
                    timeout=CALL_TIMEOUT_S,
                )
                self._renew_at = renewal_time(asked_at, self._session.expires_in)
            elif self._renew_at <= asked_at:
                self._session = await self._auth.RefreshToken(
                    auth_pb2.RefreshTokenRequest(refresh_token=self._session.refresh_token),
                    timeout=CALL_TIMEOUT_S,
                )
                self._renew_at = renewal_time(asked_at, self._session.expires_in)
            return self._session.access_token

    def expired(self, token: str) -> None:
        """The next call refreshes the session: clocks stand still while a machine sleeps."""
        if self._session is not None and token == self._session.access_token:
            self._renew_at = 0.0


def renewal_time(asked_at: float, expires_in: float) -> float:
    """When a token is renewed: a minute before its end, or half-way if that is sooner.

    Args:
        asked_at: When it was asked for, on any clock in seconds.
        expires_in: Seconds that it is good for.
    """
    return asked_at + expires_in - min(RENEW_BEFORE_S, expires_in / 2)
