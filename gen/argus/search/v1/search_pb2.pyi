import datetime

from argus.policy.v1 import policy_pb2 as _policy_pb2
from argus.storage.v1 import image_pb2 as _image_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SearchImagesRequest(_message.Message):
    __slots__ = ("text", "image", "image_id", "filter", "limit", "page_token", "min_score")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MIN_SCORE_FIELD_NUMBER: _ClassVar[int]
    text: str
    image: bytes
    image_id: str
    filter: str
    limit: int
    page_token: str
    min_score: float
    def __init__(self, text: _Optional[str] = ..., image: _Optional[bytes] = ..., image_id: _Optional[str] = ..., filter: _Optional[str] = ..., limit: _Optional[int] = ..., page_token: _Optional[str] = ..., min_score: _Optional[float] = ...) -> None: ...

class SearchImagesResponse(_message.Message):
    __slots__ = ("matches", "next_page_token", "text_truncated", "model")
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TEXT_TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    matches: _containers.RepeatedCompositeFieldContainer[Match]
    next_page_token: str
    text_truncated: bool
    model: str
    def __init__(self, matches: _Optional[_Iterable[_Union[Match, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., text_truncated: _Optional[bool] = ..., model: _Optional[str] = ...) -> None: ...

class Match(_message.Message):
    __slots__ = ("image", "score")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    score: float
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., score: _Optional[float] = ...) -> None: ...

class GetMapRequest(_message.Message):
    __slots__ = ("filter", "if_version")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    IF_VERSION_FIELD_NUMBER: _ClassVar[int]
    filter: str
    if_version: str
    def __init__(self, filter: _Optional[str] = ..., if_version: _Optional[str] = ...) -> None: ...

class GetMapResponse(_message.Message):
    __slots__ = ("state", "version", "unchanged", "image_count", "image_ids", "points", "built_time", "model")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[GetMapResponse.State]
        READY: _ClassVar[GetMapResponse.State]
        BUILDING: _ClassVar[GetMapResponse.State]
        STALE: _ClassVar[GetMapResponse.State]
    STATE_UNSPECIFIED: GetMapResponse.State
    READY: GetMapResponse.State
    BUILDING: GetMapResponse.State
    STALE: GetMapResponse.State
    STATE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    IMAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    BUILT_TIME_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    state: GetMapResponse.State
    version: str
    unchanged: bool
    image_count: int
    image_ids: bytes
    points: bytes
    built_time: _timestamp_pb2.Timestamp
    model: str
    def __init__(self, state: _Optional[_Union[GetMapResponse.State, str]] = ..., version: _Optional[str] = ..., unchanged: _Optional[bool] = ..., image_count: _Optional[int] = ..., image_ids: _Optional[bytes] = ..., points: _Optional[bytes] = ..., built_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., model: _Optional[str] = ...) -> None: ...
