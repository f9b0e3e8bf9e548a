"""Sinks of results: where they go, and what is on its way."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class SinkKind(StrEnum):
    """What takes results."""

    WEBHOOK = "WEBHOOK"
    REDIS_STREAM = "REDIS_STREAM"


@dataclass(frozen=True, slots=True)
class SinkTarget:
    """Where an owner wants results to go."""

    kind: SinkKind
    url: str = ""
    """Of a webhook."""
    anomalous_only: bool = False


@dataclass(frozen=True, slots=True)
class ResultSink:
    """A set's sink, and how it fares."""

    set_id: str
    target: SinkTarget
    updated_at: datetime
    delivered: int = 0
    waiting: int = 0
    given_up: int = 0
    dropped: int = 0
    last_delivered_at: datetime | None = None
    last_problem: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A result that is to be delivered."""

    delivery_id: str
    set_id: str
    inspection_id: str
    """Empty for a part, which has several, and for a test."""
    body: str = field(repr=False)
    created_at: datetime
    tries: int = 0
    """With the one under way."""
    due_at: datetime | None = None
    """When it is tried next; None if it was given up."""
    gave_up_at: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery that is due, and what it takes to deliver it."""

    delivery: Delivery
    target: SinkTarget
    secret: bytes = field(repr=False)
    failures: int
    """Of its sink, in a row, until now."""


class NotDelivered(Exception):
    """A result did not arrive; the message says why, for people.

    Args:
        problem: Why.
        again_after_s: When the receiver wants it again; 0 if it does not say.
        final: Whether trying again is of no use.
    """

    def __init__(self, problem: str, *, again_after_s: float = 0.0, final: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.again_after_s = again_after_s
        self.final = final
