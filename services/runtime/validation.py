"""Requests against the constraints that the contract states (`buf.validate`)."""

import protovalidate
from google.protobuf.message import Message

from services.runtime.errors import InvalidRequest


def validate_request(request: Message) -> None:
    """Checks one message.

    Unary requests are checked before the servicer sees them; a servicer of a
    stream calls this for each message, to answer per item.

    Raises:
        InvalidRequest: with every violation, not only the first.
    """
    violations = protovalidate.collect_violations(request)
    if violations:
        raise InvalidRequest(
            [(_path(violation), violation.proto.message) for violation in violations]
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
            path += f'["{key}"]' if isinstance(key, str) else f"[{key}]"
    return path
