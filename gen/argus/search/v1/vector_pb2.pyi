from argus.policy.v1 import policy_pb2 as _policy_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Space(_message.Message):
    __slots__ = ("model", "model_version", "dimension")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    model: str
    model_version: str
    dimension: int
    def __init__(self, model: _Optional[str] = ..., model_version: _Optional[str] = ..., dimension: _Optional[int] = ...) -> None: ...

class BatchGetVectorsRequest(_message.Message):
    __slots__ = ("space", "image_ids")
    SPACE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    space: Space
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, space: _Optional[_Union[Space, _Mapping]] = ..., image_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class BatchGetVectorsResponse(_message.Message):
    __slots__ = ("vectors",)
    VECTORS_FIELD_NUMBER: _ClassVar[int]
    vectors: _containers.RepeatedCompositeFieldContainer[ImageVector]
    def __init__(self, vectors: _Optional[_Iterable[_Union[ImageVector, _Mapping]]] = ...) -> None: ...

class ImageVector(_message.Message):
    __slots__ = ("image_id", "values")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, image_id: _Optional[str] = ..., values: _Optional[_Iterable[float]] = ...) -> None: ...

class ListNeighboursRequest(_message.Message):
    __slots__ = ("space", "vector", "user_id", "image_ids", "limit")
    SPACE_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    space: Space
    vector: _containers.RepeatedScalarFieldContainer[float]
    user_id: str
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    limit: int
    def __init__(self, space: _Optional[_Union[Space, _Mapping]] = ..., vector: _Optional[_Iterable[float]] = ..., user_id: _Optional[str] = ..., image_ids: _Optional[_Iterable[str]] = ..., limit: _Optional[int] = ...) -> None: ...

class ListNeighboursResponse(_message.Message):
    __slots__ = ("neighbours",)
    NEIGHBOURS_FIELD_NUMBER: _ClassVar[int]
    neighbours: _containers.RepeatedCompositeFieldContainer[Neighbour]
    def __init__(self, neighbours: _Optional[_Iterable[_Union[Neighbour, _Mapping]]] = ...) -> None: ...

class Neighbour(_message.Message):
    __slots__ = ("image_id", "cosine")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    COSINE_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    cosine: float
    def __init__(self, image_id: _Optional[str] = ..., cosine: _Optional[float] = ...) -> None: ...
