"""How much a request may have, as the contract states it, looked at before anything else is.

The constraints themselves (`validation.py`) are checked item by item, which costs what a stranger
likes if the items are a hundred thousand. So counts come first: the bytes of a message before it is
decoded, then how many items, pairs and characters it has.

Every repeated field, map, string and bytes of a request has a bound in the contract; a test walks
the descriptors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

MASK = "google.protobuf.FieldMask"
MAX_MASK_PATHS = 100
MAX_MASK_PATH_CHARACTERS = 256

SPARE_BYTES = 256 * 1024
"""What a message may have beyond its bounds: fields of a newer contract, and mistakes that are
better named once it is decoded."""

SPARE_FIELDS = 10_000
"""Fields that a message may have on the wire beyond its bounds, to be named once it is decoded."""

QUOTED_CHARACTERS = 64

_CHARACTER_BYTES = 4
_VARINT_BYTES = 10
_UUID_CHARACTERS = 36

Excess = tuple[str, str]
"""Path of a field, and what it has too much of."""


@dataclass(frozen=True, slots=True)
class TextBound:
    """The longest that a string or bytes may be."""

    most: int
    unit: str
    measure: Callable[[Any], int]
    most_bytes: int
    """What that is at most in bytes."""


@dataclass(frozen=True, slots=True)
class FieldBound:
    """What one field may have; None where the contract does not say."""

    name: str
    number: int
    is_repeated: bool
    is_map: bool
    most_items: int | None
    text: TextBound | None
    """Of a string or bytes, or of each in a repeated field."""
    is_text: bool
    inner: MessageBounds | None
    """Of the message, of each message in a repeated field, or of a map's pair."""
    checked_apart: bool
    """Its items are checked one by one where they are answered, not with the request."""

    def excesses_of_one(self, value: Any) -> Iterable[Excess]:  # noqa: ANN401 - a field's value
        """What one value has too much of, by paths within it."""
        if self.inner:
            return self.inner.excesses(value)
        if self.text and (size := self.text.measure(value)) > self.text.most:
            return [("", f"has {size} {self.text.unit}; at most {self.text.most} are accepted")]
        return ()

    @property
    def is_bounded(self) -> bool:
        """Whether there is an end to what it may have."""
        counted = not self.is_repeated or self.most_items is not None
        return counted and (not self.is_text or self.text is not None)


class MessageBounds:
    """What a message of one kind may have.

    Args:
        descriptor: The kind.
        above: Kinds that this one is within, to find one that is within itself.
    """

    def __init__(self, descriptor: Descriptor, above: tuple[str, ...] = ()) -> None:
        self.name: str = descriptor.full_name
        self.is_recursive = self.name in above
        self.fields: Mapping[str, FieldBound] = (
            {}
            if self.is_recursive
            else {
                field.name: _field_bound(field, (*above, self.name)) for field in descriptor.fields
            }
        )

    def unbounded(self) -> Iterator[str]:
        """Names of fields that have no bound, here and in the messages within."""
        if self.is_recursive:
            yield self.name
        for field in self.fields.values():
            if not field.is_bounded:
                yield f"{self.name}.{field.name}"
            if field.inner:
                yield from field.inner.unbounded()

    @cached_property
    def most_bytes(self) -> int | None:
        """What an encoded message has at most, but for `SPARE_BYTES`; None without a bound."""
        if next(self.unbounded(), None) is not None:
            return None
        return sum(_most_bytes(field) for field in self.fields.values())

    @cached_property
    def _counted(self) -> Mapping[int, FieldBound]:
        """Repeated fields with a bound, by their number."""
        return {
            field.number: field for field in self.fields.values() if field.most_items is not None
        }

    def overfull(self, raw: bytes) -> Excess | None:
        """What an encoded message has far more of than it may, found without decoding it.

        An item that takes two bytes on the wire takes a hundred in memory. Bytes that are no
        message are not overfull.
        """
        if len(raw) < _LEAST_FIELD_BYTES * SPARE_FIELDS:
            return None
        room = {
            number: (field.most_items or 0) + SPARE_FIELDS
            for number, field in self._counted.items()
        }
        steps = sum(room.values()) + SPARE_FIELDS
        for number in _field_numbers(raw):
            steps -= 1
            if number in room:
                room[number] -= 1
                if room[number] < 0:
                    field = self._counted[number]
                    return (
                        field.name,
                        f"has too many items; at most {field.most_items} are accepted",
                    )
            if steps < 0:
                return "", "the message has far more fields than its kind has"
        return None

    def excesses(self, message: Message) -> Iterator[Excess]:
        """Each field that has more than it may; what is too much is not looked into."""
        for descriptor, value in message.ListFields():
            field = self.fields.get(descriptor.name)
            if field is None:
                continue
            if not field.is_repeated:
                yield from _below(field.name, field.excesses_of_one(value))
            elif field.most_items is not None and len(value) > field.most_items:
                kind = "pairs" if field.is_map else "items"
                yield (
                    field.name,
                    f"has {len(value)} {kind}; at most {field.most_items} are accepted",
                )
            elif field.checked_apart:
                continue
            elif field.is_map and field.inner:
                for key, item in value.items():
                    for part, of in (("key", key), ("value", item)):
                        excesses = field.inner.fields[part].excesses_of_one(of)
                        yield from _below(f'{field.name}["{short(str(key))}"]', excesses)
            elif field.inner or field.text:
                for number, item in enumerate(value):
                    yield from _below(f"{field.name}[{number}]", field.excesses_of_one(item))


