"""Constraints of the contract (`buf.validate`) as those of JSON Schema."""

from typing import Any

from buf.validate import validate_pb2

Schema = dict[str, Any]

_NUMBERS = (
    "float", "double", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32",
    "fixed64", "sfixed32", "sfixed64",
)  # fmt: skip
_BOUNDS = {"lt": "exclusiveMaximum", "lte": "maximum", "gt": "exclusiveMinimum", "gte": "minimum"}
_SIZES = {
    "string": {"min_len": "minLength", "max_len": "maxLength", "pattern": "pattern"},
    "repeated": {"min_items": "minItems", "max_items": "maxItems"},
    "map": {"min_pairs": "minProperties", "max_pairs": "maxProperties"},
}
_FORMATS = {"uuid": "uuid", "email": "email", "hostname": "hostname", "uri": "uri"}


def constrained(schema: Schema, rules: validate_pb2.FieldRules) -> Schema:
    """The schema, with what JSON Schema can say of the rules.

    What it cannot stands in the description, as in the contract's comments.
    """
    kind = rules.WhichOneof("type")
    if kind is None or rules.ignore == validate_pb2.IGNORE_ALWAYS:
        return dict(schema)
    own: Any = getattr(rules, kind)
    found: Schema = {}
    if kind in _NUMBERS:
        found |= {
            name: _plain(getattr(own, rule)) for rule, name in _BOUNDS.items() if own.HasField(rule)
        }
    for rule, name in _SIZES.get(kind, {}).items():
        if own.HasField(rule):
            found[name] = getattr(own, rule)
    if kind == "string":
        formats = [name for rule, name in _FORMATS.items() if getattr(own, rule)]
        found |= {"format": formats[0]} if formats else {}
        if len(getattr(own, "in")):
            found["enum"] = list(getattr(own, "in"))
    if kind == "bytes" and own.HasField("max_len"):
        # In base64.
        found["maxLength"] = (own.max_len + 2) // 3 * 4
    if kind == "repeated" and own.unique:
        found["uniqueItems"] = True
    if rules.ignore == validate_pb2.IGNORE_IF_ZERO_VALUE and kind == "string" and found:
        return schema | {"anyOf": [{"const": ""}, found]}
    return schema | found


def _plain(number: float) -> float:
    return int(number) if float(number).is_integer() else number
