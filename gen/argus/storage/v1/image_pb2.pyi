import datetime

from argus.policy.v1 import policy_pb2 as _policy_pb2
from argus.storage.v1 import upload_pb2 as _upload_pb2
from argus.type.v1 import text_pb2 as _text_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import httpbody_pb2 as _httpbody_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Image(_message.Message):
    __slots__ = ("image_id", "user_id", "filename", "content_type", "width", "height", "size_bytes", "sha256", "phash", "labels", "state", "create_time", "content_url", "thumbnail_url", "failure", "etag", "update_time", "thumbhash", "preview_url", "display_url", "url_expire_time", "delete_time", "purge_time", "note", "capture", "page_count", "video")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Image.State]
        PENDING: _ClassVar[Image.State]
        UPLOADED: _ClassVar[Image.State]
        INDEXED: _ClassVar[Image.State]
        FAILED: _ClassVar[Image.State]
    STATE_UNSPECIFIED: Image.State
    PENDING: Image.State
    UPLOADED: Image.State
    INDEXED: Image.State
    FAILED: Image.State
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    PHASH_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    CONTENT_URL_FIELD_NUMBER: _ClassVar[int]
    THUMBNAIL_URL_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    THUMBHASH_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_URL_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_URL_FIELD_NUMBER: _ClassVar[int]
    URL_EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    DELETE_TIME_FIELD_NUMBER: _ClassVar[int]
    PURGE_TIME_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_FIELD_NUMBER: _ClassVar[int]
    PAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    VIDEO_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    user_id: str
    filename: str
    content_type: str
    width: int
    height: int
    size_bytes: int
    sha256: str
    phash: str
    labels: _containers.ScalarMap[str, str]
    state: Image.State
    create_time: _timestamp_pb2.Timestamp
    content_url: str
    thumbnail_url: str
    failure: ImageFailure
    etag: str
    update_time: _timestamp_pb2.Timestamp
    thumbhash: bytes
    preview_url: str
    display_url: str
    url_expire_time: _timestamp_pb2.Timestamp
    delete_time: _timestamp_pb2.Timestamp
    purge_time: _timestamp_pb2.Timestamp
    note: str
    capture: Capture
    page_count: int
    video: VideoPlace
    def __init__(self, image_id: _Optional[str] = ..., user_id: _Optional[str] = ..., filename: _Optional[str] = ..., content_type: _Optional[str] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., size_bytes: _Optional[int] = ..., sha256: _Optional[str] = ..., phash: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., state: _Optional[_Union[Image.State, str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., content_url: _Optional[str] = ..., thumbnail_url: _Optional[str] = ..., failure: _Optional[_Union[ImageFailure, _Mapping]] = ..., etag: _Optional[str] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., thumbhash: _Optional[bytes] = ..., preview_url: _Optional[str] = ..., display_url: _Optional[str] = ..., url_expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., delete_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., purge_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., note: _Optional[str] = ..., capture: _Optional[_Union[Capture, _Mapping]] = ..., page_count: _Optional[int] = ..., video: _Optional[_Union[VideoPlace, _Mapping]] = ...) -> None: ...

class Capture(_message.Message):
    __slots__ = ("time", "utc_offset", "camera", "lens", "exposure_time_s", "f_number", "iso", "focal_length_mm", "focal_length_35mm", "flash", "location")
    TIME_FIELD_NUMBER: _ClassVar[int]
    UTC_OFFSET_FIELD_NUMBER: _ClassVar[int]
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    LENS_FIELD_NUMBER: _ClassVar[int]
    EXPOSURE_TIME_S_FIELD_NUMBER: _ClassVar[int]
    F_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ISO_FIELD_NUMBER: _ClassVar[int]
    FOCAL_LENGTH_MM_FIELD_NUMBER: _ClassVar[int]
    FOCAL_LENGTH_35MM_FIELD_NUMBER: _ClassVar[int]
    FLASH_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    time: _timestamp_pb2.Timestamp
    utc_offset: _duration_pb2.Duration
    camera: str
    lens: str
    exposure_time_s: float
    f_number: float
    iso: int
    focal_length_mm: float
    focal_length_35mm: int
    flash: bool
    location: Location
    def __init__(self, time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., utc_offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., camera: _Optional[str] = ..., lens: _Optional[str] = ..., exposure_time_s: _Optional[float] = ..., f_number: _Optional[float] = ..., iso: _Optional[int] = ..., focal_length_mm: _Optional[float] = ..., focal_length_35mm: _Optional[int] = ..., flash: _Optional[bool] = ..., location: _Optional[_Union[Location, _Mapping]] = ...) -> None: ...

class Location(_message.Message):
    __slots__ = ("latitude", "longitude")
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    latitude: float
    longitude: float
    def __init__(self, latitude: _Optional[float] = ..., longitude: _Optional[float] = ...) -> None: ...

class VideoPlace(_message.Message):
    __slots__ = ("video_id", "filename", "timestamp", "shot_start", "shot_end")
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    SHOT_START_FIELD_NUMBER: _ClassVar[int]
    SHOT_END_FIELD_NUMBER: _ClassVar[int]
    video_id: str
    filename: str
    timestamp: _duration_pb2.Duration
    shot_start: _duration_pb2.Duration
    shot_end: _duration_pb2.Duration
    def __init__(self, video_id: _Optional[str] = ..., filename: _Optional[str] = ..., timestamp: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., shot_start: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., shot_end: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ImageFailure(_message.Message):
    __slots__ = ("reason", "message")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class ImagePreview(_message.Message):
    __slots__ = ("image_id", "filename", "width", "height", "thumbnail_url", "preview_url", "display_url", "thumbhash", "url_expire_time")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    THUMBNAIL_URL_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_URL_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_URL_FIELD_NUMBER: _ClassVar[int]
    THUMBHASH_FIELD_NUMBER: _ClassVar[int]
    URL_EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    filename: str
    width: int
    height: int
    thumbnail_url: str
    preview_url: str
    display_url: str
    thumbhash: bytes
    url_expire_time: _timestamp_pb2.Timestamp
    def __init__(self, image_id: _Optional[str] = ..., filename: _Optional[str] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., thumbnail_url: _Optional[str] = ..., preview_url: _Optional[str] = ..., display_url: _Optional[str] = ..., thumbhash: _Optional[bytes] = ..., url_expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateUploadRequest(_message.Message):
    __slots__ = ("filename", "content_type", "size_bytes", "sha256", "labels", "skip_existing", "request_id", "note", "keep_location", "take_description")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SKIP_EXISTING_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    KEEP_LOCATION_FIELD_NUMBER: _ClassVar[int]
    TAKE_DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    labels: _containers.ScalarMap[str, str]
    skip_existing: bool
    request_id: str
    note: str
    keep_location: bool
    take_description: bool
    def __init__(self, filename: _Optional[str] = ..., content_type: _Optional[str] = ..., size_bytes: _Optional[int] = ..., sha256: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., skip_existing: _Optional[bool] = ..., request_id: _Optional[str] = ..., note: _Optional[str] = ..., keep_location: _Optional[bool] = ..., take_description: _Optional[bool] = ...) -> None: ...

class CreateUploadResponse(_message.Message):
    __slots__ = ("image", "upload")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    UPLOAD_FIELD_NUMBER: _ClassVar[int]
    image: Image
    upload: PresignedRequest
    def __init__(self, image: _Optional[_Union[Image, _Mapping]] = ..., upload: _Optional[_Union[PresignedRequest, _Mapping]] = ...) -> None: ...

class BatchCreateUploadsRequest(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[CreateUploadRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[CreateUploadRequest, _Mapping]]] = ...) -> None: ...

class BatchCreateUploadsResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[CreateUploadResult]
    def __init__(self, results: _Optional[_Iterable[_Union[CreateUploadResult, _Mapping]]] = ...) -> None: ...

class CreateUploadResult(_message.Message):
    __slots__ = ("response", "error")
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    response: CreateUploadResponse
    error: _status_pb2.Status
    def __init__(self, response: _Optional[_Union[CreateUploadResponse, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class PresignedRequest(_message.Message):
    __slots__ = ("url", "method", "headers", "expire_time")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    URL_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    url: str
    method: str
    headers: _containers.ScalarMap[str, str]
    expire_time: _timestamp_pb2.Timestamp
    def __init__(self, url: _Optional[str] = ..., method: _Optional[str] = ..., headers: _Optional[_Mapping[str, str]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CompleteUploadRequest(_message.Message):
    __slots__ = ("image_id",)
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    def __init__(self, image_id: _Optional[str] = ...) -> None: ...

class GetImageRequest(_message.Message):
    __slots__ = ("image_id",)
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    def __init__(self, image_id: _Optional[str] = ...) -> None: ...

class BatchGetImagesRequest(_message.Message):
    __slots__ = ("image_ids",)
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, image_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class BatchGetImagesResponse(_message.Message):
    __slots__ = ("images",)
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    images: _containers.RepeatedCompositeFieldContainer[Image]
    def __init__(self, images: _Optional[_Iterable[_Union[Image, _Mapping]]] = ...) -> None: ...

class ListImagesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter", "order_by", "with_total", "deleted")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    WITH_TOTAL_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    order_by: str
    with_total: bool
    deleted: bool
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ..., with_total: _Optional[bool] = ..., deleted: _Optional[bool] = ...) -> None: ...

class ListImagesResponse(_message.Message):
    __slots__ = ("images", "next_page_token", "total_size")
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    images: _containers.RepeatedCompositeFieldContainer[Image]
    next_page_token: str
    total_size: int
    def __init__(self, images: _Optional[_Iterable[_Union[Image, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...

class ListImageMonthsRequest(_message.Message):
    __slots__ = ("filter", "time_zone")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    filter: str
    time_zone: str
    def __init__(self, filter: _Optional[str] = ..., time_zone: _Optional[str] = ...) -> None: ...

class ListImageMonthsResponse(_message.Message):
    __slots__ = ("months", "total_size")
    MONTHS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    months: _containers.RepeatedCompositeFieldContainer[ImageMonth]
    total_size: int
    def __init__(self, months: _Optional[_Iterable[_Union[ImageMonth, _Mapping]]] = ..., total_size: _Optional[int] = ...) -> None: ...

class ImageMonth(_message.Message):
    __slots__ = ("year", "month", "image_count", "start_time", "end_time")
    YEAR_FIELD_NUMBER: _ClassVar[int]
    MONTH_FIELD_NUMBER: _ClassVar[int]
    IMAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    year: int
    month: int
    image_count: int
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, year: _Optional[int] = ..., month: _Optional[int] = ..., image_count: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListLabelsRequest(_message.Message):
    __slots__ = ("key", "prefix", "max_values")
    KEY_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    MAX_VALUES_FIELD_NUMBER: _ClassVar[int]
    key: str
    prefix: str
    max_values: int
    def __init__(self, key: _Optional[str] = ..., prefix: _Optional[str] = ..., max_values: _Optional[int] = ...) -> None: ...

class ListLabelsResponse(_message.Message):
    __slots__ = ("keys",)
    KEYS_FIELD_NUMBER: _ClassVar[int]
    keys: _containers.RepeatedCompositeFieldContainer[LabelKey]
    def __init__(self, keys: _Optional[_Iterable[_Union[LabelKey, _Mapping]]] = ...) -> None: ...

class LabelKey(_message.Message):
    __slots__ = ("key", "image_count", "value_count", "values")
    KEY_FIELD_NUMBER: _ClassVar[int]
    IMAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    VALUE_COUNT_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    key: str
    image_count: int
    value_count: int
    values: _containers.RepeatedCompositeFieldContainer[LabelValue]
    def __init__(self, key: _Optional[str] = ..., image_count: _Optional[int] = ..., value_count: _Optional[int] = ..., values: _Optional[_Iterable[_Union[LabelValue, _Mapping]]] = ...) -> None: ...

class LabelValue(_message.Message):
    __slots__ = ("value", "image_count")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    value: str
    image_count: int
    def __init__(self, value: _Optional[str] = ..., image_count: _Optional[int] = ...) -> None: ...

class UpdateImageRequest(_message.Message):
    __slots__ = ("image", "update_mask")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    image: Image
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, image: _Optional[_Union[Image, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class BatchUpdateLabelsRequest(_message.Message):
    __slots__ = ("image_ids", "set", "remove")
    class SetEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    SET_FIELD_NUMBER: _ClassVar[int]
    REMOVE_FIELD_NUMBER: _ClassVar[int]
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    set: _containers.ScalarMap[str, str]
    remove: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, image_ids: _Optional[_Iterable[str]] = ..., set: _Optional[_Mapping[str, str]] = ..., remove: _Optional[_Iterable[str]] = ...) -> None: ...

class BatchUpdateLabelsResponse(_message.Message):
    __slots__ = ("images",)
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    images: _containers.RepeatedCompositeFieldContainer[Image]
    def __init__(self, images: _Optional[_Iterable[_Union[Image, _Mapping]]] = ...) -> None: ...

class DeleteImageRequest(_message.Message):
    __slots__ = ("image_id", "permanently")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    PERMANENTLY_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    permanently: bool
    def __init__(self, image_id: _Optional[str] = ..., permanently: _Optional[bool] = ...) -> None: ...

class DeleteImageResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BatchDeleteImagesRequest(_message.Message):
    __slots__ = ("image_ids", "permanently")
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    PERMANENTLY_FIELD_NUMBER: _ClassVar[int]
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    permanently: bool
    def __init__(self, image_ids: _Optional[_Iterable[str]] = ..., permanently: _Optional[bool] = ...) -> None: ...

class BatchDeleteImagesResponse(_message.Message):
    __slots__ = ("image_ids",)
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, image_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class DeleteImagesByFilterRequest(_message.Message):
    __slots__ = ("filter", "dry_run", "expected_count", "permanently")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    PERMANENTLY_FIELD_NUMBER: _ClassVar[int]
    filter: str
    dry_run: bool
    expected_count: int
    permanently: bool
    def __init__(self, filter: _Optional[str] = ..., dry_run: _Optional[bool] = ..., expected_count: _Optional[int] = ..., permanently: _Optional[bool] = ...) -> None: ...

class DeleteImagesByFilterResponse(_message.Message):
    __slots__ = ("deleted_count", "remaining_count")
    DELETED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REMAINING_COUNT_FIELD_NUMBER: _ClassVar[int]
    deleted_count: int
    remaining_count: int
    def __init__(self, deleted_count: _Optional[int] = ..., remaining_count: _Optional[int] = ...) -> None: ...

class GetUsageRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetUsageResponse(_message.Message):
    __slots__ = ("pending", "kept")
    PENDING_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    pending: Usage
    kept: Usage
    def __init__(self, pending: _Optional[_Union[Usage, _Mapping]] = ..., kept: _Optional[_Union[Usage, _Mapping]] = ...) -> None: ...

class Usage(_message.Message):
    __slots__ = ("image_count", "size_bytes", "max_image_count", "max_size_bytes")
    IMAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_IMAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    MAX_SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    image_count: int
    size_bytes: int
    max_image_count: int
    max_size_bytes: int
    def __init__(self, image_count: _Optional[int] = ..., size_bytes: _Optional[int] = ..., max_image_count: _Optional[int] = ..., max_size_bytes: _Optional[int] = ...) -> None: ...

class UndeleteImageRequest(_message.Message):
    __slots__ = ("image_id",)
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    def __init__(self, image_id: _Optional[str] = ...) -> None: ...

class BatchUndeleteImagesRequest(_message.Message):
    __slots__ = ("image_ids",)
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, image_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class BatchUndeleteImagesResponse(_message.Message):
    __slots__ = ("images",)
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    images: _containers.RepeatedCompositeFieldContainer[Image]
    def __init__(self, images: _Optional[_Iterable[_Union[Image, _Mapping]]] = ...) -> None: ...

class WatchImagesRequest(_message.Message):
    __slots__ = ("after_cursor",)
    AFTER_CURSOR_FIELD_NUMBER: _ClassVar[int]
    after_cursor: str
    def __init__(self, after_cursor: _Optional[str] = ...) -> None: ...

class WatchImagesResponse(_message.Message):
    __slots__ = ("cursor", "image", "deleted_image_id", "checkpoint")
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    DELETED_IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    cursor: str
    image: Image
    deleted_image_id: str
    checkpoint: WatchCheckpoint
    def __init__(self, cursor: _Optional[str] = ..., image: _Optional[_Union[Image, _Mapping]] = ..., deleted_image_id: _Optional[str] = ..., checkpoint: _Optional[_Union[WatchCheckpoint, _Mapping]] = ...) -> None: ...

class WatchCheckpoint(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DownloadImageRequest(_message.Message):
    __slots__ = ("image_id", "offset", "length")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    offset: int
    length: int
    def __init__(self, image_id: _Optional[str] = ..., offset: _Optional[int] = ..., length: _Optional[int] = ...) -> None: ...

class GetUploadRequest(_message.Message):
    __slots__ = ("image_id",)
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    def __init__(self, image_id: _Optional[str] = ...) -> None: ...

class GetUploadResponse(_message.Message):
    __slots__ = ("image", "persisted_bytes", "expire_time")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PERSISTED_BYTES_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    image: Image
    persisted_bytes: int
    expire_time: _timestamp_pb2.Timestamp
    def __init__(self, image: _Optional[_Union[Image, _Mapping]] = ..., persisted_bytes: _Optional[int] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ImportImagesResponse(_message.Message):
    __slots__ = ("item_id", "imported", "error")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    IMPORTED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    imported: ImportedImage
    error: _status_pb2.Status
    def __init__(self, item_id: _Optional[str] = ..., imported: _Optional[_Union[ImportedImage, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class ImportedImage(_message.Message):
    __slots__ = ("image", "existing")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    EXISTING_FIELD_NUMBER: _ClassVar[int]
    image: Image
    existing: bool
    def __init__(self, image: _Optional[_Union[Image, _Mapping]] = ..., existing: _Optional[bool] = ...) -> None: ...

class GetThumbnailRequest(_message.Message):
    __slots__ = ("image_id", "size")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    size: int
    def __init__(self, image_id: _Optional[str] = ..., size: _Optional[int] = ...) -> None: ...
