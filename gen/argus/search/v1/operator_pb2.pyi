import datetime

from argus.policy.v1 import policy_pb2 as _policy_pb2
from argus.search.v1 import vector_pb2 as _vector_pb2
from argus.type.v1 import finding_pb2 as _finding_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
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

class ExportVectorsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ExportVectorsResponse(_message.Message):
    __slots__ = ("part",)
    PART_FIELD_NUMBER: _ClassVar[int]
    part: SnapshotPart
    def __init__(self, part: _Optional[_Union[SnapshotPart, _Mapping]] = ...) -> None: ...

class ImportVectorsRequest(_message.Message):
    __slots__ = ("part",)
    PART_FIELD_NUMBER: _ClassVar[int]
    part: SnapshotPart
    def __init__(self, part: _Optional[_Union[SnapshotPart, _Mapping]] = ...) -> None: ...

class ImportVectorsResponse(_message.Message):
    __slots__ = ("taken_count", "present_count", "unknown_count")
    TAKEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    PRESENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_COUNT_FIELD_NUMBER: _ClassVar[int]
    taken_count: int
    present_count: int
    unknown_count: int
    def __init__(self, taken_count: _Optional[int] = ..., present_count: _Optional[int] = ..., unknown_count: _Optional[int] = ...) -> None: ...

class SnapshotPart(_message.Message):
    __slots__ = ("space", "vectors", "image_count")
    SPACE_FIELD_NUMBER: _ClassVar[int]
    VECTORS_FIELD_NUMBER: _ClassVar[int]
    IMAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    space: _vector_pb2.Space
    vectors: SnapshotVectors
    image_count: int
    def __init__(self, space: _Optional[_Union[_vector_pb2.Space, _Mapping]] = ..., vectors: _Optional[_Union[SnapshotVectors, _Mapping]] = ..., image_count: _Optional[int] = ...) -> None: ...

class SnapshotVectors(_message.Message):
    __slots__ = ("images",)
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    images: _containers.RepeatedCompositeFieldContainer[SnapshotVector]
    def __init__(self, images: _Optional[_Iterable[_Union[SnapshotVector, _Mapping]]] = ...) -> None: ...

class SnapshotVector(_message.Message):
    __slots__ = ("image_id", "vector", "has_crops", "crops")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    HAS_CROPS_FIELD_NUMBER: _ClassVar[int]
    CROPS_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    vector: bytes
    has_crops: bool
    crops: _containers.RepeatedCompositeFieldContainer[SnapshotCrop]
    def __init__(self, image_id: _Optional[str] = ..., vector: _Optional[bytes] = ..., has_crops: _Optional[bool] = ..., crops: _Optional[_Iterable[_Union[SnapshotCrop, _Mapping]]] = ...) -> None: ...

class SnapshotCrop(_message.Message):
    __slots__ = ("left", "top", "right", "bottom", "vector")
    LEFT_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    RIGHT_FIELD_NUMBER: _ClassVar[int]
    BOTTOM_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    left: float
    top: float
    right: float
    bottom: float
    vector: bytes
    def __init__(self, left: _Optional[float] = ..., top: _Optional[float] = ..., right: _Optional[float] = ..., bottom: _Optional[float] = ..., vector: _Optional[bytes] = ...) -> None: ...
