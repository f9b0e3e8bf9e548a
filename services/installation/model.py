"""How an installation is, in words of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from argus.embedder.v1.embedder_pb2 import Model


class PartState(Enum):
    """How a service is."""

    SERVING = "serving"
    NOT_SERVING = "not serving"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class PartReport:
    """What was found out about a service.

    Attributes:
        name: `auth`, `storage`, …
        state: How it is.
        check_s: Seconds that it took to find out.
        message: What is wrong and what that means for people; empty if nothing is.
    """

    name: str
    state: PartState
    check_s: float
    message: str = ""


@dataclass(frozen=True, slots=True)
class QueueReport:
    """Work that waits.

    Attributes:
        name: Which.
        waiting: How much is not begun.
        running: How much is.
        oldest_age_s: Seconds since the oldest of both came; None if there is none.
        total: How much there ever was; 0 where that is not counted.
    """

    name: str
    waiting: int
    running: int
    oldest_age_s: float | None
    total: int = 0


@dataclass(frozen=True, slots=True)
class StatusReport:
    """How an installation is at a moment.

    Attributes:
        at: Seconds since 1970, by this machine's clock.
        parts: The services.
        queues: Those that could be read.
        models: As the embedder describes them; none while it is down.
        totals: Counters by name; none that could not be read.
    """

    at: float
    parts: Sequence[PartReport]
    queues: Sequence[QueueReport]
    models: Sequence[Model]
    totals: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class InspectionFacts:
    """What the service that composes this knows of inspection.

    Attributes:
        max_set_images: Most images of a reference set.
        keep_days: Days that inspections without feedback are remembered.
        max_sets: Most reference sets of a user.
    """

    max_set_images: int
    keep_days: int
    max_sets: int = 0
