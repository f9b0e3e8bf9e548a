"""The one table from error kinds to what goes over the wire.

Every error carries `google.rpc.ErrorInfo` (domain `argus.internal`), field violations
as `google.rpc.BadRequest`, and `google.rpc.RetryInfo` where waiting helps.
"""

from collections.abc import Mapping

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from services.runtime import errors

DOMAIN = "argus.internal"
DETAILS_KEY = "grpc-status-details-bin"

CODES: Mapping[type[errors.ArgusError], grpc.StatusCode] = {
    errors.InvalidInput: grpc.StatusCode.INVALID_ARGUMENT,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    errors.FailedPrecondition: grpc.StatusCode.FAILED_PRECONDITION,
    errors.ResourceExhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    errors.PermissionDenied: grpc.StatusCode.PERMISSION_DENIED,
    errors.Unavailable: grpc.StatusCode.UNAVAILABLE,
    errors.DeadlineExceeded: grpc.StatusCode.DEADLINE_EXCEEDED,
    errors.Aborted: grpc.StatusCode.ABORTED,
    errors.OutOfRange: grpc.StatusCode.OUT_OF_RANGE,
    errors.Unimplemented: grpc.StatusCode.UNIMPLEMENTED,
    errors.Cancelled: grpc.StatusCode.CANCELLED,
    errors.DataLoss: grpc.StatusCode.DATA_LOSS,
    errors.ArgusError: grpc.StatusCode.INTERNAL,
}


def code_of(error: errors.ArgusError) -> grpc.StatusCode:
    """The status code of an error's kind."""
    return next(CODES[kind] for kind in type(error).__mro__ if kind in CODES)


def to_status(error: errors.ArgusError) -> status_pb2.Status:
    """An error as `google.rpc.Status`, for an item's outcome or a call's end."""
    details: list[any_pb2.Any] = []

    def add(message: Message) -> None:
        packed = any_pb2.Any()
        packed.Pack(message)
        details.append(packed)

    add(error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata))
    if error.violations:
        add(
            error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(field=field, description=text)
                    for field, text in error.violations
                ]
            )
        )
    if error.retry_after_s is not None:
        delay = duration_pb2.Duration()
        delay.FromNanoseconds(int(error.retry_after_s * 1e9))
        add(error_details_pb2.RetryInfo(retry_delay=delay))
    number: int = code_of(error).value[0]
    return status_pb2.Status(code=number, message=error.message, details=details)


def from_status(status: status_pb2.Status) -> errors.ArgusError:
    """The error that a peer's `google.rpc.Status` stands for; `to_status` makes it again.

    UNKNOWN, which is what a program says that cannot explain itself, becomes INTERNAL.
    """
    kind = next(
        (kind for kind, code in CODES.items() if code.value[0] == status.code), errors.ArgusError
    )
    error = kind(status.message)
    for detail in status.details:
        bad = error_details_pb2.BadRequest()
        if detail.Unpack(bad):
            violations = [(one.field, one.description) for one in bad.field_violations]
            if kind is errors.InvalidInput and len(violations) > 1:
                error = errors.InvalidRequest(violations)
                error.message = status.message
            elif violations:
                error.field = violations[0][0]
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        bad = error_details_pb2.BadRequest()
        retry = error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            error.reason = info.reason
            error.metadata = dict(info.metadata)
        elif detail.Unpack(bad):
            error.violations = tuple(
                (violation.field, violation.description) for violation in bad.field_violations
            )
            error.field = error.violations[0][0] if error.violations else ""
        elif detail.Unpack(retry):
            error.retry_after_s = retry.retry_delay.ToNanoseconds() / 1e9
    return error


def from_rpc_error(error: grpc.aio.AioRpcError) -> errors.ArgusError:
    """The error that a failed call to a peer stands for, with the peer's own reason."""
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS_KEY and isinstance(value, bytes):
            return from_status(status_pb2.Status.FromString(value))
    number: int = error.code().value[0]
    return from_status(status_pb2.Status(code=number, message=error.details() or error.code().name))
