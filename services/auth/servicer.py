"""AuthService: translate, call, translate."""

from typing import Any

import grpc
from argus.auth.v1 import auth_pb2, auth_pb2_grpc

from services.auth.accounts import Accounts
from services.auth.model import SignedIn
from services.auth.signing import KeyRing
from services.auth.translate import jwk_message, user_message
from services.runtime.identity import require_user

Context = grpc.aio.ServicerContext[Any, Any]


class AuthServicer(auth_pb2_grpc.AuthServiceServicer):
    """The RPC methods; the contract documents them."""

    def __init__(self, accounts: Accounts, keys: KeyRing) -> None:
        self._accounts = accounts
        self._keys = keys

    async def Register(
        self, request: auth_pb2.RegisterRequest, context: Context
    ) -> auth_pb2.Session:
        done = await self._accounts.register(request.email, request.password, request.display_name)
        return auth_pb2.Session(**_signed_in(done))

    async def Login(self, request: auth_pb2.LoginRequest, context: Context) -> auth_pb2.Session:
        done = await self._accounts.login(request.email, request.password)
        return auth_pb2.Session(**_signed_in(done))

    async def RefreshToken(
        self, request: auth_pb2.RefreshTokenRequest, context: Context
    ) -> auth_pb2.Session:
        done = await self._accounts.refresh(request.refresh_token)
        return auth_pb2.Session(**_signed_in(done))

    async def Logout(
        self, request: auth_pb2.LogoutRequest, context: Context
    ) -> auth_pb2.LogoutResponse:
        await self._accounts.logout(require_user())
        return auth_pb2.LogoutResponse()

    async def GetMe(self, request: auth_pb2.GetMeRequest, context: Context) -> auth_pb2.User:
        return user_message(await self._accounts.me(require_user()))

    async def GetJwks(
        self, request: auth_pb2.GetJwksRequest, context: Context
    ) -> auth_pb2.GetJwksResponse:
        return auth_pb2.GetJwksResponse(keys=[jwk_message(key) for key in self._keys.keys])

    async def IssueServiceToken(
        self, request: auth_pb2.IssueServiceTokenRequest, context: Context
    ) -> auth_pb2.IssueServiceTokenResponse:
        token, expires_in = self._accounts.service_token(request.service, request.secret)
        return auth_pb2.IssueServiceTokenResponse(access_token=token, expires_in=expires_in)


def _signed_in(done: SignedIn) -> dict[str, Any]:
    return {
        "user": user_message(done.user),
        "access_token": done.tokens.access_token,
        "refresh_token": done.tokens.refresh_token,
        "expires_in": done.tokens.expires_in_s,
    }
