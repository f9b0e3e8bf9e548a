"""What a client says when a call cannot be made, or fails."""

from collections.abc import Iterator
from typing import cast

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2


class ClientError(Exception):
    """Anything that a client of Argus raises."""


class Untrusted(ClientError):
    """The authorities that should be trusted cannot be used."""


class StoreFailed(ClientError):
    """The object store did not take or give the bytes of an image.

    Args:
        message: What happened, in words.
        passing: Whether it may be better in a while.
    """

    def __init__(self, message: str, *, passing: bool) -> None:
        super().__init__(message)
        self.passing = passing


class CallFailed(ClientError):
    """The mesh answered a call with an error, or did not answer.

    Args:
        code: gRPC's code.
        reason: One of `docs/errors.md`; empty if the error carries none.
        message: What happened, in words.
    """

    def __init__(self, code: grpc.StatusCode, reason: str, message: str) -> None:
        super().__init__(f"{code.name} {reason}".rstrip() + f": {message}")
        self.code = code
        self.reason = reason
        self.message = message

    @classmethod
    def of(cls, error: grpc.aio.AioRpcError) -> "CallFailed":
        """What gRPC raised, with its reason read."""
        return cls(error.code(), reason_of(error), error.details() or "")

    @classmethod
    def of_status(cls, status: status_pb2.Status) -> "CallFailed":
        """What a message says became of one of many."""
        reason, _ = _told(status)
        return cls(_CODES.get(status.code, grpc.StatusCode.UNKNOWN), reason, status.message)


_CODES = {code.value[0]: code for code in grpc.StatusCode}


def reason_of(error: grpc.aio.AioRpcError) -> str:
    """The documented reason of a failed call; empty if it carries none."""
    return _told(*_statuses(error))[0]


def delay_of(error: grpc.aio.AioRpcError | status_pb2.Status) -> float:
    """Seconds after which trying again is sensible; 0 if the error does not say."""
    statuses = _statuses(error) if isinstance(error, grpc.aio.AioRpcError) else (error,)
    return _told(*statuses)[1]


def outlived_its_token(error: grpc.aio.AioRpcError) -> bool:
    """Whether a call or stream ended because its access token did; the next one has another."""
    return reason_of(error) == "TOKEN_EXPIRED"


def _statuses(error: grpc.aio.AioRpcError) -> Iterator[status_pb2.Status]:
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            yield status_pb2.Status.FromString(cast("bytes", value))


def _told(*statuses: status_pb2.Status) -> tuple[str, float]:
    """The reason and the delay that statuses carry."""
    reason, delay_s = "", 0.0
    for status in statuses:
        for detail in cast("list[any_pb2.Any]", status.details):
            info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
            if detail.Unpack(info):
                reason = reason or str(info.reason)
            elif detail.Unpack(retry):
                delay_s = retry.retry_delay.ToTimedelta().total_seconds()
    return reason, delay_s
