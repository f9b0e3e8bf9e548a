import datetime

from argus.policy.v1 import policy_pb2 as _policy_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StartReindexRequest(_message.Message):
    __slots__ = ("model", "again")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    AGAIN_FIELD_NUMBER: _ClassVar[int]
    model: str
    again: bool
    def __init__(self, model: _Optional[str] = ..., again: _Optional[bool] = ...) -> None: ...

class GetReindexRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CancelReindexRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Reindex(_message.Message):
    __slots__ = ("state", "model", "model_version", "current_model", "current_model_version", "image_count", "embedded_count", "failed_count", "automatic", "start_time", "end_time", "again")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Reindex.State]
        NONE: _ClassVar[Reindex.State]
        RUNNING: _ClassVar[Reindex.State]
        DONE: _ClassVar[Reindex.State]
        CANCELLED: _ClassVar[Reindex.State]
    STATE_UNSPECIFIED: Reindex.State
    NONE: Reindex.State
    RUNNING: Reindex.State
    DONE: Reindex.State
    CANCELLED: Reindex.State
    STATE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    CURRENT_MODEL_FIELD_NUMBER: _ClassVar[int]
    CURRENT_MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    IMAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    EMBEDDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    FAILED_COUNT_FIELD_NUMBER: _ClassVar[int]
    AUTOMATIC_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    AGAIN_FIELD_NUMBER: _ClassVar[int]
    state: Reindex.State
    model: str
    model_version: str
    current_model: str
    current_model_version: str
    image_count: int
    embedded_count: int
    failed_count: int
    automatic: bool
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    again: bool
    def __init__(self, state: _Optional[_Union[Reindex.State, str]] = ..., model: _Optional[str] = ..., model_version: _Optional[str] = ..., current_model: _Optional[str] = ..., current_model_version: _Optional[str] = ..., image_count: _Optional[int] = ..., embedded_count: _Optional[int] = ..., failed_count: _Optional[int] = ..., automatic: _Optional[bool] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., again: _Optional[bool] = ...) -> None: ...
