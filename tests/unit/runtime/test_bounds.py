"""No request costs more than the contract allows, and no error is large, whatever was sent.

Walks the descriptors: a new RPC is held to it without being named here.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any
from uuid import UUID

import pytest
from argus.embedder.v1 import embedder_pb2
from argus.inspection.v1 import inspection_pb2
from argus.search.v1 import vector_pb2
from argus.storage.v1 import image_pb2
from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message

from services.runtime import errors
from services.runtime.bounds import SPARE_BYTES, SPARE_FIELDS, bounds_of
from services.runtime.status import DETAILS_KEY, MAX_TRAILER_BYTES, from_status, to_status
from services.runtime.validation import MAX_VIOLATIONS, validate_request
from tests.support.contract import methods

WRONG_TEXT = "\x1b%ß€" * 8
WRONG_TEXTS = (WRONG_TEXT, "")
SMALLEST = {
    FieldDescriptor.CPPTYPE_INT32: -(2**31),
    FieldDescriptor.CPPTYPE_INT64: -(2**63),
    FieldDescriptor.CPPTYPE_UINT32: 2**32 - 1,
    FieldDescriptor.CPPTYPE_UINT64: 2**64 - 1,
    FieldDescriptor.CPPTYPE_DOUBLE: float("nan"),
    FieldDescriptor.CPPTYPE_FLOAT: float("nan"),
    FieldDescriptor.CPPTYPE_BOOL: True,
    FieldDescriptor.CPPTYPE_ENUM: 4711,
}
"""Values of each type that most constraints refuse."""


def trailer_bytes(message: str, details: bytes) -> int:
    """What a status takes in trailers: percent-encoded, and in base64."""
    encoded = sum(
        1 if 0x20 <= byte <= 0x7E and byte != 0x25 else 3 for byte in message.encode("utf-8")
    )
    entries = (("grpc-status", 2), ("grpc-message", encoded), (DETAILS_KEY, len(details) * 4 // 3))
    return sum(len(name) + 32 + size for name, size in entries)


def size_of(error: errors.ArgusError) -> int:
    status = to_status(error)
    return trailer_bytes(status.message, status.SerializeToString())


def refusal(request: Any) -> errors.InvalidRequest | None:
    """Why a request is refused; None for one in which nothing can be wrong."""
    try:
        validate_request(request)
    except errors.InvalidRequest as error:
        return error
    return None


def wrong(kind: Any, items: dict[str, int], text: str, depth: int = 0) -> Any:
    """A message in which as much as possible is wrong.

    Args:
        kind: Descriptor of the message.
        items: How many items repeated fields have, by their full name; else one.
        text: What strings have in them.
        depth: How deep in the request it is.
    """
    message: Any = message_factory.GetMessageClass(kind)()

    def has_items(field: FieldDescriptor) -> bool:
        of = field.message_type
        return of is not None and any(name in items for name, _ in _counted(of))

    # Of fields of which one may be set, the last stays.
    for field in sorted(kind.fields, key=has_items):
        count = items.get(field.full_name, 1)
        into = getattr(message, field.name)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            for number in range(count):
                value = field.message_type.fields_by_name["value"]
                assert value.message_type is None, "a map of messages needs a branch here"
                into[f"{text}{number}"] = scalar(value, text)
        elif field.message_type is not None and field.is_repeated:
            into.extend(wrong(field.message_type, items, text, depth + 1) for _ in range(count))
        elif field.message_type is not None:
            into.CopyFrom(wrong(field.message_type, items, text, depth + 1))
        elif field.is_repeated:
            into.extend(scalar(field, text) for _ in range(count))
        else:
            setattr(message, field.name, scalar(field, text))
    return message


def scalar(field: FieldDescriptor, text: str) -> Any:
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return text.encode() if field.type == FieldDescriptor.TYPE_BYTES else text
    return SMALLEST[field.cpp_type]


def counted(method: MethodDescriptor) -> dict[str, int]:
    """Full names of a request's repeated fields and maps, and how many items each may have."""
    return dict(_counted(method.input_type))


def _counted(kind: Any) -> Iterator[tuple[str, int]]:
    bounds = bounds_of(kind)
    for field in kind.fields:
        if field.is_repeated:
            most = bounds.fields[field.name].most_items
            assert most is not None
            yield field.full_name, most
        if field.message_type is not None and not field.message_type.GetOptions().map_entry:
            yield from _counted(field.message_type)


@pytest.mark.parametrize("method", methods(), ids=lambda method: method.full_name)
def test_whatever_a_request_has_is_bounded_by_the_contract(method: MethodDescriptor) -> None:
    bounds = bounds_of(method.input_type)
    assert list(bounds.unbounded()) == []
    assert bounds.most_bytes is not None


@pytest.mark.parametrize("text", WRONG_TEXTS, ids=["wrong", "empty"])
@pytest.mark.parametrize("method", methods(), ids=lambda method: method.full_name)
def test_an_error_is_small_whatever_is_wrong(method: MethodDescriptor, text: str) -> None:
    requests = [wrong(method.input_type, {}, text)]
    for name, most in counted(method).items():
        requests += [wrong(method.input_type, {name: count}, text) for count in (most, most + 1)]
    for request in requests:
        error = refusal(request)
        if error:
            assert len(error.violations) <= MAX_VIOLATIONS
            assert size_of(error) <= MAX_TRAILER_BYTES


