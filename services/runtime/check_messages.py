"""Checks as messages of the contract."""

from datetime import timedelta
from typing import Literal, Protocol

from argus.type.v1 import finding_pb2
from google.protobuf.duration_pb2 import Duration

from services.runtime.checking import GRACE, SETTLE, Finding


class CheckRequest(Protocol):
    """What every check takes."""

    @property
    def repair(self) -> bool:
        """Whether to mend."""

    @property
    def grace(self) -> Duration:
        """How old something must be to be wrong."""

    @property
    def settle(self) -> Duration:
        """How long after the first look the second follows."""

    def HasField(self, field_name: Literal["grace", "settle"], /) -> bool:  # noqa: N802 - protobuf's
        """Whether one of these is set."""


def grace_of(request: CheckRequest) -> timedelta:
    """How old something must be to be wrong."""
    return request.grace.ToTimedelta() if request.HasField("grace") else GRACE


def settle_of(request: CheckRequest) -> timedelta:
    """How long after the first look the second follows."""
    return request.settle.ToTimedelta() if request.HasField("settle") else SETTLE


def finding_message(finding: Finding) -> finding_pb2.Finding:
    """A finding for the wire."""
    return finding_pb2.Finding(
        kind=finding.kind.value,
        subject=finding.subject,
        user_id=finding.user_id,
        description=finding.description,
        repair=finding.repair.value,
    )


def progress_message(step: str, checked: int) -> finding_pb2.CheckProgress:
    """How far a check has come, for the wire."""
    return finding_pb2.CheckProgress(step=step, checked=checked)
