"""The call under way, available anywhere in the code that serves it."""

import time
from contextvars import ContextVar
from dataclasses import dataclass

from services.runtime.errors import DeadlineExceeded


@dataclass(frozen=True, slots=True)
class CallScope:
    """One incoming call."""

    method: str
    """Full method, `/package.Service/Method`."""

    request_id: str
    """Id that the edge gave the request; made here if it came without one."""

    deadline: float | None
    """`time.monotonic()` at which the caller stops waiting; None if it never does."""

    def remaining_s(self) -> float | None:
        """Seconds that the caller still waits; None without a deadline."""
        return None if self.deadline is None else self.deadline - time.monotonic()


_scope: ContextVar[CallScope | None] = ContextVar("argus_call", default=None)


def enter_call(scope: CallScope) -> None:
    """Makes `scope` the current one for the rest of this task."""
    _scope.set(scope)


def current_call() -> CallScope | None:
    """The call under way; None in background work."""
    return _scope.get()


def remaining_s(at_most: float) -> float:
    """Seconds that a step may take: no more than `at_most`, nor than the caller waits.

    Raises:
        DeadlineExceeded: if the caller's time is up.
    """
    scope = _scope.get()
    left = scope.remaining_s() if scope else None
    if left is None:
        return at_most
    if left <= 0:
        raise DeadlineExceeded("the deadline passed before the work was done")
    return min(left, at_most)