def _below(where: str, excesses: Iterable[Excess]) -> Iterator[Excess]:
    for path, text in excesses:
        yield f"{where}.{path}" if path else where, text


def short(text: str) -> str:
    """A text as it is quoted in an error."""
    return text if len(text) <= QUOTED_CHARACTERS else text[:QUOTED_CHARACTERS] + "…"


def bounds_of(descriptor: Any) -> MessageBounds:  # noqa: ANN401 - the stubs know two kinds
    """The bounds of a message's descriptor; read from the contract once."""
    if descriptor.full_name not in _known:
        _known[descriptor.full_name] = MessageBounds(descriptor)
    return _known[descriptor.full_name]


_known: dict[str, MessageBounds] = {}


def _field_bound(field: FieldDescriptor, above: tuple[str, ...]) -> FieldBound:
    options: Any = field.GetOptions()
    rules: validate_pb2.FieldRules = options.Extensions[validate_pb2.field]
    inner = field.message_type
    is_map = inner is not None and inner.GetOptions().map_entry
    if field.full_name == f"{MASK}.paths":
        most_items: int | None = MAX_MASK_PATHS
        text: TextBound | None = _characters(MAX_MASK_PATH_CHARACTERS)
    else:
        most_items = _most_items(rules, is_map=is_map)
        text = _text_bound(field, rules.repeated.items if field.is_repeated else rules)
    bounds = MessageBounds(inner, above) if inner is not None else None
    if inner is not None and bounds and is_map:
        bounds.fields = _pair(bounds, inner, rules)
    return FieldBound(
        name=field.name,
        number=field.number,
        is_repeated=field.is_repeated,
        is_map=is_map,
        most_items=most_items,
        text=text,
        is_text=field.type in {FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES},
        inner=bounds,
        checked_apart=rules.repeated.items.ignore == validate_pb2.IGNORE_ALWAYS,
    )


def _pair(
    bounds: MessageBounds, entry: Descriptor, rules: validate_pb2.FieldRules
) -> Mapping[str, FieldBound]:
    """A map's keys and values, whose rules stand at the map."""
    bounded = {}
    for name, of in (("key", rules.map.keys), ("value", rules.map.values)):
        plain = bounds.fields[name]
        text = _text_bound(entry.fields_by_name[name], of)
        bounded[name] = FieldBound(
            name=name,
            number=plain.number,
            is_repeated=False,
            is_map=False,
            most_items=None,
            text=text,
            is_text=plain.is_text,
            inner=plain.inner,
            checked_apart=False,
        )
    return bounded


def _most_items(rules: validate_pb2.FieldRules, *, is_map: bool) -> int | None:
    if is_map:
        return rules.map.max_pairs if rules.map.HasField("max_pairs") else None
    return rules.repeated.max_items if rules.repeated.HasField("max_items") else None


def _text_bound(field: FieldDescriptor, rules: validate_pb2.FieldRules) -> TextBound | None:
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _bytes(rules.bytes.max_len, len) if rules.bytes.HasField("max_len") else None
    return _string_bound(rules.string) if field.type == FieldDescriptor.TYPE_STRING else None


def _string_bound(rules: validate_pb2.StringRules) -> TextBound | None:
    one_of = getattr(rules, "in")
    if rules.HasField("max_bytes"):
        return _bytes(rules.max_bytes, lambda value: len(value.encode()))
    if rules.HasField("max_len"):
        return _characters(rules.max_len)
    if rules.uuid:
        return _characters(_UUID_CHARACTERS)
    return _characters(max(map(len, one_of))) if one_of else None


def _characters(most: int) -> TextBound:
    return TextBound(most, "characters", len, _CHARACTER_BYTES * most)


def _bytes(most: int, measure: Callable[[Any], int]) -> TextBound:
    return TextBound(most, "bytes", measure, most)


def _most_bytes(field: FieldBound) -> int:
    """What a bounded field has at most when it is encoded: tag, length and content."""
    if field.text:
        content = field.text.most_bytes
    else:
        content = (field.inner.most_bytes or 0) if field.inner else 0
    each = len(_varint(field.number << 3)) + _VARINT_BYTES + content
    return each * (field.most_items if field.is_repeated and field.most_items is not None else 1)


_LEAST_FIELD_BYTES = 2
"""Of an encoded field: its tag, and a length or a value."""


def _field_numbers(raw: bytes) -> Iterator[int]:
    """Numbers of an encoded message's fields, as far as it can be read."""
    at = 0
    while at < len(raw):
        tag, at = _read_varint(raw, at)
        match tag & 7:
            case 0:
                _, at = _read_varint(raw, at)
            case 1:
                at += 8
            case 2:
                size, at = _read_varint(raw, at)
                at += size
            case 5:
                at += 4
            case _:
                return
        yield tag >> 3


def _read_varint(raw: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends; the end of `raw` if it does not end before."""
    number = 0
    for shift in range(0, 7 * _VARINT_BYTES, 7):
        if at >= len(raw):
            break
        byte = raw[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    return number, len(raw)


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])
