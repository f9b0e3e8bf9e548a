"""EmailService: translate, call, translate."""

from typing import Any

import grpc
from argus.auth.v1 import auth_pb2, email_pb2, email_pb2_grpc

from services.auth.calling import caller_of
from services.auth.recovery import Recovery
from services.auth.translate import user_message
from services.runtime.identity import require_user

Context = grpc.aio.ServicerContext[Any, Any]


class EmailServicer(email_pb2_grpc.EmailServiceServicer):
    """The RPC methods; the contract documents them.

    Args:
        recovery: The use cases.
        edge_key: What the edge proves itself with, whose word on a client's address is taken.
    """

    def __init__(self, recovery: Recovery, *, edge_key: str) -> None:
        self._recovery = recovery
        self._edge_key = edge_key

    async def RequestPasswordReset(
        self, request: email_pb2.RequestPasswordResetRequest, context: Context
    ) -> email_pb2.RequestPasswordResetResponse:
        await self._recovery.request_reset(request.email, caller_of(context, self._edge_key))
        return email_pb2.RequestPasswordResetResponse()

    async def ResetPassword(
        self, request: email_pb2.ResetPasswordRequest, context: Context
    ) -> email_pb2.ResetPasswordResponse:
        closed = await self._recovery.reset(
            request.token, request.new_password, caller_of(context, self._edge_key)
        )
        return email_pb2.ResetPasswordResponse(revoked_count=closed)

    async def RequestEmailChange(
        self, request: email_pb2.RequestEmailChangeRequest, context: Context
    ) -> email_pb2.RequestEmailChangeResponse:
        await self._recovery.request_change(
            require_user(),
            request.new_email,
            request.password,
            caller_of(context, self._edge_key),
        )
        return email_pb2.RequestEmailChangeResponse()

    async def ConfirmEmail(
        self, request: email_pb2.ConfirmEmailRequest, context: Context
    ) -> auth_pb2.User:
        return user_message(await self._recovery.confirm(request.token))
