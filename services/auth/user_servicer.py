"""UserService: translate, call, translate."""

from typing import Any
from uuid import UUID

import grpc
from argus.auth.v1 import auth_pb2, user_pb2, user_pb2_grpc

from services.auth.api_keys import ApiKeys
from services.auth.sessions import Sessions
from services.auth.translate import api_key_message, session_message, user_message
from services.auth.users import Users
from services.runtime.identity import require_user
from services.runtime.roles import Role

Context = grpc.aio.ServicerContext[Any, Any]


class UserServicer(user_pb2_grpc.UserServiceServicer):
    """The RPC methods; the contract documents them.

    Args:
        users: All accounts.
        sessions: Lists and revokes sessions.
        api_keys: Lists and revokes API keys.
    """

    def __init__(self, users: Users, sessions: Sessions, api_keys: ApiKeys) -> None:
        self._users = users
        self._sessions = sessions
        self._api_keys = api_keys

    async def ListUsers(
        self, request: user_pb2.ListUsersRequest, context: Context
    ) -> user_pb2.ListUsersResponse:
        page = await self._users.page(request.page_size, request.page_token, request.email)
        return user_pb2.ListUsersResponse(
            users=[user_message(user) for user in page.users],
            next_page_token=page.next_page_token,
        )

    async def SetUserRole(
        self, request: user_pb2.SetUserRoleRequest, context: Context
    ) -> auth_pb2.User:
        user = await self._users.set_role(UUID(request.user_id), Role(request.role))
        return user_message(user)

    async def ListUserSessions(
        self, request: user_pb2.ListUserSessionsRequest, context: Context
    ) -> user_pb2.ListUserSessionsResponse:
        user = await self._users.get(UUID(request.user_id))
        page = await self._sessions.page(user.user_id, request.page_size, request.page_token)
        current = require_user().session_id
        return user_pb2.ListUserSessionsResponse(
            sessions=[session_message(one, current=current) for one in page.sessions],
            next_page_token=page.next_page_token,
        )

    async def RevokeUserSession(
        self, request: user_pb2.RevokeUserSessionRequest, context: Context
    ) -> user_pb2.RevokeUserSessionResponse:
        await self._sessions.revoke(UUID(request.user_id), UUID(request.session_id))
        return user_pb2.RevokeUserSessionResponse()

    async def RevokeUserSessions(
        self, request: user_pb2.RevokeUserSessionsRequest, context: Context
    ) -> user_pb2.RevokeUserSessionsResponse:
        user = await self._users.get(UUID(request.user_id))
        revoked = await self._sessions.revoke_all(user.user_id)
        return user_pb2.RevokeUserSessionsResponse(revoked_count=revoked)

    async def ListUserApiKeys(
        self, request: user_pb2.ListUserApiKeysRequest, context: Context
    ) -> user_pb2.ListUserApiKeysResponse:
        user = await self._users.get(UUID(request.user_id))
        keys = await self._api_keys.list_of(user.user_id)
        return user_pb2.ListUserApiKeysResponse(api_keys=[api_key_message(key) for key in keys])

    async def RevokeUserApiKey(
        self, request: user_pb2.RevokeUserApiKeyRequest, context: Context
    ) -> user_pb2.RevokeUserApiKeyResponse:
        await self._api_keys.revoke(UUID(request.user_id), UUID(request.api_key_id))
        return user_pb2.RevokeUserApiKeyResponse()
