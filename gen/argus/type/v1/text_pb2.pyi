from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
LINE_FIELD_NUMBER: _ClassVar[int]
line: _descriptor.FieldDescriptor
LINES_FIELD_NUMBER: _ClassVar[int]
lines: _descriptor.FieldDescriptor
SEEN_FIELD_NUMBER: _ClassVar[int]
seen: _descriptor.FieldDescriptor
