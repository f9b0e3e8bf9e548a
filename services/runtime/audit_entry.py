"""What is noted of a call for the audit: who did what to what, from where, with which result.

Of a message only names of things are taken: ids, email addresses, roles, scopes and versions, by
the fields' names. So nothing secret gets there, whatever a message has beside them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

MAX_TEXT = 256
MAX_VALUES = 500
"""Ids of one kind that are noted; no request may have more."""

_DEPTH = 3
_NOT_NOTED = frozenset({"request_id", "item_id"})
"""What tells requests and items of a stream apart names nothing that stays."""

_NAMED = frozenset({"email", "emails", "role", "scopes", "version"})

Targets = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What is noted of one call."""

    entry_id: UUID
    """Tells it from all others, so that it is kept once however often it is sent."""

    time: datetime
    """When the call ended; aware and in UTC."""

    method: str
    """Full method, `/package.Service/Method`."""

    code: str
    """Name of the status code."""

    reason: str = ""
    """Reason of an error."""

    user_id: str = ""
    session_id: str = ""
    """Session, or API key, of the user."""
    service: str = ""
    """Name of the service that called; empty if it is a user."""
    address: str = ""
    agent: str = ""
    request_id: str = ""
    targets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What the call named or made, by the fields' names."""
    omitted: int = 0
    """Refusals of strangers before this one that are not noted, because they were too many."""

    def to_record(self) -> str:
        """The entry as JSON in ASCII, always the same for the same entry."""
        values = {
            "id": str(self.entry_id),
            "time": self.time.astimezone(UTC).isoformat(timespec="microseconds"),
            "method": self.method,
            "code": self.code,
            "reason": self.reason,
            "user_id": self.user_id,
            "session_id": self.session_id,
            "service": self.service,
            "address": self.address,
            "agent": self.agent,
            "request_id": self.request_id,
            "targets": {name: list(values) for name, values in self.targets.items()},
            "omitted": self.omitted,
        }
        kept = {name: value for name, value in values.items() if value}
        return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    @classmethod
    def from_record(cls, record: str) -> "AuditEntry":
        """Reads what `to_record` wrote.

        Raises:
            ValueError: it is no such record.
        """
        try:
            values: dict[str, Any] = dict(json.loads(record))
            entry_id, time = UUID(values.pop("id")), datetime.fromisoformat(values.pop("time"))
            entry = cls(entry_id=entry_id, time=time, **values)
            sound = entry._is_sound()
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"no record of a call: {error!r}") from None
        if not sound:
            raise ValueError("no record of a call: a value is of another kind")
        return entry

    def _is_sound(self) -> bool:
        """Whether all values are what they are declared to be; others came from elsewhere."""
        texts: list[object] = [
            self.method, self.code, self.reason, self.user_id, self.session_id, self.service,
            self.address, self.agent, self.request_id, *self.targets,
        ]  # fmt: skip
        for values in self.targets.values():
            if not isinstance(values, list):
                return False
            texts += values
        for text in texts:
            if not isinstance(text, str):
                return False
            # Half a character is no text.
            text.encode()
        counted = type(self.omitted) is int and 0 <= self.omitted < 2**63
        return counted and self.time.tzinfo is not None


def cleaned(text: str) -> str:
    """A text that strangers may have written, on one line and short; what is not seen as U+FFFD."""
    seen = "".join(one if one.isprintable() else "\ufffd" for one in text[:MAX_TEXT])
    return seen if len(text) <= MAX_TEXT else seen[:-1] + "…"


def add_targets(found: Targets, message: Message, depth: int = _DEPTH) -> None:
    """Adds what a message names to what is found."""
    for one, value in message.ListFields():
        values: Iterable[Any] = value if one.is_repeated else (value,)
        if one.type == FieldDescriptor.TYPE_MESSAGE:
            inside = one.message_type
            if depth and inside is not None and not inside.GetOptions().map_entry:
                for inner in values:
                    add_targets(found, inner, depth - 1)
        elif _is_name(one):
            for inner in values:
                _add(found, one.name, _text(one, inner))


def _is_name(one: FieldDescriptor) -> bool:
    if one.name in _NAMED:
        return True
    named = one.type == FieldDescriptor.TYPE_STRING and one.name.endswith(("_id", "_ids"))
    return named and one.name not in _NOT_NOTED


def _text(one: FieldDescriptor, value: Any) -> str:  # noqa: ANN401 - a field's value
    if one.enum_type is not None:
        known = one.enum_type.values_by_number.get(value)
        return known.name if known else str(value)
    return str(value)


def _add(found: Targets, name: str, text: str) -> None:
    # `image_id` and `image_ids` name the same kind of thing.
    plural = name.endswith("_ids") or name == "emails"
    values = found.setdefault(name.removesuffix("s") if plural else name, [])
    text = cleaned(text)
    if text and text not in values and len(values) < MAX_VALUES:
        values.append(text)


_noted: ContextVar[Targets | None] = ContextVar("argus_audit", default=None)


def collect_targets() -> Targets:
    """Where `note` puts what the call of this task names."""
    found: Targets = {}
    _noted.set(found)
    return found


def note(**names: str) -> None:
    """Notes something that the call under way is about, and neither request nor answer names."""
    found = _noted.get()
    if found is not None:
        for name, text in names.items():
            _add(found, name, text)
