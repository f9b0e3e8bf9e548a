"""How many streams one user may hold open at a service.

A stream costs little work and holds its place for hours: without a bound one user's idle streams
leave none to others, since the edge has a bound for all together.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from google.api.httpbody_pb2 import HttpBody
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor

from services.runtime.errors import ResourceExhausted

RETRY_AFTER_S = 5.0


class TooManyStreams(ResourceExhausted):
    """The user has as many streams open at this service as one may."""

    reason = "TOO_MANY_STREAMS"


class StreamKind(Enum):
    """What a stream is for."""

    WATCH = "watches"
    """One request, and answers as things happen."""
    TRANSFER = "streams"
    """Bytes or items that go as fast as both sides can."""


def kind_of(method: MethodDescriptor) -> StreamKind:
    """What a method's streams are for."""
    tells = method.server_streaming and not method.client_streaming
    if tells and method.output_type.full_name != HttpBody.DESCRIPTOR.full_name:
        return StreamKind.WATCH
    return StreamKind.TRANSFER


def kind_of_call(method: str) -> StreamKind:
    """The same by a full method, `/package.Service/Method`."""
    try:
        found = descriptor_pool.Default().FindMethodByName(method[1:].replace("/", "."))
    except KeyError:
        return StreamKind.TRANSFER
    return kind_of(found)


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """Most open streams of one user, by kind."""

    watches: int
    transfers: int

    def most(self, kind: StreamKind) -> int:
        """The limit of a kind."""
        return self.watches if kind is StreamKind.WATCH else self.transfers


class StreamCounts:
    """The open streams of this process, by user and kind."""

    def __init__(self, limits: StreamLimits) -> None:
        self._limits = limits
        self._open: Counter[tuple[str, StreamKind]] = Counter()

    @contextmanager
    def counted(self, user_id: str, kind: StreamKind) -> Iterator[None]:
        """A stream of a user's while it is open.

        Raises:
            TooManyStreams: it would be one too many.
        """
        key, most = (user_id, kind), self._limits.most(kind)
        if self._open[key] >= most:
            raise TooManyStreams(
                f"you have {most} {kind.value} open at this service; end some first",
                metadata={"max_streams": str(most)},
                retry_after_s=RETRY_AFTER_S,
            )
        self._open[key] += 1
        try:
            yield
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]
