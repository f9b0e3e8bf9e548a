"""Rebuilds `buf/validate/validate.proto` from the descriptor inside the protovalidate wheel.

The wheel carries the descriptor and not the text; a compiler needs the text.
"""

from collections.abc import Sequence
from typing import Any

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    field_mask_pb2,
    message_factory,
    text_encoding,
    text_format,
    timestamp_pb2,
)
from protovalidate._gen.buf.validate import validate_pb

FIELD = descriptor_pb2.FieldDescriptorProto
LABELS = {1: "optional ", 2: "required ", 3: "repeated "}
SCALARS = {number: name[5:].lower() for name, number in FIELD.Type.items()}


def validate_proto() -> str:
    """The text of `buf/validate/validate.proto`."""
    raw: bytes = validate_pb._DESC.proto.to_binary()  # noqa: SLF001 - the wheel has no public way
    pool = descriptor_pool.DescriptorPool()
    for known in (descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2):
        pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(raw)
    # Read through this pool, so that the file's own options are known to it.
    file: Any = message_factory.GetMessageClass(
        pool.FindMessageTypeByName("google.protobuf.FileDescriptorProto")
    ).FromString(raw)
    return _Printer(pool).file(file)


class _Printer:
    """Writes descriptors as `.proto` text; knows as much of the language as this file uses."""

    def __init__(self, pool: descriptor_pool.DescriptorPool) -> None:
        self._pool = pool
        self._lines: list[str] = []

    def file(self, file: Any) -> str:  # noqa: ANN401 - a message of the printer's own pool
        self._lines += [f'syntax = "{file.syntax or "proto2"}";', f"package {file.package};"]
        self._lines += [f'import "{name}";' for name in file.dependency]
        self._lines += [f"option {option};" for option in self._options(file.options)]
        self._extensions(file.extension, "")
        for enum in file.enum_type:
            self._enum(enum, "")
        for message in file.message_type:
            self._message(message, "")
        return "\n".join(self._lines) + "\n"

    def _options(self, options: Any) -> list[str]:  # noqa: ANN401 - as above
        texts: list[str] = []
        for field, value in options.ListFields():
            name = f"({field.full_name})" if field.is_extension else field.name
            for item in value if field.is_repeated else [value]:
                if field.message_type:
                    body = text_format.MessageToString(
                        item, as_utf8=True, descriptor_pool=self._pool
                    )
                    texts.append(f"{name} = {{\n{body}}}")
                elif field.enum_type:
                    texts.append(f"{name} = {field.enum_type.values_by_number[item].name}")
                elif field.type == FIELD.TYPE_STRING:
                    texts.append(f'{name} = "{text_encoding.CEscape(item, as_utf8=True)}"')
                else:
                    texts.append(f"{name} = {str(item).lower()}")
        return texts

    def _field(self, field: Any, indent: str, *, in_oneof: bool = False) -> None:  # noqa: ANN401
        label = "" if in_oneof else LABELS[field.label]
        named = field.type in (FIELD.TYPE_MESSAGE, FIELD.TYPE_ENUM)
        kind = field.type_name if named else SCALARS[field.type]
        options = self._options(field.options)
        if field.HasField("default_value"):
            quote = '"' if field.type == FIELD.TYPE_STRING else ""
            options.insert(0, f"default = {quote}{field.default_value}{quote}")
        tail = " [\n" + ",\n".join(options) + "]" if options else ""
        self._lines.append(f"{indent}{label}{kind} {field.name} = {field.number}{tail};")

    def _extensions(self, extensions: Sequence[Any], indent: str) -> None:
        for extension in extensions:
            self._lines.append(f"{indent}extend {extension.extendee} {{")
            self._field(extension, indent + "  ")
            self._lines.append(indent + "}")

    def _enum(self, enum: Any, indent: str) -> None:  # noqa: ANN401 - as above
        inner = indent + "  "
        self._lines.append(f"{indent}enum {enum.name} {{")
        self._lines += [f"{inner}option {option};" for option in self._options(enum.options)]
        self._lines += [f"{inner}reserved {r.start} to {r.end};" for r in enum.reserved_range]
        self._lines += [f'{inner}reserved "{name}";' for name in enum.reserved_name]
        for value in enum.value:
            options = self._options(value.options)
            tail = f" [{', '.join(options)}]" if options else ""
            self._lines.append(f"{inner}{value.name} = {value.number}{tail};")
        self._lines.append(indent + "}")

    def _message(self, message: Any, indent: str) -> None:  # noqa: ANN401 - as above
        inner = indent + "  "
        self._lines.append(f"{indent}message {message.name} {{")
        self._lines += [f"{inner}option {option};" for option in self._options(message.options)]
        self._lines += [
            f"{inner}reserved {r.start} to {r.end - 1};" for r in message.reserved_range
        ]
        self._lines += [f'{inner}reserved "{name}";' for name in message.reserved_name]
        for span in message.extension_range:
            end = "max" if span.end == 2**29 else span.end - 1
            self._lines.append(f"{inner}extensions {span.start} to {end};")
        for enum in message.enum_type:
            self._enum(enum, inner)
        for nested in message.nested_type:
            self._message(nested, inner)
        written: set[int] = set()
        for field in message.field:
            if not field.HasField("oneof_index") or field.proto3_optional:
                self._field(field, inner)
            elif field.oneof_index not in written:
                written.add(field.oneof_index)
                self._oneof(message, field.oneof_index, inner)
        self._extensions(message.extension, inner)
        self._lines.append(indent + "}")

    def _oneof(self, message: Any, index: int, indent: str) -> None:  # noqa: ANN401 - as above
        oneof = message.oneof_decl[index]
        self._lines.append(f"{indent}oneof {oneof.name} {{")
        self._lines += [f"{indent}  option {option};" for option in self._options(oneof.options)]
        for field in message.field:
            if field.HasField("oneof_index") and field.oneof_index == index:
                self._field(field, indent + "  ", in_oneof=True)
        self._lines.append(indent + "}")
