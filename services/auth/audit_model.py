"""The domain of the audit as it is kept."""

from dataclasses import dataclass
from datetime import datetime

from services.runtime.audit_chain import Link
from services.runtime.audit_entry import AuditEntry


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """An entry in its place in the chain."""

    link: Link
    entry: AuditEntry


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends."""

    sequence: int
    """0 if it is empty."""
    hash: bytes


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries; what is empty leaves none out."""

    user_id: str = ""
    method: str = ""
    """Full method, or the name of one in any service."""
    target: str = ""
    code: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def key(self) -> tuple[str, ...]:
        """What tells it from other filters."""
        return (
            self.user_id,
            self.method,
            self.target,
            self.code,
            self.since.isoformat() if self.since else "",
            self.until.isoformat() if self.until else "",
        )
