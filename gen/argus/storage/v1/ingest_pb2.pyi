import datetime

from argus.policy.v1 import policy_pb2 as _policy_pb2
from argus.storage.v1 import image_pb2 as _image_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ResolveContentsRequest(_message.Message):
    __slots__ = ("image_ids", "inline_bytes")
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    INLINE_BYTES_FIELD_NUMBER: _ClassVar[int]
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    inline_bytes: int
    def __init__(self, image_ids: _Optional[_Iterable[str]] = ..., inline_bytes: _Optional[int] = ...) -> None: ...

class ResolveContentsResponse(_message.Message):
    __slots__ = ("contents",)
    CONTENTS_FIELD_NUMBER: _ClassVar[int]
    contents: _containers.RepeatedCompositeFieldContainer[ImageContent]
    def __init__(self, contents: _Optional[_Iterable[_Union[ImageContent, _Mapping]]] = ...) -> None: ...

class ImageContent(_message.Message):
    __slots__ = ("image_id", "user_id", "url", "sha256", "size_bytes", "content_type", "filename", "labels", "create_time", "width", "height", "note", "capture", "was_indexed", "data")
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
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_FIELD_NUMBER: _ClassVar[int]
    WAS_INDEXED_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    user_id: str
    url: str
    sha256: str
    size_bytes: int
    content_type: str
    filename: str
    labels: _containers.ScalarMap[str, str]
    create_time: _timestamp_pb2.Timestamp
    width: int
    height: int
    note: str
    capture: _image_pb2.Capture
    was_indexed: bool
    data: bytes
    def __init__(self, image_id: _Optional[str] = ..., user_id: _Optional[str] = ..., url: _Optional[str] = ..., sha256: _Optional[str] = ..., size_bytes: _Optional[int] = ..., content_type: _Optional[str] = ..., filename: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., note: _Optional[str] = ..., capture: _Optional[_Union[_image_pb2.Capture, _Mapping]] = ..., was_indexed: _Optional[bool] = ..., data: _Optional[bytes] = ...) -> None: ...

class ReplayImagesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReplayImagesResponse(_message.Message):
    __slots__ = ("image_count",)
    IMAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    image_count: int
    def __init__(self, image_count: _Optional[int] = ...) -> None: ...

class ResolvePreviewsRequest(_message.Message):
    __slots__ = ("image_ids", "viewer_id")
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    VIEWER_ID_FIELD_NUMBER: _ClassVar[int]
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    viewer_id: str
    def __init__(self, image_ids: _Optional[_Iterable[str]] = ..., viewer_id: _Optional[str] = ...) -> None: ...

class ResolvePreviewsResponse(_message.Message):
    __slots__ = ("previews",)
    PREVIEWS_FIELD_NUMBER: _ClassVar[int]
    previews: _containers.RepeatedCompositeFieldContainer[_image_pb2.ImagePreview]
    def __init__(self, previews: _Optional[_Iterable[_Union[_image_pb2.ImagePreview, _Mapping]]] = ...) -> None: ...

