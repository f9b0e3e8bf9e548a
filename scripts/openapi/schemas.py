"""JSON Schemas of the contract's messages, as ProtoJSON has them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from buf.validate import validate_pb2
from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from scripts.openapi.rules import constrained

Schema = dict[str, Any]
REFERENCE = "#/components/schemas/"

_SCALARS: Mapping[int, Schema] = {
    FieldDescriptor.CPPTYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.CPPTYPE_UINT32: {"type": "integer", "format": "uint32"},
    # Answered as text, because JSON's numbers are not that long everywhere.
    FieldDescriptor.CPPTYPE_INT64: {"type": ["string", "integer"], "format": "int64"},
    FieldDescriptor.CPPTYPE_UINT64: {"type": ["string", "integer"], "format": "uint64"},
    FieldDescriptor.CPPTYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.CPPTYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.CPPTYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.CPPTYPE_STRING: {"type": "string"},
}

WELL_KNOWN: Mapping[str, Callable[[], Schema]] = {
    "google.protobuf.Timestamp": lambda: {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": lambda: {
        "type": "string",
        "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$",
        "examples": ["1.5s"],
    },
    "google.protobuf.FieldMask": lambda: {
        "type": "string",
        "description": "Names of fields, separated by commas.",
    },
    "google.protobuf.Struct": lambda: {"type": "object", "additionalProperties": True},
    "google.protobuf.Any": lambda: {
        "type": "object",
        "properties": {"@type": {"type": "string"}},
        "required": ["@type"],
        "additionalProperties": True,
    },
}
"""Messages that JSON writes as something else."""


class Schemas:
    """Schemas of messages and enums, which refer to each other by full name.

    Args:
        words: What the contract says of each thing, by full name.
    """

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words
        self.components: dict[str, Schema] = {}

    def message(self, message: Descriptor) -> Schema:
        """A message's schema, or where it stands."""
        if message.full_name in WELL_KNOWN:
            return WELL_KNOWN[message.full_name]()
        if message.full_name not in self.components:
            self.components[message.full_name] = {}
            self.components[message.full_name] = self.object(message, message.fields)
        return {"$ref": REFERENCE + message.full_name}

    def object(self, message: Descriptor, fields: Sequence[FieldDescriptor]) -> Schema:
        """The schema of a message that has these of its fields."""
        schema: Schema = {"type": "object"}
        if words := self._words.get(message.full_name):
            schema["description"] = words
        schema["properties"] = {field.json_name: self.field(field) for field in fields}
        if required := [field.json_name for field in fields if is_required(field)]:
            schema["required"] = required
        return schema

    def field(self, field: FieldDescriptor) -> Schema:
        """A field's schema, with its constraints and words."""
        options: Any = field.GetOptions()
        rules: validate_pb2.FieldRules = options.Extensions[validate_pb2.field]
        entry = field.message_type if field.message_type else None
        if entry is not None and entry.GetOptions().map_entry:
            keys = constrained({"type": "string"}, rules.map.keys)
            values = constrained(self._single(entry.fields_by_name["value"]), rules.map.values)
            schema: Schema = {"type": "object", "additionalProperties": values}
            if len(keys) > 1:
                schema["propertyNames"] = keys
        elif field.is_repeated:
            schema = {
                "type": "array",
                "items": constrained(self._single(field), rules.repeated.items),
            }
        else:
            schema = self._single(field)
        schema = constrained(schema, rules)
        behaviours = set(options.Extensions[field_behavior_pb2.field_behavior])
        said = self._said(field)
        if "$ref" not in schema or said:
            # Beside a reference OpenAPI 3.1 takes them, too.
            schema |= said
        if field_behavior_pb2.OUTPUT_ONLY in behaviours:
            schema["readOnly"] = True
        if field_behavior_pb2.INPUT_ONLY in behaviours:
            schema["writeOnly"] = True
        return schema

    def _said(self, field: FieldDescriptor) -> Schema:
        words = self._words.get(field.full_name, "")
        oneof = field.containing_oneof
        if oneof is not None and len(oneof.fields) > 1:
            names = ", ".join(f"`{one.json_name}`" for one in oneof.fields)
            words = f"{words}\n\nOnly one of {names} is set.".strip()
        return {"description": words} if words else {}

    def _single(self, field: FieldDescriptor) -> Schema:
        if field.message_type is not None:
            return self.message(field.message_type)
        if field.enum_type is not None:
            return self._enum(field.enum_type)
        if field.type == FieldDescriptor.TYPE_BYTES:
            return {"type": "string", "contentEncoding": "base64"}
        return dict(_SCALARS[field.cpp_type])

    def _enum(self, enum: EnumDescriptor) -> Schema:
        if enum.full_name not in self.components:
            lines = [self._words.get(enum.full_name, "")]
            lines += [
                f"- `{value.name}`: {words}"
                for value in enum.values
                if (words := self._words.get(f"{enum.full_name}.{value.name}"))
            ]
            self.components[enum.full_name] = {
                "type": "string",
                "description": "\n".join(lines).strip(),
                "enum": [value.name for value in enum.values],
            }
        return {"$ref": REFERENCE + enum.full_name}


def is_required(field: FieldDescriptor) -> bool:
    """Whether a request must have the field."""
    options: Any = field.GetOptions()
    return (
        field_behavior_pb2.REQUIRED in options.Extensions[field_behavior_pb2.field_behavior]
        or options.Extensions[validate_pb2.field].required
    )
