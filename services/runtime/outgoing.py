"""Calls to other services: whose token, which trace, how long."""

import logging
import time
from collections.abc import Callable
from typing import TypedDict

import grpc
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from opentelemetry import propagate
from pydantic import SecretStr

from services.runtime.identity import current_identity
from services.runtime.request import current_call, remaining_s
from services.runtime.single_flight import SingleFlight

RENEW_BEFORE_S = 60.0
RENEW_AGAIN_AFTER_S = 2.0
RENEW_TIMEOUT_S = 5.0
SPARE_S = 1.0
"""What is left of a token that is still sent; verifiers allow for clocks that differ by more."""

_log = logging.getLogger(__name__)


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
    """This service's own identity, renewed before it expires.

    The token that is there is used until it expires: while auth is slow or down,
    nobody waits for a renewal that is not needed yet, and all who do wait for the
    same one.

    Args:
        channel: To auth.
        service: Name of this service.
        secret: What it proves itself with.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        *,
        service: str,
        secret: SecretStr,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stub = auth_pb2_grpc.AuthServiceStub(channel)
        self._service = service
        self._secret = secret
        self._clock = clock
        self._token = ""
        self._renew_at = float("-inf")
        self._expires_at = float("-inf")
        self._renewing = SingleFlight(self._renew)

    async def get(self) -> str:
        """An access token that has not expired.

        Raises:
            grpc.aio.AioRpcError: if there is none and auth does not give one.
        """
        now = self._clock()
        if now >= self._expires_at - SPARE_S:
            await self._renewing.result()
        elif now >= self._renew_at:
            self._renewing.start()
        return self._token

    async def _renew(self) -> None:
        asked_at = self._clock()
        try:
            answer = await self._stub.IssueServiceToken(
                auth_pb2.IssueServiceTokenRequest(
                    service=self._service, secret=self._secret.get_secret_value()
                ),
                timeout=RENEW_TIMEOUT_S,
            )
        except grpc.aio.AioRpcError as error:
            # Said here, because perhaps nobody waits for it.
            _log.warning("could not renew the service's token: %s", error.details())
            self._renew_at = self._clock() + RENEW_AGAIN_AFTER_S
            raise
        self._token = answer.access_token
        self._renew_at = asked_at + answer.expires_in - RENEW_BEFORE_S
        self._expires_at = asked_at + answer.expires_in
