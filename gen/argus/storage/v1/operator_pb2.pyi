import datetime

from argus.policy.v1 import policy_pb2 as _policy_pb2
from argus.type.v1 import finding_pb2 as _finding_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DeadEvent(_message.Message):
    __slots__ = ("dead_event_id", "stream", "service", "replica", "event", "cause", "message", "attempts", "tell_time", "death_time", "image_id", "advice")
    DEAD_EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    REPLICA_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    TELL_TIME_FIELD_NUMBER: _ClassVar[int]
    DEATH_TIME_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    ADVICE_FIELD_NUMBER: _ClassVar[int]
    dead_event_id: str
    stream: str
    service: str
    replica: str
    event: str
    cause: str
    message: str
    attempts: int
    tell_time: _timestamp_pb2.Timestamp
    death_time: _timestamp_pb2.Timestamp
    image_id: str
    advice: str
    def __init__(self, dead_event_id: _Optional[str] = ..., stream: _Optional[str] = ..., service: _Optional[str] = ..., replica: _Optional[str] = ..., event: _Optional[str] = ..., cause: _Optional[str] = ..., message: _Optional[str] = ..., attempts: _Optional[int] = ..., tell_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., death_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., image_id: _Optional[str] = ..., advice: _Optional[str] = ...) -> None: ...

class ListDeadEventsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDeadEventsResponse(_message.Message):
    __slots__ = ("events", "next_page_token", "total_size")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[DeadEvent]
    next_page_token: str
    total_size: int
    def __init__(self, events: _Optional[_Iterable[_Union[DeadEvent, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...

class GetDeadEventRequest(_message.Message):
    __slots__ = ("dead_event_id",)
    DEAD_EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    dead_event_id: str
    def __init__(self, dead_event_id: _Optional[str] = ...) -> None: ...

class ReplayDeadEventsRequest(_message.Message):
    __slots__ = ("dead_event_ids",)
    DEAD_EVENT_IDS_FIELD_NUMBER: _ClassVar[int]
    dead_event_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, dead_event_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ReplayDeadEventsResponse(_message.Message):
    __slots__ = ("dead_event_ids",)
    DEAD_EVENT_IDS_FIELD_NUMBER: _ClassVar[int]
    dead_event_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, dead_event_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class DiscardDeadEventsRequest(_message.Message):
    __slots__ = ("dead_event_ids",)
    DEAD_EVENT_IDS_FIELD_NUMBER: _ClassVar[int]
    dead_event_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, dead_event_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class DiscardDeadEventsResponse(_message.Message):
    __slots__ = ("dead_event_ids",)
    DEAD_EVENT_IDS_FIELD_NUMBER: _ClassVar[int]
    dead_event_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, dead_event_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class CheckStorageRequest(_message.Message):
    __slots__ = ("repair", "grace", "settle")
    REPAIR_FIELD_NUMBER: _ClassVar[int]
    GRACE_FIELD_NUMBER: _ClassVar[int]
    SETTLE_FIELD_NUMBER: _ClassVar[int]
    repair: bool
    grace: _duration_pb2.Duration
    settle: _duration_pb2.Duration
    def __init__(self, repair: _Optional[bool] = ..., grace: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., settle: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class CheckStorageResponse(_message.Message):
    __slots__ = ("finding", "progress")
    FINDING_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    finding: _finding_pb2.Finding
    progress: _finding_pb2.CheckProgress
    def __init__(self, finding: _Optional[_Union[_finding_pb2.Finding, _Mapping]] = ..., progress: _Optional[_Union[_finding_pb2.CheckProgress, _Mapping]] = ...) -> None: ...
