import datetime

from argus.policy.v1 import policy_pb2 as _policy_pb2
from argus.type.v1 import text_pb2 as _text_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RetentionRule(_message.Message):
    __slots__ = ("retention_rule_id", "label_key", "label_value", "keep_days", "create_time", "update_time", "image_count", "due_count", "trashed_count", "last_trash_time")
    RETENTION_RULE_ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_KEY_FIELD_NUMBER: _ClassVar[int]
    LABEL_VALUE_FIELD_NUMBER: _ClassVar[int]
    KEEP_DAYS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    IMAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    DUE_COUNT_FIELD_NUMBER: _ClassVar[int]
    TRASHED_COUNT_FIELD_NUMBER: _ClassVar[int]
    LAST_TRASH_TIME_FIELD_NUMBER: _ClassVar[int]
    retention_rule_id: str
    label_key: str
    label_value: str
    keep_days: int
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    image_count: int
    due_count: int
    trashed_count: int
    last_trash_time: _timestamp_pb2.Timestamp
    def __init__(self, retention_rule_id: _Optional[str] = ..., label_key: _Optional[str] = ..., label_value: _Optional[str] = ..., keep_days: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., image_count: _Optional[int] = ..., due_count: _Optional[int] = ..., trashed_count: _Optional[int] = ..., last_trash_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListRetentionRulesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListRetentionRulesResponse(_message.Message):
    __slots__ = ("retention_rules",)
    RETENTION_RULES_FIELD_NUMBER: _ClassVar[int]
    retention_rules: _containers.RepeatedCompositeFieldContainer[RetentionRule]
    def __init__(self, retention_rules: _Optional[_Iterable[_Union[RetentionRule, _Mapping]]] = ...) -> None: ...

class SetRetentionRuleRequest(_message.Message):
    __slots__ = ("label_key", "label_value", "keep_days", "validate_only")
    LABEL_KEY_FIELD_NUMBER: _ClassVar[int]
    LABEL_VALUE_FIELD_NUMBER: _ClassVar[int]
    KEEP_DAYS_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    label_key: str
    label_value: str
    keep_days: int
    validate_only: bool
    def __init__(self, label_key: _Optional[str] = ..., label_value: _Optional[str] = ..., keep_days: _Optional[int] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class DeleteRetentionRuleRequest(_message.Message):
    __slots__ = ("retention_rule_id",)
    RETENTION_RULE_ID_FIELD_NUMBER: _ClassVar[int]
    retention_rule_id: str
    def __init__(self, retention_rule_id: _Optional[str] = ...) -> None: ...

class DeleteRetentionRuleResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
