from argus.storage.v1 import image_pb2 as _image_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FindDuplicatesRequest(_message.Message):
    __slots__ = ("kinds", "max_distance", "min_cosine", "filter", "min_size", "after_cursor", "limit")
    KINDS_FIELD_NUMBER: _ClassVar[int]
    MAX_DISTANCE_FIELD_NUMBER: _ClassVar[int]
    MIN_COSINE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    MIN_SIZE_FIELD_NUMBER: _ClassVar[int]
    AFTER_CURSOR_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    kinds: _containers.RepeatedScalarFieldContainer[DuplicateCluster.Kind]
    max_distance: int
    min_cosine: float
    filter: str
    min_size: int
    after_cursor: str
    limit: int
    def __init__(self, kinds: _Optional[_Iterable[_Union[DuplicateCluster.Kind, str]]] = ..., max_distance: _Optional[int] = ..., min_cosine: _Optional[float] = ..., filter: _Optional[str] = ..., min_size: _Optional[int] = ..., after_cursor: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class FindDuplicatesResponse(_message.Message):
    __slots__ = ("progress", "summary", "cluster", "cursor")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    progress: DuplicatesProgress
    summary: DuplicatesSummary
    cluster: DuplicateCluster
    cursor: str
    def __init__(self, progress: _Optional[_Union[DuplicatesProgress, _Mapping]] = ..., summary: _Optional[_Union[DuplicatesSummary, _Mapping]] = ..., cluster: _Optional[_Union[DuplicateCluster, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class DuplicatesProgress(_message.Message):
    __slots__ = ("stage", "done_count")
    class Stage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STAGE_UNSPECIFIED: _ClassVar[DuplicatesProgress.Stage]
        WAITING: _ClassVar[DuplicatesProgress.Stage]
        READING: _ClassVar[DuplicatesProgress.Stage]
        COMPARING: _ClassVar[DuplicatesProgress.Stage]
    STAGE_UNSPECIFIED: DuplicatesProgress.Stage
    WAITING: DuplicatesProgress.Stage
    READING: DuplicatesProgress.Stage
    COMPARING: DuplicatesProgress.Stage
    STAGE_FIELD_NUMBER: _ClassVar[int]
    DONE_COUNT_FIELD_NUMBER: _ClassVar[int]
    stage: DuplicatesProgress.Stage
    done_count: int
    def __init__(self, stage: _Optional[_Union[DuplicatesProgress.Stage, str]] = ..., done_count: _Optional[int] = ...) -> None: ...

class DuplicatesSummary(_message.Message):
    __slots__ = ("image_count", "without_embedding_count", "cluster_count", "duplicate_count", "duplicate_bytes", "max_distance", "min_cosine", "model")
    IMAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_EMBEDDING_COUNT_FIELD_NUMBER: _ClassVar[int]
    CLUSTER_COUNT_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_COUNT_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_DISTANCE_FIELD_NUMBER: _ClassVar[int]
    MIN_COSINE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    image_count: int
    without_embedding_count: int
    cluster_count: int
    duplicate_count: int
    duplicate_bytes: int
    max_distance: int
    min_cosine: float
    model: str
    def __init__(self, image_count: _Optional[int] = ..., without_embedding_count: _Optional[int] = ..., cluster_count: _Optional[int] = ..., duplicate_count: _Optional[int] = ..., duplicate_bytes: _Optional[int] = ..., max_distance: _Optional[int] = ..., min_cosine: _Optional[float] = ..., model: _Optional[str] = ...) -> None: ...

class DuplicateCluster(_message.Message):
    __slots__ = ("kind", "images", "image_count", "first")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[DuplicateCluster.Kind]
        EXACT: _ClassVar[DuplicateCluster.Kind]
        NEAR: _ClassVar[DuplicateCluster.Kind]
        ALIKE: _ClassVar[DuplicateCluster.Kind]
    KIND_UNSPECIFIED: DuplicateCluster.Kind
    EXACT: DuplicateCluster.Kind
    NEAR: DuplicateCluster.Kind
    ALIKE: DuplicateCluster.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    IMAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    kind: DuplicateCluster.Kind
    images: _containers.RepeatedCompositeFieldContainer[DuplicateImage]
    image_count: int
    first: int
    def __init__(self, kind: _Optional[_Union[DuplicateCluster.Kind, str]] = ..., images: _Optional[_Iterable[_Union[DuplicateImage, _Mapping]]] = ..., image_count: _Optional[int] = ..., first: _Optional[int] = ...) -> None: ...

class DuplicateImage(_message.Message):
    __slots__ = ("image", "distance", "cosine")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_FIELD_NUMBER: _ClassVar[int]
    COSINE_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    distance: int
    cosine: float
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., distance: _Optional[int] = ..., cosine: _Optional[float] = ...) -> None: ...
