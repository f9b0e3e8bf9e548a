import datetime

from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Audit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUDIT_UNSPECIFIED: _ClassVar[Audit]
    AUDITED: _ClassVar[Audit]
    NOT_AUDITED: _ClassVar[Audit]

class Callers(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CALLERS_UNSPECIFIED: _ClassVar[Callers]
    PUBLIC: _ClassVar[Callers]
    USER: _ClassVar[Callers]
    SERVICE: _ClassVar[Callers]
    USER_OR_SERVICE: _ClassVar[Callers]
    SERVICE_WITHOUT_TOKEN: _ClassVar[Callers]

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_UNSPECIFIED: _ClassVar[Role]
    VIEWER: _ClassVar[Role]
    INSPECTOR: _ClassVar[Role]
    ADMIN: _ClassVar[Role]

class Cost(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COST_UNSPECIFIED: _ClassVar[Cost]
    READ: _ClassVar[Cost]
    WRITE: _ClassVar[Cost]
    SEARCH: _ClassVar[Cost]
    UPLOAD: _ClassVar[Cost]
    DOWNLOAD: _ClassVar[Cost]
    EMBED: _ClassVar[Cost]
    INSPECT: _ClassVar[Cost]
    TRAIN: _ClassVar[Cost]
    WATCH: _ClassVar[Cost]
    AUTH: _ClassVar[Cost]
    HEALTH: _ClassVar[Cost]
AUDIT_UNSPECIFIED: Audit
AUDITED: Audit
NOT_AUDITED: Audit
CALLERS_UNSPECIFIED: Callers
PUBLIC: Callers
USER: Callers
SERVICE: Callers
USER_OR_SERVICE: Callers
SERVICE_WITHOUT_TOKEN: Callers
ROLE_UNSPECIFIED: Role
VIEWER: Role
INSPECTOR: Role
ADMIN: Role
COST_UNSPECIFIED: Cost
READ: Cost
WRITE: Cost
SEARCH: Cost
UPLOAD: Cost
DOWNLOAD: Cost
EMBED: Cost
INSPECT: Cost
TRAIN: Cost
WATCH: Cost
AUTH: Cost
HEALTH: Cost
POLICY_FIELD_NUMBER: _ClassVar[int]
policy: _descriptor.FieldDescriptor
DEFAULTS_FIELD_NUMBER: _ClassVar[int]
defaults: _descriptor.FieldDescriptor

class Policy(_message.Message):
    __slots__ = ("callers", "minimum_role", "cost", "deadline", "max_deadline", "idle_timeout", "retryable", "max_request_bytes", "audit")
    CALLERS_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_ROLE_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    MAX_DEADLINE_FIELD_NUMBER: _ClassVar[int]
    IDLE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    MAX_REQUEST_BYTES_FIELD_NUMBER: _ClassVar[int]
    AUDIT_FIELD_NUMBER: _ClassVar[int]
    callers: Callers
    minimum_role: Role
    cost: Cost
    deadline: _duration_pb2.Duration
    max_deadline: _duration_pb2.Duration
    idle_timeout: _duration_pb2.Duration
    retryable: bool
    max_request_bytes: int
    audit: Audit
    def __init__(self, callers: _Optional[_Union[Callers, str]] = ..., minimum_role: _Optional[_Union[Role, str]] = ..., cost: _Optional[_Union[Cost, str]] = ..., deadline: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_deadline: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., idle_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., retryable: _Optional[bool] = ..., max_request_bytes: _Optional[int] = ..., audit: _Optional[_Union[Audit, str]] = ...) -> None: ...
