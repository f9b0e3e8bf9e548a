"""What is asked of others to describe an installation."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from argus.embedder.v1.embedder_pb2 import Model
from argus.storage.v1.ingest_pb2 import GetLimitsResponse

from services.installation.model import QueueReport


@dataclass(frozen=True, slots=True)
class Part:
    """A service whose state is shown.

    Attributes:
        name: Its name.
        check: Returns when it works; raises `Unavailable` if it answers that it does not, and
            anything else if it does not answer.
        without_it: A sentence for people: what does not work while it is down.
    """

    name: str
    check: Callable[[], Awaitable[object]]
    without_it: str


class Peers(Protocol):
    """The services that know what an installation takes in."""

    async def limits(self) -> GetLimitsResponse:
        """What storage takes.

        Raises:
            StorageUnavailable: it does not answer.
        """

    async def models(self) -> Sequence[Model]:
        """Models that can be asked for, the default first.

        Raises:
            EmbedderUnavailable: it does not answer.
        """


class Backlog(Protocol):
    """A queue."""

    async def report(self) -> QueueReport:
        """What waits in it; raises whatever its driver raises if it cannot be read."""


class Totals(Protocol):
    """Counters that only grow."""

    async def totals(self) -> Mapping[str, int]:
        """Each by its name; raises whatever its driver raises if they cannot be read."""
