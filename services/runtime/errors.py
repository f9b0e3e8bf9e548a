"""The errors that a domain may raise, by kind.

A service derives its own errors from these kinds and gives each a `reason`:
the stable, documented name that clients branch on. `status.py` decides what becomes of a kind on
the wire.
"""

from collections.abc import Mapping, Sequence

SUMMARY_VIOLATIONS = 5
"""So many broken constraints are in an error's message; its violations have more."""


class ArgusError(Exception):
    """An error whose message may be shown to the caller.

    Args:
        message: What happened and what to do about it, for a person.
        field: Path of the request field at fault, such as `labels["line"]`.
        metadata: Facts for programs, such as the limit that was exceeded.
        retry_after_s: Seconds after which trying again is sensible.
    """

    reason: str = "INTERNAL"

    def __init__(
        self,
        message: str,
        *,
        field: str = "",
        metadata: Mapping[str, str] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.violations: tuple[tuple[str, str], ...] = ((field, message),) if field else ()
        """Field path and description of all that is wrong with the request."""
        self.metadata = dict(metadata or {})
        self.retry_after_s = retry_after_s


class InvalidInput(ArgusError):
    """The request is wrong whatever the state of the system."""

    reason = "INVALID_REQUEST"


class NotFound(ArgusError):
    """What was named does not exist, or is not the caller's."""

    reason = "NOT_FOUND"


class AlreadyExists(ArgusError):
    """What was to be created exists already."""

    reason = "ALREADY_EXISTS"


class FailedPrecondition(ArgusError):
    """The request is right, but not in the present state."""

    reason = "FAILED_PRECONDITION"


class ResourceExhausted(ArgusError):
    """A limit or a queue is full; `retry_after_s` says when to come back."""

    reason = "OVERLOADED"


class RequestTooLarge(ResourceExhausted):
    """The message is larger than the method takes."""

    reason = "REQUEST_TOO_LARGE"


class Unauthenticated(ArgusError):
    """The caller is not authenticated."""

    reason = "UNAUTHENTICATED"


class PermissionDenied(ArgusError):
    """The caller is known and may not do this."""

    reason = "PERMISSION_DENIED"


class Unavailable(ArgusError):
    """A part that is needed is down; trying again may help."""

    reason = "UNAVAILABLE"


class DeadlineExceeded(ArgusError):
    """The caller's time ran out."""

    reason = "DEADLINE_EXCEEDED"


class Aborted(ArgusError):
    """Another call interfered; start over."""

    reason = "ABORTED"


class OutOfRange(ArgusError):
    """What was asked for lies past the end."""

    reason = "OUT_OF_RANGE"


class Unimplemented(ArgusError):
    """The service does not know the method, or how to do it."""

    reason = "UNIMPLEMENTED"


class Cancelled(ArgusError):
    """The caller, or a part in between, gave up the call."""

    reason = "CANCELLED"


class DataLoss(ArgusError):
    """Stored data is missing or changed."""

    reason = "DATA_LOSS"


class InvalidRequest(InvalidInput):
    """The request breaks constraints that the contract states.

    Args:
        violations: Field path and description of each broken constraint.
        more: How many others there are; None if nobody counted.
    """

    def __init__(self, violations: Sequence[tuple[str, str]], *, more: int | None = 0) -> None:
        told = [f"{field}: {text}" if field else text for field, text in violations]
        others = (more or 0) + len(told) - SUMMARY_VIOLATIONS
        summary = "; ".join(told[:SUMMARY_VIOLATIONS])
        if others > 0:
            summary += f"; and {others} more" if more is not None else f"; and {others} or more"
        super().__init__(summary)
        self.violations = tuple(violations)
