"""Checks as messages of the contract."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Literal, Protocol, TypeVar

from argus.type.v1 import finding_pb2
from google.protobuf.duration_pb2 import Duration

from services.runtime.checking import GRACE, SETTLE, Finding, Step, look_twice

A = TypeVar("A")


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


def _finding_message(finding: Finding) -> finding_pb2.Finding:
    """A finding for the wire."""
    return finding_pb2.Finding(
        kind=finding.kind.value,
        subject=finding.subject,
        user_id=finding.user_id,
        description=finding.description,
        repair=finding.repair.value,
    )


async def check_answers(
    steps: Sequence[Step], request: CheckRequest, answer: Callable[..., A]
) -> AsyncGenerator[A, None]:
    """Compares, and says what is found and how far it is.

    Args:
        steps: What to compare.
        request: Whether to mend, and when to look again.
        answer: The method's answer, which has either a `finding` or a `progress`.
    """
    settle = request.settle.ToTimedelta() if request.HasField("settle") else SETTLE
    async with aclosing(look_twice(steps, repair=request.repair, settle=settle)) as told:
        async for one in told:
            if isinstance(one, Finding):
                yield answer(finding=_finding_message(one))
            else:
                progress = finding_pb2.CheckProgress(step=one.step, checked=one.checked)
                yield answer(progress=progress)
