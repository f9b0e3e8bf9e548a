"""Requests against the constraints that the contract states (`buf.validate`)."""

from itertools import islice
from typing import Any

import protovalidate
from google.protobuf.descriptor import FieldDescriptor
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
        InvalidRequest: with every violation up to `MAX_VIOLATIONS`, not only the first; of lists
            that are longer than that, those of the first items.
    """
    excesses = list(islice(bounds_of(request.DESCRIPTOR).excesses(request), MAX_VIOLATIONS))
    if excesses:
        raise InvalidRequest(excesses)
    first = protovalidate.collect_violations(request, fail_fast=True)
    if first:
        told, more = _told(request, _plain(first[0]))
        raise InvalidRequest(told, more=more)


def _told(request: Message, first: tuple[str, str]) -> tuple[list[tuple[str, str]], int | None]:
    """The violations to tell of a request that has this one, and how many others there are.

    A violation costs 20 µs, a hundred times what an item without one does, so those of long lists
    are not all looked for: then nobody knows how many there are.
    """
    beginning = _beginning(request)
    if beginning is None:
        found = [_plain(one) for one in protovalidate.collect_violations(request)]
        return found[:MAX_VIOLATIONS], max(0, len(found) - MAX_VIOLATIONS)
    found = [
        _plain(one)
        for one in protovalidate.collect_violations(beginning)
        # Others may be of the list as a whole, which is another one here.
        if one.proto.field is not None
        and any(element.subscript is not None for element in one.proto.field.elements)
    ]
    if first not in found:
        found.insert(0, first)
    return found[:MAX_VIOLATIONS], None


def _beginning(request: Message) -> Message | None:
    """The request with the first items of each list alone; None if that is all of it."""
    long = [field for field, value in request.ListFields() if _is_long(field, value)]
    if not long:
        return None
    cut = type(request)()
    cut.CopyFrom(request)
    for field in long:
        value = getattr(cut, field.name)
        if _is_map(field):
            for key in list(islice(value, MAX_VIOLATIONS, None)):
                del value[key]
        else:
            del value[MAX_VIOLATIONS:]
    return cut


def _is_long(field: FieldDescriptor, value: Any) -> bool:  # noqa: ANN401 - a field's
    return field.is_repeated and len(value) > MAX_VIOLATIONS


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _plain(violation: protovalidate.Violation) -> tuple[str, str]:
    return _path(violation), violation.proto.message


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
