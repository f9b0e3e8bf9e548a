from argus.policy.v1 import policy_pb2 as _policy_pb2
from argus.type.v1 import geometry_pb2 as _geometry_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Priority(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRIORITY_UNSPECIFIED: _ClassVar[Priority]
    PRIORITY_BULK: _ClassVar[Priority]
    PRIORITY_INTERACTIVE: _ClassVar[Priority]

class Modality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MODALITY_UNSPECIFIED: _ClassVar[Modality]
    MODALITY_IMAGE: _ClassVar[Modality]
    MODALITY_TEXT: _ClassVar[Modality]
    MODALITY_PATCHES: _ClassVar[Modality]

class Residency(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESIDENCY_UNSPECIFIED: _ClassVar[Residency]
    RESIDENCY_NOT_LOADED: _ClassVar[Residency]
    RESIDENCY_LOADING: _ClassVar[Residency]
    RESIDENCY_RESIDENT: _ClassVar[Residency]
PRIORITY_UNSPECIFIED: Priority
PRIORITY_BULK: Priority
PRIORITY_INTERACTIVE: Priority
MODALITY_UNSPECIFIED: Modality
MODALITY_IMAGE: Modality
MODALITY_TEXT: Modality
MODALITY_PATCHES: Modality
RESIDENCY_UNSPECIFIED: Residency
RESIDENCY_NOT_LOADED: Residency
RESIDENCY_LOADING: Residency
RESIDENCY_RESIDENT: Residency

class EmbedImageRequest(_message.Message):
    __slots__ = ("image", "model", "priority", "crops", "tiles")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    CROPS_FIELD_NUMBER: _ClassVar[int]
    TILES_FIELD_NUMBER: _ClassVar[int]
    image: bytes
    model: str
    priority: Priority
    crops: bool
    tiles: bool
    def __init__(self, image: _Optional[bytes] = ..., model: _Optional[str] = ..., priority: _Optional[_Union[Priority, str]] = ..., crops: _Optional[bool] = ..., tiles: _Optional[bool] = ...) -> None: ...

class EmbedImageResponse(_message.Message):
    __slots__ = ("embedding", "crops")
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    CROPS_FIELD_NUMBER: _ClassVar[int]
    embedding: Embedding
    crops: _containers.RepeatedCompositeFieldContainer[Crop]
    def __init__(self, embedding: _Optional[_Union[Embedding, _Mapping]] = ..., crops: _Optional[_Iterable[_Union[Crop, _Mapping]]] = ...) -> None: ...

class EmbedImagesRequest(_message.Message):
    __slots__ = ("item_id", "image", "model", "priority", "crops", "tiles")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    CROPS_FIELD_NUMBER: _ClassVar[int]
    TILES_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    image: bytes
    model: str
    priority: Priority
    crops: bool
    tiles: bool
    def __init__(self, item_id: _Optional[str] = ..., image: _Optional[bytes] = ..., model: _Optional[str] = ..., priority: _Optional[_Union[Priority, str]] = ..., crops: _Optional[bool] = ..., tiles: _Optional[bool] = ...) -> None: ...

class EmbedImagesResponse(_message.Message):
    __slots__ = ("item_id", "embedding", "error", "crops")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    CROPS_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    embedding: Embedding
    error: _status_pb2.Status
    crops: _containers.RepeatedCompositeFieldContainer[Crop]
    def __init__(self, item_id: _Optional[str] = ..., embedding: _Optional[_Union[Embedding, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., crops: _Optional[_Iterable[_Union[Crop, _Mapping]]] = ...) -> None: ...

class EmbedImageBatchesRequest(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[EmbedImagesRequest]
    def __init__(self, items: _Optional[_Iterable[_Union[EmbedImagesRequest, _Mapping]]] = ...) -> None: ...

class EmbedImageBatchesResponse(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[EmbedImagesResponse]
    def __init__(self, items: _Optional[_Iterable[_Union[EmbedImagesResponse, _Mapping]]] = ...) -> None: ...

class Crop(_message.Message):
    __slots__ = ("box", "values")
    BOX_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    box: _geometry_pb2.Box
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, box: _Optional[_Union[_geometry_pb2.Box, _Mapping]] = ..., values: _Optional[_Iterable[float]] = ...) -> None: ...

class EmbedTextRequest(_message.Message):
    __slots__ = ("text", "model", "priority")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    text: str
    model: str
    priority: Priority
    def __init__(self, text: _Optional[str] = ..., model: _Optional[str] = ..., priority: _Optional[_Union[Priority, str]] = ...) -> None: ...

class EmbedTextResponse(_message.Message):
    __slots__ = ("embedding", "truncated")
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    embedding: Embedding
    truncated: bool
    def __init__(self, embedding: _Optional[_Union[Embedding, _Mapping]] = ..., truncated: _Optional[bool] = ...) -> None: ...

class EmbedTextsRequest(_message.Message):
    __slots__ = ("item_id", "text", "model", "priority")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    text: str
    model: str
    priority: Priority
    def __init__(self, item_id: _Optional[str] = ..., text: _Optional[str] = ..., model: _Optional[str] = ..., priority: _Optional[_Union[Priority, str]] = ...) -> None: ...

class EmbedTextsResponse(_message.Message):
    __slots__ = ("item_id", "embedding", "error", "truncated")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    embedding: Embedding
    error: _status_pb2.Status
    truncated: bool
    def __init__(self, item_id: _Optional[str] = ..., embedding: _Optional[_Union[Embedding, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., truncated: _Optional[bool] = ...) -> None: ...

class Embedding(_message.Message):
    __slots__ = ("values", "model", "model_version")
    VALUES_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    model: str
    model_version: str
    def __init__(self, values: _Optional[_Iterable[float]] = ..., model: _Optional[str] = ..., model_version: _Optional[str] = ...) -> None: ...

class ExtractPatchesRequest(_message.Message):
    __slots__ = ("item_id", "image", "model", "priority", "size", "scale", "standard_levels")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    STANDARD_LEVELS_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    image: bytes
    model: str
    priority: Priority
    size: int
    scale: float
    standard_levels: bool
    def __init__(self, item_id: _Optional[str] = ..., image: _Optional[bytes] = ..., model: _Optional[str] = ..., priority: _Optional[_Union[Priority, str]] = ..., size: _Optional[int] = ..., scale: _Optional[float] = ..., standard_levels: _Optional[bool] = ...) -> None: ...

class ExtractPatchesResponse(_message.Message):
    __slots__ = ("item_id", "patches", "error")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    PATCHES_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    patches: Patches
    error: _status_pb2.Status
    def __init__(self, item_id: _Optional[str] = ..., patches: _Optional[_Union[Patches, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class Patches(_message.Message):
    __slots__ = ("rows", "columns", "dimension", "values", "model", "model_version", "frame")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    rows: int
    columns: int
    dimension: int
    values: bytes
    model: str
    model_version: str
    frame: FrameStatistics
    def __init__(self, rows: _Optional[int] = ..., columns: _Optional[int] = ..., dimension: _Optional[int] = ..., values: _Optional[bytes] = ..., model: _Optional[str] = ..., model_version: _Optional[str] = ..., frame: _Optional[_Union[FrameStatistics, _Mapping]] = ...) -> None: ...

class FrameStatistics(_message.Message):
    __slots__ = ("extent", "brightness", "contrast", "detail", "noise", "black", "white")
    EXTENT_FIELD_NUMBER: _ClassVar[int]
    BRIGHTNESS_FIELD_NUMBER: _ClassVar[int]
    CONTRAST_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    NOISE_FIELD_NUMBER: _ClassVar[int]
    BLACK_FIELD_NUMBER: _ClassVar[int]
    WHITE_FIELD_NUMBER: _ClassVar[int]
    extent: float
    brightness: float
    contrast: float
    detail: float
    noise: float
    black: float
    white: float
    def __init__(self, extent: _Optional[float] = ..., brightness: _Optional[float] = ..., contrast: _Optional[float] = ..., detail: _Optional[float] = ..., noise: _Optional[float] = ..., black: _Optional[float] = ..., white: _Optional[float] = ...) -> None: ...

class ListModelsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListModelsResponse(_message.Message):
    __slots__ = ("models",)
    MODELS_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[Model]
    def __init__(self, models: _Optional[_Iterable[_Union[Model, _Mapping]]] = ...) -> None: ...

class Model(_message.Message):
    __slots__ = ("model", "version", "dimension", "image_size", "context_length", "runtime", "default", "modalities", "preprocessing", "runtime_reason", "residency", "memory_bytes", "patches")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    IMAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_FIELD_NUMBER: _ClassVar[int]
    MODALITIES_FIELD_NUMBER: _ClassVar[int]
    PREPROCESSING_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_REASON_FIELD_NUMBER: _ClassVar[int]
    RESIDENCY_FIELD_NUMBER: _ClassVar[int]
    MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    PATCHES_FIELD_NUMBER: _ClassVar[int]
    model: str
    version: str
    dimension: int
    image_size: int
    context_length: int
    runtime: str
    default: bool
    modalities: _containers.RepeatedScalarFieldContainer[Modality]
    preprocessing: str
    runtime_reason: str
    residency: Residency
    memory_bytes: int
    patches: PatchFeatures
    def __init__(self, model: _Optional[str] = ..., version: _Optional[str] = ..., dimension: _Optional[int] = ..., image_size: _Optional[int] = ..., context_length: _Optional[int] = ..., runtime: _Optional[str] = ..., default: _Optional[bool] = ..., modalities: _Optional[_Iterable[_Union[Modality, str]]] = ..., preprocessing: _Optional[str] = ..., runtime_reason: _Optional[str] = ..., residency: _Optional[_Union[Residency, str]] = ..., memory_bytes: _Optional[int] = ..., patches: _Optional[_Union[PatchFeatures, _Mapping]] = ...) -> None: ...

class PatchFeatures(_message.Message):
    __slots__ = ("dimension", "stride", "size", "min_size", "max_size")
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    MIN_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_SIZE_FIELD_NUMBER: _ClassVar[int]
    dimension: int
    stride: int
    size: int
    min_size: int
    max_size: int
    def __init__(self, dimension: _Optional[int] = ..., stride: _Optional[int] = ..., size: _Optional[int] = ..., min_size: _Optional[int] = ..., max_size: _Optional[int] = ...) -> None: ...
