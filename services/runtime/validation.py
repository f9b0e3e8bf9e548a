"""Requests against the constraints that the contract states (`buf.validate`)."""

from itertools import islice

import protovalidate
from google.protobuf.message import Message

from services.runtime.bounds import bounds_of, short
from services.runtime.errors import InvalidRequest

MAX_VIOLATIONS = 20
"""So many are told of one request; whoever has made more mistakes sees what kind they are."""


def validate_request(request: Message) -> None:
    """Checks one message: first how much it has, then, if that is little enough, all of it.

    Unary requests are checked before the servicer sees them; a servicer of a
    stream calls this for each message, to answer per item.

    Raises:
        InvalidRequest: with every violation up to `MAX_VIOLATIONS`, not only the first.
    """
    excesses = list(islice(bounds_of(request.DESCRIPTOR).excesses(request), MAX_VIOLATIONS))
    if excesses:
        raise InvalidRequest(excesses)
    violations = protovalidate.collect_violations(request)
    if violations:
        told = violations[:MAX_VIOLATIONS]
        raise InvalidRequest(
            [(_path(violation), violation.proto.message) for violation in told],
            more=len(violations) - len(told),
        )


def _path(violation: protovalidate.Violation) -> str:
    """The violation's field as a person writes it, such as `labels["line"]`."""
    if violation.proto.field is None:
        return ""
    path = ""
    for element in violation.proto.field.elements:
        path += f".{element.field_name}" if path else element.field_name
        if element.subscript is not None:
            key = element.subscript.value
            path += f'["{short(key)}"]' if isinstance(key, str) else f"[{key}]"
    return path
