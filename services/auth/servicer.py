"""AuthService: translate, call, translate."""

from typing import Any
from uuid import UUID

import grpc
from argus.auth.v1 import auth_pb2, auth_pb2_grpc

from services.auth.accounts import Accounts
from services.auth.api_keys import ApiKeys
from services.auth.calling import caller_of
from services.auth.deletion import AccountDeletions
from services.auth.model import SignedIn
from services.auth.sessions import Sessions
from services.auth.signing import KeyRing
from services.auth.translate import (
    api_key_message,
    deletion_message,
    jwk_message,
    scope_values,
    scopes_of,
    session_message,
    user_message,
)
from services.runtime.audit_entry import note
from services.runtime.edge import Client
from services.runtime.identity import require_user

Context = grpc.aio.ServicerContext[Any, Any]


class AuthServicer(auth_pb2_grpc.AuthServiceServicer):
    """The RPC methods; the contract documents them.

    Args:
        accounts: Registers, signs in and out.
        sessions: Lists and revokes sessions.
        deletions: Deletes accounts.
        api_keys: Makes, lists, revokes and exchanges API keys.
        keys: What verifies access tokens.
        edge_key: What the edge proves itself with, whose word on a client's address is taken.
    """

    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        deletions: AccountDeletions,
        api_keys: ApiKeys,
        keys: KeyRing,
        *,
        edge_key: str,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._deletions = deletions
        self._api_keys = api_keys
        self._keys = keys
        self._edge_key = edge_key

    async def Register(
        self, request: auth_pb2.RegisterRequest, context: Context
    ) -> auth_pb2.Session:
        done = await self._accounts.register(
            request.email, request.password, request.display_name, self._client(context)
        )
        if done is None:
            return auth_pb2.Session(confirmation_pending=True)
        return auth_pb2.Session(**_signed_in(done))

    async def Login(self, request: auth_pb2.LoginRequest, context: Context) -> auth_pb2.Session:
        done = await self._accounts.login(request.email, request.password, self._client(context))
        return auth_pb2.Session(**_signed_in(done))

    async def RefreshToken(
        self, request: auth_pb2.RefreshTokenRequest, context: Context
    ) -> auth_pb2.Session:
        done = await self._accounts.refresh(request.refresh_token, self._client(context))
        return auth_pb2.Session(**_signed_in(done))

    async def Logout(
        self, request: auth_pb2.LogoutRequest, context: Context
    ) -> auth_pb2.LogoutResponse:
        await self._accounts.logout(require_user())
        return auth_pb2.LogoutResponse()

    async def GetMe(self, request: auth_pb2.GetMeRequest, context: Context) -> auth_pb2.User:
        return user_message(await self._accounts.me(require_user()))

    async def ListSessions(
        self, request: auth_pb2.ListSessionsRequest, context: Context
    ) -> auth_pb2.ListSessionsResponse:
        caller = require_user()
        page = await self._sessions.page(
            UUID(caller.user_id), request.page_size, request.page_token
        )
        return auth_pb2.ListSessionsResponse(
            sessions=[session_message(one, current=caller.session_id) for one in page.sessions],
            next_page_token=page.next_page_token,
        )

    async def RevokeSession(
        self, request: auth_pb2.RevokeSessionRequest, context: Context
    ) -> auth_pb2.RevokeSessionResponse:
        await self._sessions.revoke(UUID(require_user().user_id), UUID(request.session_id))
        return auth_pb2.RevokeSessionResponse()

    async def RevokeOtherSessions(
        self, request: auth_pb2.RevokeOtherSessionsRequest, context: Context
    ) -> auth_pb2.RevokeOtherSessionsResponse:
        caller = require_user()
        revoked = await self._sessions.revoke_all(UUID(caller.user_id), but=UUID(caller.session_id))
        return auth_pb2.RevokeOtherSessionsResponse(revoked_count=revoked)

    async def ChangePassword(
        self, request: auth_pb2.ChangePasswordRequest, context: Context
    ) -> auth_pb2.ChangePasswordResponse:
        revoked = await self._accounts.change_password(
            require_user(), request.old_password, request.new_password, self._client(context)
        )
        return auth_pb2.ChangePasswordResponse(revoked_count=revoked)

    async def DeleteAccount(
        self, request: auth_pb2.DeleteAccountRequest, context: Context
    ) -> auth_pb2.DeleteAccountResponse:
        record = await self._deletions.delete(
            require_user(),
            request.password,
            self._client(context),
            UUID(request.deletion_id) if request.deletion_id else None,
        )
        return auth_pb2.DeleteAccountResponse(deletion=deletion_message(record))

    async def GetAccountDeletion(
        self, request: auth_pb2.GetAccountDeletionRequest, context: Context
    ) -> auth_pb2.AccountDeletion:
        return deletion_message(await self._deletions.get(UUID(request.deletion_id)))

    async def CreateApiKey(
        self, request: auth_pb2.CreateApiKeyRequest, context: Context
    ) -> auth_pb2.CreateApiKeyResponse:
        key, secret = await self._api_keys.create(
            require_user(), request.display_name, scopes_of(request.scopes), request.valid_days
        )
        return auth_pb2.CreateApiKeyResponse(api_key=api_key_message(key), secret=secret)

    async def ListApiKeys(
        self, request: auth_pb2.ListApiKeysRequest, context: Context
    ) -> auth_pb2.ListApiKeysResponse:
        keys = await self._api_keys.list_of(UUID(require_user().user_id))
        return auth_pb2.ListApiKeysResponse(api_keys=[api_key_message(key) for key in keys])

    async def RevokeApiKey(
        self, request: auth_pb2.RevokeApiKeyRequest, context: Context
    ) -> auth_pb2.RevokeApiKeyResponse:
        await self._api_keys.revoke(UUID(require_user().user_id), UUID(request.api_key_id))
        return auth_pb2.RevokeApiKeyResponse()

    async def ExchangeApiKey(
        self, request: auth_pb2.ExchangeApiKeyRequest, context: Context
    ) -> auth_pb2.ExchangeApiKeyResponse:
        token = await self._api_keys.exchange(request.secret)
        return auth_pb2.ExchangeApiKeyResponse(
            access_token=token.access_token,
            expires_in=token.expires_in_s,
            scopes=scope_values(token.scopes),
        )

    async def GetJwks(
        self, request: auth_pb2.GetJwksRequest, context: Context
    ) -> auth_pb2.GetJwksResponse:
        return auth_pb2.GetJwksResponse(keys=[jwk_message(key) for key in self._keys.keys])

    async def IssueServiceToken(
        self, request: auth_pb2.IssueServiceTokenRequest, context: Context
    ) -> auth_pb2.IssueServiceTokenResponse:
        note(service=request.service)
        token, expires_in = self._accounts.service_token(request.service, request.secret)
        return auth_pb2.IssueServiceTokenResponse(access_token=token, expires_in=expires_in)

    def _client(self, context: Context) -> Client:
        return caller_of(context, self._edge_key)


def _signed_in(done: SignedIn) -> dict[str, Any]:
    return {
        "user": user_message(done.user),
        "access_token": done.tokens.access_token,
        "refresh_token": done.tokens.refresh_token,
        "expires_in": done.tokens.expires_in_s,
    }
