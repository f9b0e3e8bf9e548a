from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ResolveContentsRequest(_message.Message):
    __slots__ = ("image_ids",)
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, image_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ResolveContentsResponse(_message.Message):
    __slots__ = ("contents",)
    CONTENTS_FIELD_NUMBER: _ClassVar[int]
    contents: _containers.RepeatedCompositeFieldContainer[ImageContent]
    def __init__(self, contents: _Optional[_Iterable[_Union[ImageContent, _Mapping]]] = ...) -> None: ...

class ImageContent(_message.Message):
    __slots__ = ("image_id", "user_id", "url", "sha256", "size_bytes", "content_type", "filename", "labels")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    user_id: str
    url: str
    sha256: str
    size_bytes: int
    content_type: str
    filename: str
    labels: _containers.ScalarMap[str, str]
    def __init__(self, image_id: _Optional[str] = ..., user_id: _Optional[str] = ..., url: _Optional[str] = ..., sha256: _Optional[str] = ..., size_bytes: _Optional[int] = ..., content_type: _Optional[str] = ..., filename: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ...) -> None: ...

class ReplayImagesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReplayImagesResponse(_message.Message):
    __slots__ = ("image_count",)
    IMAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    image_count: int
    def __init__(self, image_count: _Optional[int] = ...) -> None: ...
