import datetime

from argus.policy.v1 import policy_pb2 as _policy_pb2
from argus.type.v1 import finding_pb2 as _finding_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CheckIndexRequest(_message.Message):
    __slots__ = ("repair", "grace", "settle")
    REPAIR_FIELD_NUMBER: _ClassVar[int]
    GRACE_FIELD_NUMBER: _ClassVar[int]
    SETTLE_FIELD_NUMBER: _ClassVar[int]
    repair: bool
    grace: _duration_pb2.Duration
    settle: _duration_pb2.Duration
    def __init__(self, repair: _Optional[bool] = ..., grace: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., settle: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class CheckIndexResponse(_message.Message):
    __slots__ = ("finding", "progress")
    FINDING_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    finding: _finding_pb2.Finding
    progress: _finding_pb2.CheckProgress
    def __init__(self, finding: _Optional[_Union[_finding_pb2.Finding, _Mapping]] = ..., progress: _Optional[_Union[_finding_pb2.CheckProgress, _Mapping]] = ...) -> None: ...
