"""Services under test: built from their settings, on a free port, in this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from services.auth.settings import AuthSettings
from services.auth.wiring import build as build_auth
from services.runtime.server import RunningServer
from services.runtime.telemetry import Providers

D = TypeVar("D", bound=Message)
SERVICE_SECRET = "a-secret-for-tests-only"
COMMON: dict[str, Any] = {
    "listen": "127.0.0.1:0",
    "service_secret": SERVICE_SECRET,
    "drain_notice_s": 0,
    "drain_grace_s": 1,
}
EASY: dict[str, Any] = {
    "bcrypt_rounds": 4,
    "registrations_of_address": 1_000_000,
    "login_free_attempts_of_address": 1_000_000,
    "mail_requests_of_address": 1_000_000,
}
"""What auth is spared where it is not under test."""


@asynccontextmanager
async def running_auth(
    postgres_url: str, redis_url: str, *, providers: Providers | None = None, **settings: Any
) -> AsyncIterator[RunningServer]:
    """Runs auth; passwords hash fast, and everybody may sign up from this machine."""
    values = COMMON | {"postgres_url": postgres_url, "redis_url": redis_url} | EASY
    async with build_auth(AuthSettings(**(values | settings)), providers=providers) as server:
        yield server


def error_info(error: grpc.aio.AioRpcError) -> error_details_pb2.ErrorInfo:
    """The `ErrorInfo` that every error carries."""
    return _detail(error, error_details_pb2.ErrorInfo())


def bad_request(error: grpc.aio.AioRpcError) -> error_details_pb2.BadRequest:
    """The field violations of an error about the request."""
    return _detail(error, error_details_pb2.BadRequest())


def retry_after_s(error: grpc.aio.AioRpcError) -> float:
    """After how long an error says to come back."""
    delay = _detail(error, error_details_pb2.RetryInfo()).retry_delay
    return float(delay.ToNanoseconds()) / 1e9


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    """Metadata that carries an access token."""
    return (("authorization", f"Bearer {token}"),)


def _detail(error: grpc.aio.AioRpcError, into: D) -> D:
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                if detail.Unpack(into):
                    return into
    raise AssertionError(f"{error.code()} carries no {type(into).__name__}: {error.details()}")
