"""OperatorService: translate, call, translate."""

from typing import Any

import grpc
from argus.auth.v1 import auth_pb2, operator_pb2, operator_pb2_grpc

from services.auth.rotation import KeyRotation
from services.auth.signing import KeyRing
from services.auth.translate import signing_key_message, user_message
from services.auth.users import Users
from services.runtime.roles import Role

Context = grpc.aio.ServicerContext[Any, Any]


class OperatorServicer(operator_pb2_grpc.OperatorServiceServicer):
    """The RPC methods; the contract documents them.

    Args:
        rotation: Replaces signing keys.
        keys: What signs and verifies here.
        users: All accounts.
    """

    def __init__(self, rotation: KeyRotation, keys: KeyRing, users: Users) -> None:
        self._rotation = rotation
        self._keys = keys
        self._users = users

    async def RotateSigningKey(
        self, request: operator_pb2.RotateSigningKeyRequest, context: Context
    ) -> operator_pb2.RotateSigningKeyResponse:
        made = await self._rotation.rotate(self._keys)
        return operator_pb2.RotateSigningKeyResponse(key=signing_key_message(made))

    async def ListSigningKeys(
        self, request: operator_pb2.ListSigningKeysRequest, context: Context
    ) -> operator_pb2.ListSigningKeysResponse:
        return operator_pb2.ListSigningKeysResponse(
            keys=[signing_key_message(one) for one in await self._rotation.statuses()]
        )

    async def AssignRole(
        self, request: operator_pb2.AssignRoleRequest, context: Context
    ) -> auth_pb2.User:
        return user_message(await self._users.assign_role(request.email, Role(request.role)))
