"""What a failed call to another service means to whoever called this one."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import grpc

from services.runtime.errors import DeadlineExceeded, PermissionDenied, Unauthenticated, Unavailable
from services.runtime.request import remaining_s
from services.runtime.status import DETAILS_KEY, from_rpc_error

AHEAD_S = 0.05
"""By how much the end of a call's time may come before that of its caller's."""

_log = logging.getLogger(__name__)


@contextmanager
def translated(
    peer: str, unavailable: type[Unavailable], *, as_service: bool = False
) -> Iterator[None]:
    """Turns failed calls into errors.

    What the peer refused keeps the peer's own reason. What gRPC reports by
    itself, such as a refused connection, has addresses in its words that are
    nobody's business; it becomes `unavailable`.

    Args:
        peer: Who answers, in words.
        unavailable: What a peer that does not answer means.
        as_service: True if this service called with its own identity. That the peer does not take
            it is then nothing that the caller could mend by signing in again.

    Raises:
        ArgusError: in place of `grpc.aio.AioRpcError`.
    """
    try:
        yield
    except grpc.aio.AioRpcError as error:
        if any(key == DETAILS_KEY for key, _ in error.trailing_metadata() or ()):
            told = from_rpc_error(error)
            if as_service and isinstance(told, Unauthenticated | PermissionDenied):
                _log.error("%s does not take this service: %s", peer, told.reason)
                raise unavailable(f"{peer} does not answer", retry_after_s=1) from error
            raise told from error
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            # The call's own limit may have been shorter than what the caller has left.
            _check_time_left(peer, error)
            raise unavailable(f"{peer} did not answer in time", retry_after_s=1) from error
        _log.warning("%s: %s %s", peer, error.code().name, error.details())
        raise unavailable(f"{peer} does not answer", retry_after_s=1) from error


def _check_time_left(peer: str, error: grpc.aio.AioRpcError) -> None:
    try:
        left_s = remaining_s(float("inf"))
    except DeadlineExceeded:
        left_s = 0.0
    # The peer counts as well, and may be a little ahead.
    if left_s < AHEAD_S:
        raise DeadlineExceeded(f"{peer} did not answer in time") from error
