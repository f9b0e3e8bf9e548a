"""OperatorService: translate, call, translate."""

from typing import Any

import grpc
from argus.auth.v1 import operator_pb2, operator_pb2_grpc

from services.auth.rotation import KeyRotation
from services.auth.signing import KeyRing
from services.auth.translate import signing_key_message

Context = grpc.aio.ServicerContext[Any, Any]


class OperatorServicer(operator_pb2_grpc.OperatorServiceServicer):
    """The RPC methods; the contract documents them.

    Args:
        rotation: Replaces signing keys.
        keys: What signs and verifies here.
    """

    def __init__(self, rotation: KeyRotation, keys: KeyRing) -> None:
        self._rotation = rotation
        self._keys = keys

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
