"""The one table from error kinds to what goes over the wire.

Every error carries `google.rpc.ErrorInfo` (domain `argus.internal`), field violations
as `google.rpc.BadRequest`, and `google.rpc.RetryInfo` where waiting helps.

A status travels in trailers, which every hop bounds: one that is too large ends the connection, and
with it other people's calls. So whatever an error quotes is cut, and a status is small.
"""

from collections.abc import Mapping, Sequence
from itertools import islice

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from services.runtime import errors

DOMAIN = "argus.internal"
DETAILS_KEY = "grpc-status-details-bin"

MAX_TRAILER_BYTES = 7 * 1024
"""Bytes that a status takes in trailers at most: message, percent-encoded, and details in base64.
gRPC's clients refuse metadata above 8 KiB."""

_MAX_MESSAGE_BYTES = 1500
_MAX_DETAILS_BYTES = 3900
_MAX_TEXT_BYTES = 400
_MAX_NAME_BYTES = 200
_MAX_KEY_BYTES = 64
_MAX_FACTS = 6

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
    number: int = code_of(error).value[0]
    status = status_pb2.Status(code=number, message=_cut(error.message, _MAX_MESSAGE_BYTES))

    def add(message: Message) -> None:
        packed = any_pb2.Any()
        packed.Pack(message)
        status.details.append(packed)

    facts = {
        _cut(key, _MAX_KEY_BYTES): _cut(value, _MAX_NAME_BYTES)
        for key, value in islice(error.metadata.items(), _MAX_FACTS)
    }
    reason = _cut(error.reason, _MAX_NAME_BYTES)
    add(error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=facts))
    if error.violations:
        add(_bad_request(error.violations, _MAX_DETAILS_BYTES - status.ByteSize()))
    if error.retry_after_s is not None:
        delay = duration_pb2.Duration()
        delay.FromNanoseconds(int(error.retry_after_s * 1e9))
        add(error_details_pb2.RetryInfo(retry_delay=delay))
    return status


def _bad_request(
    violations: Sequence[tuple[str, str]], most_bytes: int
) -> error_details_pb2.BadRequest:
    """As many of the violations as there is room for; the first in any case."""
    told = error_details_pb2.BadRequest()
    for field, text in violations:
        told.field_violations.add(
            field=_cut(field, _MAX_NAME_BYTES), description=_cut(text, _MAX_TEXT_BYTES)
        )
        if told.ByteSize() > most_bytes and len(told.field_violations) > 1:
            del told.field_violations[-1]
            break
    return told


def _cut(text: str, most_bytes: int) -> str:
    """A text of so many bytes at most.

    Counted as gRPC encodes messages: `%` and two digits for each byte that is no printable ASCII.
    """
    if sum(map(_encoded_bytes, text[: most_bytes + 1])) <= most_bytes:
        return text
    room = most_bytes - _encoded_bytes(_CUT)
    end = 0
    while (room := room - _encoded_bytes(text[end])) >= 0:
        end += 1
    return text[:end] + _CUT


_CUT = "…"


def _encoded_bytes(character: str) -> int:
    if " " <= character <= "~" and character != "%":
        return 1
    return 3 * len(character.encode(errors="surrogatepass"))


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