@pytest.mark.parametrize("method", methods(), ids=lambda method: method.full_name)
def test_one_item_too_many_is_refused_before_items_are_looked_at(method: MethodDescriptor) -> None:
    for name, most in counted(method).items():
        request = wrong(method.input_type, {name: most + 1}, WRONG_TEXT)
        excesses = list(bounds_of(method.input_type).excesses(request))
        if not excesses:
            # Items of a batch are answered one by one.
            assert "checked_apart" in apart(method.input_type, name)
            continue
        assert any(f"at most {most} are accepted" in text for _, text in excesses)
        with pytest.raises(errors.InvalidRequest) as refused:
            validate_request(request)
        assert refused.value.violations == tuple(islice(excesses, MAX_VIOLATIONS))


def apart(kind: Any, name: str) -> str:
    """Whether the field stands in items that are checked apart."""
    for field in kind.fields:
        if field.message_type is not None and name.startswith(field.message_type.full_name):
            return "checked_apart" if bounds_of(kind).fields[field.name].checked_apart else ""
    return ""


def error_of(request: Message) -> errors.InvalidRequest:
    with pytest.raises(errors.InvalidRequest) as refused:
        validate_request(request)
    return refused.value


def test_of_many_violations_the_first_are_told_and_no_others_looked_for() -> None:
    refused = error_of(image_pb2.BatchGetImagesRequest(image_ids=["x"] * 500))
    fields = [field for field, _ in refused.violations]
    assert fields == [f"image_ids[{number}]" for number in range(MAX_VIOLATIONS)]
    assert refused.message.endswith("; and 15 or more")
    few = error_of(image_pb2.BatchGetImagesRequest(image_ids=["x"] * MAX_VIOLATIONS))
    assert few.message.endswith("; and 15 more")


def test_a_violation_behind_many_items_is_told() -> None:
    good = str(UUID(int=1))
    late = error_of(image_pb2.BatchGetImagesRequest(image_ids=[good] * 499 + ["x"]))
    assert [field for field, _ in late.violations] == ["image_ids[499]"]
    both = error_of(image_pb2.BatchGetImagesRequest(image_ids=["x", *[good] * 498, "x"]))
    assert [field for field, _ in both.violations] == ["image_ids[0]"]
    many = {f"k{number}": "v" for number in range(50)}
    bad = error_of(image_pb2.BatchUpdateLabelsRequest(image_ids=[good], set={**many, "B": "v"}))
    assert [field for field, _ in bad.violations] == ['set["B"]']


def test_what_is_wrong_with_a_list_as_a_whole_is_told_of_the_whole() -> None:
    refused = error_of(
        inspection_pb2.PreviewThresholdRequest(
            reference_set_id=str(UUID(int=1)), thresholds=[1.0] * 50, target_false_alarm_rates=[0.1]
        )
    )
    assert [text for _, text in refused.violations] == ["say 1 to 50 thresholds or target rates"]


@pytest.mark.parametrize("text", ["a" * 10**6, "€" * 10**6, "%" * 10**6, "\ud800" * 100])
def test_whatever_an_error_quotes_is_cut(text: str) -> None:
    error = errors.InvalidInput(
        text.encode(errors="replace").decode(),
        field=text.encode(errors="replace").decode(),
        metadata={f"{number}{'k' * 1000}": "v" * 10**5 for number in range(100)},
        retry_after_s=1,
    )
    status = to_status(error)
    assert trailer_bytes(status.message, status.SerializeToString()) <= MAX_TRAILER_BYTES
    once, again = from_status(status), from_status(to_status(from_status(status)))
    assert (again.message, again.violations, again.metadata) == (
        once.message,
        once.violations,
        once.metadata,
    ), "the next hop changes nothing"


def test_a_short_error_is_told_as_it_is() -> None:
    assert to_status(errors.InvalidInput("größer als 3 %")).message == "größer als 3 %"


def test_bytes_with_far_too_many_items_are_refused_undecoded() -> None:
    bounds = bounds_of(embedder_pb2.EmbedImageBatchesRequest.DESCRIPTOR)
    item = b"\x0a\x00"
    assert bounds.overfull(item * (64 + SPARE_FIELDS)) is None
    excess = bounds.overfull(item * 10**6)
    assert excess == ("items", "has too many items; at most 64 are accepted")
    assert bounds.overfull(b"\x78\x00" * 10**6) is not None, "fields that nobody knows"
    for broken in (b"\xff" * 1000, b"\x0a", b"\x0a\xff", b"\x0b" * 100, b""):
        assert bounds.overfull(broken) is None


def test_the_fullest_message_of_numbers_is_taken() -> None:
    request = vector_pb2.ListNeighboursRequest(vector=[0.5] * 65536)
    bounds = bounds_of(request.DESCRIPTOR)
    unpacked = b"".join(b"\x15\x00\x00\x00\x3f" for _ in range(65536))
    assert bounds.overfull(request.SerializeToString()) is None
    assert bounds.overfull(unpacked) is None
    assert bounds.most_bytes is not None
    assert request.ByteSize() <= bounds.most_bytes + SPARE_BYTES
