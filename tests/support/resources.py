"""Which fields of requests name what, for the walk of everybody over every method.

The table is by a field's name; a field that means something else in one message stands there with
its full name. A request with an id that is not in it fails the walk.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from buf.validate import validate_pb2
from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message


class Kind(Enum):
    """What an id names."""

    IMAGE = "image"
    SAVED_SEARCH = "saved search"
    REFERENCE_SET = "reference set"
    JOB = "job"
    INSPECTION = "inspection"
    PART_INSPECTION = "inspection of a part"
    FEEDBACK = "feedback"
    CLAIM = "claim"
    SESSION = "session"
    API_KEY = "API key"
    USER = "user"
    DELETION = "deletion"
    GROUP = "group"
    GROUP_INVITATION = "invitation to a group"
    SHARE_INVITATION = "invitation to a set"
    VIDEO = "video"
    RETENTION_RULE = "retention rule"
    IDENTITY = "identity at a provider"


NAMES: dict[str, Kind] = {
    "image_id": Kind.IMAGE,
    "image_ids": Kind.IMAGE,
    "exclude_image_ids": Kind.IMAGE,
    "saved_search_id": Kind.SAVED_SEARCH,
    "after_image_id": Kind.IMAGE,
    "reference_set_id": Kind.REFERENCE_SET,
    "reference_set_ids": Kind.REFERENCE_SET,
    "view_of": Kind.REFERENCE_SET,
    "job_id": Kind.JOB,
    "inspection_id": Kind.INSPECTION,
    "inspection_ids": Kind.INSPECTION,
    "part_inspection_id": Kind.PART_INSPECTION,
    "feedback_id": Kind.FEEDBACK,
    "claim_id": Kind.CLAIM,
    "session_id": Kind.SESSION,
    "api_key_id": Kind.API_KEY,
    "user_id": Kind.USER,
    "user_ids": Kind.USER,
    "viewer_id": Kind.USER,
    "deletion_id": Kind.DELETION,
    "group_id": Kind.GROUP,
    "group_ids": Kind.GROUP,
    "argus.auth.v1.WithdrawGroupInvitationRequest.invitation_id": Kind.GROUP_INVITATION,
    "argus.auth.v1.AcceptGroupInvitationRequest.invitation_id": Kind.GROUP_INVITATION,
    "argus.auth.v1.DeclineGroupInvitationRequest.invitation_id": Kind.GROUP_INVITATION,
    "argus.inspection.v1.AcceptShareInvitationRequest.invitation_id": Kind.SHARE_INVITATION,
    "argus.inspection.v1.DeclineShareInvitationRequest.invitation_id": Kind.SHARE_INVITATION,
    "video_id": Kind.VIDEO,
    "retention_rule_id": Kind.RETENTION_RULE,
    "identity_id": Kind.IDENTITY,
}

OWN_WORDS = {
    "request_id",
    "item_id",
    "trigger_id",
    "argus.auth.v1.DeleteAccountRequest.deletion_id",
}
"""Ids that callers make up themselves and that name nothing."""

CONFIGURED = {
    "dead_event_id": "of events, which only operators see",
    "dead_event_ids": "of events, which only operators see",
    "provider_id": "of the operator's choice; ListIdentityProviders tells everybody",
}
"""Names of what an installation has, which are no ids of anybody's."""

EVERYBODYS = {
    Kind.USER: "who people are is no secret of theirs; what is done to them, policies say",
    Kind.DELETION: "whoever has the id may know, because the account is gone",
}
"""Kinds that are nobody's own, so that none of them is foreign."""

_BEHAVIOUR: Any = field_behavior_pb2.field_behavior
_RULES: Any = validate_pb2.field
_ONEOF: Any = validate_pb2.oneof


@dataclass(frozen=True)
class Reference:
    """A field of a method's request that names something.

    Attributes:
        path: Names of the fields that lead to it, the last its own.
        kind: What it names.
        many: Whether it is a list.
        required: Whether a request without it is none.
    """

    path: tuple[str, ...]
    kind: Kind
    many: bool
    required: bool

    def name(self, request: Message, *ids: str) -> None:
        """Sets the field to these, of which there is one unless it is a list."""
        holder: Any = request
        for step in self.path[:-1]:
            holder = getattr(holder, step)
            if not isinstance(holder, Message):
                holder = holder[0] if holder else holder.add()
        if self.many:
            del getattr(holder, self.path[-1])[:]
            getattr(holder, self.path[-1]).extend(ids)
        else:
            (one,) = ids
            setattr(holder, self.path[-1], one)


class UnknownIdError(Exception):
    """A request has a field that looks like an id, and nobody says of what."""


def references(method: MethodDescriptor) -> list[Reference]:
    """What a method's request names.

    Raises:
        UnknownIdError: The table does not know one of its fields.
    """
    return [
        Reference(path, kind, _is_list(field), _is_required(field))
        for path, field in _ids(method.input_type, ())
        if (kind := _kind(field)) is not None
    ]


def _kind(field: FieldDescriptor) -> Kind | None:
    for name in (field.full_name, field.name):
        if name in OWN_WORDS or name in CONFIGURED:
            return None
        if name in NAMES:
            return NAMES[name]
    raise UnknownIdError(
        f"{field.full_name} looks like an id: say in NAMES of tests/support/resources.py what it "
        "names (and how somebody gets one, in tests/attack/belongings.py), in OWN_WORDS that "
        "callers make it up, or in CONFIGURED that the operator does"
    )


def _ids(
    message: Descriptor, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], FieldDescriptor]]:
    for field in message.fields:
        if field_behavior_pb2.OUTPUT_ONLY in field.GetOptions().Extensions[_BEHAVIOUR]:
            continue
        here = (*path, field.name)
        if field.message_type is not None:
            ours = field.message_type.full_name.startswith("argus.")
            is_map = field.message_type.GetOptions().map_entry
            # None of ours contains itself.
            if ours and not is_map:
                yield from _ids(field.message_type, here)
        elif field.type == FieldDescriptor.TYPE_STRING and _looks_like_an_id(field):
            yield here, field


def _looks_like_an_id(field: FieldDescriptor) -> bool:
    rules = field.GetOptions().Extensions[_RULES]
    return (
        field.name.endswith(("_id", "_ids"))
        or rules.string.uuid
        or rules.repeated.items.string.uuid
    )


def _is_list(field: FieldDescriptor) -> bool:
    return bool(field.is_repeated)


def _is_required(field: FieldDescriptor) -> bool:
    options = field.GetOptions()
    behaviour = options.Extensions[_BEHAVIOUR]
    if {field_behavior_pb2.REQUIRED, field_behavior_pb2.IDENTIFIER} & set(behaviour):
        return True
    oneof = field.containing_oneof
    return oneof is not None and bool(oneof.GetOptions().Extensions[_ONEOF].required)
