"""What the contract says in words, by the full name of what it says it of."""

import re
from collections.abc import Iterator, Sequence

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)

# Numbers of fields in descriptor.proto, which paths of source positions are made of.
_MESSAGE, _ENUM, _SERVICE = 4, 5, 6
_NESTED, _NESTED_ENUM = 3, 4
_FIELD = _METHOD = _VALUE = 2


def comments(files: FileDescriptorSet) -> dict[str, str]:
    """Comments before services, methods, messages, fields, enums and their values."""
    found: dict[str, str] = {}
    for file in files.file:
        words = {
            tuple(place.path): _paragraphs(place.leading_comments)
            for place in file.source_code_info.location
            if place.leading_comments
        }
        found |= {
            name: words[path] for path, name in _names(file) if path in words
        }  # fmt: skip
    return found


def _paragraphs(comment: str) -> str:
    """Text whose lines are joined; blank lines part paragraphs."""
    lines = (line.strip() for line in comment.strip().splitlines())
    return re.sub(r"(?<!\n)\n(?!\n|[-*] )", " ", "\n".join(lines))


def _names(file: FileDescriptorProto) -> Iterator[tuple[tuple[int, ...], str]]:
    for index, service in enumerate(file.service):
        name = f"{file.package}.{service.name}"
        yield (_SERVICE, index), name
        for at, method in enumerate(service.method):
            yield (_SERVICE, index, _METHOD, at), f"{name}.{method.name}"
    yield from _messages((_MESSAGE,), file.package, file.message_type)
    yield from _enums((_ENUM,), file.package, file.enum_type)


def _messages(
    path: tuple[int, ...], prefix: str, messages: Sequence[DescriptorProto]
) -> Iterator[tuple[tuple[int, ...], str]]:
    for index, message in enumerate(messages):
        here, name = (*path, index), f"{prefix}.{message.name}"
        yield here, name
        for at, field in enumerate(message.field):
            yield (*here, _FIELD, at), f"{name}.{field.name}"
        yield from _messages((*here, _NESTED), name, message.nested_type)
        yield from _enums((*here, _NESTED_ENUM), name, message.enum_type)


def _enums(
    path: tuple[int, ...], prefix: str, enums: Sequence[EnumDescriptorProto]
) -> Iterator[tuple[tuple[int, ...], str]]:
    for index, enum in enumerate(enums):
        here, name = (*path, index), f"{prefix}.{enum.name}"
        yield here, name
        for at, value in enumerate(enum.value):
            yield (*here, _VALUE, at), f"{name}.{value.name}"
