"""What is kept of the deletion of an account: nothing that tells whose it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID


class DeletionState(Enum):
    """How far a deletion is."""

    REMOVING = "removing"
    REMOVED = "removed"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class RemovalReport:
    """What a service removed, in all its looks together."""

    service: str
    removed: Mapping[str, int]
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class DeletionRecord:
    """The deletion of an account."""

    deletion_id: UUID
    created_at: datetime
    removed_at: datetime | None = None
    """When every service had removed what it had."""
    done_at: datetime | None = None
    """When every service had looked once more."""
    reports: tuple[RemovalReport, ...] = ()
    """By service."""

    @property
    def state(self) -> DeletionState:
        """How far it is."""
        if self.done_at is not None:
            return DeletionState.DONE
        return DeletionState.REMOVING if self.removed_at is None else DeletionState.REMOVED


@dataclass(frozen=True, slots=True)
class Removal:
    """A service's answer: it has nothing left of an account."""

    deletion_id: UUID
    service: str
    look: int
    removed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Announcement:
    """Whom to tell of a deleted account."""

    deletion_id: UUID
    user_id: UUID
    look: int
    services: tuple[str, ...]
    """Those that have not answered this look."""
    email: str = ""
    """The account's address."""


@dataclass(frozen=True, slots=True)
class Ended:
    """An account that is gone."""

    record: DeletionRecord
    closed: tuple[UUID, ...]
    """Its sessions and API keys."""
