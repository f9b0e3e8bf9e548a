import datetime

from argus.embedder.v1 import embedder_pb2 as _embedder_pb2
from argus.policy.v1 import policy_pb2 as _policy_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Feature(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FEATURE_UNSPECIFIED: _ClassVar[Feature]
    FEATURE_WATCH_IMAGES: _ClassVar[Feature]
    FEATURE_MAP: _ClassVar[Feature]
    FEATURE_TEXT_SEARCH: _ClassVar[Feature]
    FEATURE_ZERO_SHOT: _ClassVar[Feature]
    FEATURE_LOCALIZATION: _ClassVar[Feature]
FEATURE_UNSPECIFIED: Feature
FEATURE_WATCH_IMAGES: Feature
FEATURE_MAP: Feature
FEATURE_TEXT_SEARCH: Feature
FEATURE_ZERO_SHOT: Feature
FEATURE_LOCALIZATION: Feature

class GetInstallationRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Installation(_message.Message):
    __slots__ = ("name", "version", "limits", "models", "default_model", "features", "trace_share")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_MODEL_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    TRACE_SHARE_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    limits: Limits
    models: _containers.RepeatedCompositeFieldContainer[_embedder_pb2.Model]
    default_model: str
    features: _containers.RepeatedScalarFieldContainer[Feature]
    trace_share: float
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., models: _Optional[_Iterable[_Union[_embedder_pb2.Model, _Mapping]]] = ..., default_model: _Optional[str] = ..., features: _Optional[_Iterable[_Union[Feature, str]]] = ..., trace_share: _Optional[float] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("images", "search", "inspection")
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    SEARCH_FIELD_NUMBER: _ClassVar[int]
    INSPECTION_FIELD_NUMBER: _ClassVar[int]
    images: ImageLimits
    search: SearchLimits
    inspection: InspectionLimits
    def __init__(self, images: _Optional[_Union[ImageLimits, _Mapping]] = ..., search: _Optional[_Union[SearchLimits, _Mapping]] = ..., inspection: _Optional[_Union[InspectionLimits, _Mapping]] = ...) -> None: ...

class ImageLimits(_message.Message):
    __slots__ = ("max_bytes", "max_pixels", "min_side", "content_types", "max_labels", "max_label_key_length", "max_label_value_length", "max_filename_length", "max_batch_images", "max_batch_uploads", "max_page_size", "undelete_grace", "upload_time", "max_pending_uploads", "max_user_images", "max_user_bytes")
    MAX_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_PIXELS_FIELD_NUMBER: _ClassVar[int]
    MIN_SIDE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPES_FIELD_NUMBER: _ClassVar[int]
    MAX_LABELS_FIELD_NUMBER: _ClassVar[int]
    MAX_LABEL_KEY_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_LABEL_VALUE_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_FILENAME_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_BATCH_IMAGES_FIELD_NUMBER: _ClassVar[int]
    MAX_BATCH_UPLOADS_FIELD_NUMBER: _ClassVar[int]
    MAX_PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    UNDELETE_GRACE_FIELD_NUMBER: _ClassVar[int]
    UPLOAD_TIME_FIELD_NUMBER: _ClassVar[int]
    MAX_PENDING_UPLOADS_FIELD_NUMBER: _ClassVar[int]
    MAX_USER_IMAGES_FIELD_NUMBER: _ClassVar[int]
    MAX_USER_BYTES_FIELD_NUMBER: _ClassVar[int]
    max_bytes: int
    max_pixels: int
    min_side: int
    content_types: _containers.RepeatedScalarFieldContainer[str]
    max_labels: int
    max_label_key_length: int
    max_label_value_length: int
    max_filename_length: int
    max_batch_images: int
    max_batch_uploads: int
    max_page_size: int
    undelete_grace: _duration_pb2.Duration
    upload_time: _duration_pb2.Duration
    max_pending_uploads: int
    max_user_images: int
    max_user_bytes: int
    def __init__(self, max_bytes: _Optional[int] = ..., max_pixels: _Optional[int] = ..., min_side: _Optional[int] = ..., content_types: _Optional[_Iterable[str]] = ..., max_labels: _Optional[int] = ..., max_label_key_length: _Optional[int] = ..., max_label_value_length: _Optional[int] = ..., max_filename_length: _Optional[int] = ..., max_batch_images: _Optional[int] = ..., max_batch_uploads: _Optional[int] = ..., max_page_size: _Optional[int] = ..., undelete_grace: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., upload_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_pending_uploads: _Optional[int] = ..., max_user_images: _Optional[int] = ..., max_user_bytes: _Optional[int] = ...) -> None: ...

class SearchLimits(_message.Message):
    __slots__ = ("max_image_bytes", "max_text_bytes", "max_page_size", "max_matches", "max_map_images")
    MAX_IMAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_TEXT_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_MATCHES_FIELD_NUMBER: _ClassVar[int]
    MAX_MAP_IMAGES_FIELD_NUMBER: _ClassVar[int]
    max_image_bytes: int
    max_text_bytes: int
    max_page_size: int
    max_matches: int
    max_map_images: int
    def __init__(self, max_image_bytes: _Optional[int] = ..., max_text_bytes: _Optional[int] = ..., max_page_size: _Optional[int] = ..., max_matches: _Optional[int] = ..., max_map_images: _Optional[int] = ...) -> None: ...

class InspectionLimits(_message.Message):
    __slots__ = ("max_image_bytes", "max_set_images", "max_batch_images", "max_prompts", "keep", "max_user_sets")
    MAX_IMAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_SET_IMAGES_FIELD_NUMBER: _ClassVar[int]
    MAX_BATCH_IMAGES_FIELD_NUMBER: _ClassVar[int]
    MAX_PROMPTS_FIELD_NUMBER: _ClassVar[int]
    KEEP_FIELD_NUMBER: _ClassVar[int]
    MAX_USER_SETS_FIELD_NUMBER: _ClassVar[int]
    max_image_bytes: int
    max_set_images: int
    max_batch_images: int
    max_prompts: int
    keep: _duration_pb2.Duration
    max_user_sets: int
    def __init__(self, max_image_bytes: _Optional[int] = ..., max_set_images: _Optional[int] = ..., max_batch_images: _Optional[int] = ..., max_prompts: _Optional[int] = ..., keep: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_user_sets: _Optional[int] = ...) -> None: ...

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class InstallationStatus(_message.Message):
    __slots__ = ("server_time", "parts", "queues", "models", "counters")
    SERVER_TIME_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    COUNTERS_FIELD_NUMBER: _ClassVar[int]
    server_time: _timestamp_pb2.Timestamp
    parts: _containers.RepeatedCompositeFieldContainer[Part]
    queues: _containers.RepeatedCompositeFieldContainer[Queue]
    models: _containers.RepeatedCompositeFieldContainer[_embedder_pb2.Model]
    counters: _containers.RepeatedCompositeFieldContainer[Counter]
    def __init__(self, server_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., parts: _Optional[_Iterable[_Union[Part, _Mapping]]] = ..., queues: _Optional[_Iterable[_Union[Queue, _Mapping]]] = ..., models: _Optional[_Iterable[_Union[_embedder_pb2.Model, _Mapping]]] = ..., counters: _Optional[_Iterable[_Union[Counter, _Mapping]]] = ...) -> None: ...

class Part(_message.Message):
    __slots__ = ("name", "state", "check_duration", "message")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Part.State]
        SERVING: _ClassVar[Part.State]
        NOT_SERVING: _ClassVar[Part.State]
        UNREACHABLE: _ClassVar[Part.State]
    STATE_UNSPECIFIED: Part.State
    SERVING: Part.State
    NOT_SERVING: Part.State
    UNREACHABLE: Part.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CHECK_DURATION_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: Part.State
    check_duration: _duration_pb2.Duration
    message: str
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[Part.State, str]] = ..., check_duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., message: _Optional[str] = ...) -> None: ...

class Queue(_message.Message):
    __slots__ = ("name", "waiting", "running", "oldest_age", "total")
    NAME_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    OLDEST_AGE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    name: str
    waiting: int
    running: int
    oldest_age: _duration_pb2.Duration
    total: int
    def __init__(self, name: _Optional[str] = ..., waiting: _Optional[int] = ..., running: _Optional[int] = ..., oldest_age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., total: _Optional[int] = ...) -> None: ...

class Counter(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: int
    def __init__(self, name: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
