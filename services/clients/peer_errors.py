"""What a failed call to another service means to whoever called search."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import grpc

from services.runtime.errors import DeadlineExceeded, Unavailable
from services.runtime.status import DETAILS_KEY, from_rpc_error

_log = logging.getLogger(__name__)


@contextmanager
def translated(peer: str, unavailable: type[Unavailable]) -> Iterator[None]:
    """Turns failed calls into errors.

    What the peer refused keeps the peer's own reason. What gRPC reports by
    itself, such as a refused connection, has addresses in its words that are
    nobody's business; it becomes `unavailable`.

    Raises:
        ArgusError: in place of `grpc.aio.AioRpcError`.
    """
    try:
        yield
    except grpc.aio.AioRpcError as error:
        if any(key == DETAILS_KEY for key, _ in error.trailing_metadata() or ()):
            raise from_rpc_error(error) from error
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            raise DeadlineExceeded(f"{peer} did not answer in time") from error
        _log.warning("%s: %s %s", peer, error.code().name, error.details())
        raise unavailable(f"{peer} does not answer", retry_after_s=1) from error
