"""Calls to other services: whose token, which trace, how long."""

import asyncio
import time
from typing import TypedDict

import grpc
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from opentelemetry import propagate
from pydantic import SecretStr

from services.runtime.identity import current_identity
from services.runtime.request import current_call, remaining_s

RENEW_BEFORE_S = 60.0


class CallOptions(TypedDict):
    """Keyword arguments of a stub's method."""

    metadata: tuple[tuple[str, str], ...]
    timeout: float | None


def outgoing(*, timeout_s: float | None, token: str | None = None) -> CallOptions:
    """What a call to another service carries.

    Used as `await stub.Method(request, **outgoing(timeout_s=2))`.

    Args:
        timeout_s: Seconds the call may take; shortened to what the caller has
            left. None for a stream that lives on its own.
        token: Access token to call with; the current caller's if None.

    Raises:
        DeadlineExceeded: if the caller's time is up.
    """
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    scope = current_call()
    if scope:
        carrier["x-request-id"] = scope.request_id
    carrier["authorization"] = f"Bearer {current_identity().token if token is None else token}"
    return CallOptions(
        metadata=tuple(carrier.items()),
        timeout=None if timeout_s is None else remaining_s(timeout_s),
    )


class ServiceToken:
    """This service's own identity, renewed before it expires."""

    def __init__(self, channel: grpc.aio.Channel, *, service: str, secret: SecretStr) -> None:
        self._stub = auth_pb2_grpc.AuthServiceStub(channel)
        self._service = service
        self._secret = secret
        self._token = ""
        self._renew_at = float("-inf")
        self._lock = asyncio.Lock()

    async def get(self) -> str:
        """An access token that is good for at least a minute.

        Raises:
            grpc.aio.AioRpcError: if auth does not give one.
        """
        async with self._lock:
            if time.monotonic() >= self._renew_at:
                answer = await self._stub.IssueServiceToken(
                    auth_pb2.IssueServiceTokenRequest(
                        service=self._service, secret=self._secret.get_secret_value()
                    ),
                    timeout=5.0,
                )
                self._token = answer.access_token
                self._renew_at = time.monotonic() + answer.expires_in - RENEW_BEFORE_S
            return self._token
