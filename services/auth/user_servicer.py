"""UserService: translate, call, translate."""

from typing import Any
from uuid import UUID

import grpc
from argus.auth.v1 import auth_pb2, user_pb2, user_pb2_grpc

from services.auth.translate import user_message
from services.auth.users import Users
from services.runtime.roles import Role

Context = grpc.aio.ServicerContext[Any, Any]


class UserServicer(user_pb2_grpc.UserServiceServicer):
    """The RPC methods; the contract documents them.

    Args:
        users: All accounts.
    """

    def __init__(self, users: Users) -> None:
        self._users = users

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