class ListFingerprintsRequest(_message.Message):
    __slots__ = ("user_id", "page_size", "page_token")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    page_size: int
    page_token: str
    def __init__(self, user_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListFingerprintsResponse(_message.Message):
    __slots__ = ("image_ids", "sha256s", "phashes", "pixel_counts", "sizes_bytes", "next_page_token")
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    SHA256S_FIELD_NUMBER: _ClassVar[int]
    PHASHES_FIELD_NUMBER: _ClassVar[int]
    PIXEL_COUNTS_FIELD_NUMBER: _ClassVar[int]
    SIZES_BYTES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    image_ids: bytes
    sha256s: bytes
    phashes: bytes
    pixel_counts: _containers.RepeatedScalarFieldContainer[int]
    sizes_bytes: _containers.RepeatedScalarFieldContainer[int]
    next_page_token: str
    def __init__(self, image_ids: _Optional[bytes] = ..., sha256s: _Optional[bytes] = ..., phashes: _Optional[bytes] = ..., pixel_counts: _Optional[_Iterable[int]] = ..., sizes_bytes: _Optional[_Iterable[int]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DescribeImagesRequest(_message.Message):
    __slots__ = ("image_ids", "with_events")
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    WITH_EVENTS_FIELD_NUMBER: _ClassVar[int]
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    with_events: bool
    def __init__(self, image_ids: _Optional[_Iterable[str]] = ..., with_events: _Optional[bool] = ...) -> None: ...

class DescribeImagesResponse(_message.Message):
    __slots__ = ("images",)
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    images: _containers.RepeatedCompositeFieldContainer[ImageStanding]
    def __init__(self, images: _Optional[_Iterable[_Union[ImageStanding, _Mapping]]] = ...) -> None: ...

class ImageStanding(_message.Message):
    __slots__ = ("image_id", "user_id", "exists", "kept", "indexed", "change_time", "event_waiting")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    EXISTS_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    INDEXED_FIELD_NUMBER: _ClassVar[int]
    CHANGE_TIME_FIELD_NUMBER: _ClassVar[int]
    EVENT_WAITING_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    user_id: str
    exists: bool
    kept: bool
    indexed: bool
    change_time: _timestamp_pb2.Timestamp
    event_waiting: bool
    def __init__(self, image_id: _Optional[str] = ..., user_id: _Optional[str] = ..., exists: _Optional[bool] = ..., kept: _Optional[bool] = ..., indexed: _Optional[bool] = ..., change_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., event_waiting: _Optional[bool] = ...) -> None: ...

class ListIndexedImagesRequest(_message.Message):
    __slots__ = ("after_image_id", "page_size")
    AFTER_IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    after_image_id: str
    page_size: int
    def __init__(self, after_image_id: _Optional[str] = ..., page_size: _Optional[int] = ...) -> None: ...

class ListIndexedImagesResponse(_message.Message):
    __slots__ = ("image_ids",)
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, image_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class AnnounceImagesRequest(_message.Message):
    __slots__ = ("image_ids",)
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, image_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class AnnounceImagesResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetLimitsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetLimitsResponse(_message.Message):
    __slots__ = ("max_image_bytes", "max_pixels", "min_side", "content_types", "max_labels", "max_label_key_length", "max_label_value_length", "max_filename_length", "max_batch_images", "max_batch_uploads", "undelete_grace", "upload_time", "max_pending_uploads", "max_user_images", "max_user_bytes")
    MAX_IMAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_PIXELS_FIELD_NUMBER: _ClassVar[int]
    MIN_SIDE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPES_FIELD_NUMBER: _ClassVar[int]
    MAX_LABELS_FIELD_NUMBER: _ClassVar[int]
    MAX_LABEL_KEY_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_LABEL_VALUE_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_FILENAME_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_BATCH_IMAGES_FIELD_NUMBER: _ClassVar[int]
    MAX_BATCH_UPLOADS_FIELD_NUMBER: _ClassVar[int]
    UNDELETE_GRACE_FIELD_NUMBER: _ClassVar[int]
    UPLOAD_TIME_FIELD_NUMBER: _ClassVar[int]
    MAX_PENDING_UPLOADS_FIELD_NUMBER: _ClassVar[int]
    MAX_USER_IMAGES_FIELD_NUMBER: _ClassVar[int]
    MAX_USER_BYTES_FIELD_NUMBER: _ClassVar[int]
    max_image_bytes: int
    max_pixels: int
    min_side: int
    content_types: _containers.RepeatedScalarFieldContainer[str]
    max_labels: int
    max_label_key_length: int
    max_label_value_length: int
    max_filename_length: int
    max_batch_images: int
    max_batch_uploads: int
    undelete_grace: _duration_pb2.Duration
    upload_time: _duration_pb2.Duration
    max_pending_uploads: int
    max_user_images: int
    max_user_bytes: int
    def __init__(self, max_image_bytes: _Optional[int] = ..., max_pixels: _Optional[int] = ..., min_side: _Optional[int] = ..., content_types: _Optional[_Iterable[str]] = ..., max_labels: _Optional[int] = ..., max_label_key_length: _Optional[int] = ..., max_label_value_length: _Optional[int] = ..., max_filename_length: _Optional[int] = ..., max_batch_images: _Optional[int] = ..., max_batch_uploads: _Optional[int] = ..., undelete_grace: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., upload_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_pending_uploads: _Optional[int] = ..., max_user_images: _Optional[int] = ..., max_user_bytes: _Optional[int] = ...) -> None: ...
