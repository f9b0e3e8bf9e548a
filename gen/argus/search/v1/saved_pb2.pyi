import datetime

from argus.policy.v1 import policy_pb2 as _policy_pb2
from argus.search.v1 import search_pb2 as _search_pb2
from argus.storage.v1 import image_pb2 as _image_pb2
from argus.type.v1 import text_pb2 as _text_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SavedSearch(_message.Message):
    __slots__ = ("saved_search_id", "display_name", "query", "create_time", "update_time", "unseen_count", "match_count", "last_match_time", "problem")
    SAVED_SEARCH_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UNSEEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    MATCH_COUNT_FIELD_NUMBER: _ClassVar[int]
    LAST_MATCH_TIME_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    saved_search_id: str
    display_name: str
    query: _search_pb2.SearchImagesRequest
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    unseen_count: int
    match_count: int
    last_match_time: _timestamp_pb2.Timestamp
    problem: SavedSearchProblem
    def __init__(self, saved_search_id: _Optional[str] = ..., display_name: _Optional[str] = ..., query: _Optional[_Union[_search_pb2.SearchImagesRequest, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., unseen_count: _Optional[int] = ..., match_count: _Optional[int] = ..., last_match_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., problem: _Optional[_Union[SavedSearchProblem, _Mapping]] = ...) -> None: ...

class SavedSearchProblem(_message.Message):
    __slots__ = ("reason", "message")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class NewMatch(_message.Message):
    __slots__ = ("saved_search_id", "image", "score", "found_time", "seen", "cursor")
    SAVED_SEARCH_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    FOUND_TIME_FIELD_NUMBER: _ClassVar[int]
    SEEN_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    saved_search_id: str
    image: _image_pb2.Image
    score: float
    found_time: _timestamp_pb2.Timestamp
    seen: bool
    cursor: str
    def __init__(self, saved_search_id: _Optional[str] = ..., image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., score: _Optional[float] = ..., found_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., seen: _Optional[bool] = ..., cursor: _Optional[str] = ...) -> None: ...

class CreateSavedSearchRequest(_message.Message):
    __slots__ = ("display_name", "query", "request_id")
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    display_name: str
    query: _search_pb2.SearchImagesRequest
    request_id: str
    def __init__(self, display_name: _Optional[str] = ..., query: _Optional[_Union[_search_pb2.SearchImagesRequest, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetSavedSearchRequest(_message.Message):
    __slots__ = ("saved_search_id",)
    SAVED_SEARCH_ID_FIELD_NUMBER: _ClassVar[int]
    saved_search_id: str
    def __init__(self, saved_search_id: _Optional[str] = ...) -> None: ...

class ListSavedSearchesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListSavedSearchesResponse(_message.Message):
    __slots__ = ("saved_searches",)
    SAVED_SEARCHES_FIELD_NUMBER: _ClassVar[int]
    saved_searches: _containers.RepeatedCompositeFieldContainer[SavedSearch]
    def __init__(self, saved_searches: _Optional[_Iterable[_Union[SavedSearch, _Mapping]]] = ...) -> None: ...

class UpdateSavedSearchRequest(_message.Message):
    __slots__ = ("saved_search", "update_mask")
    SAVED_SEARCH_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    saved_search: SavedSearch
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, saved_search: _Optional[_Union[SavedSearch, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class DeleteSavedSearchRequest(_message.Message):
    __slots__ = ("saved_search_id",)
    SAVED_SEARCH_ID_FIELD_NUMBER: _ClassVar[int]
    saved_search_id: str
    def __init__(self, saved_search_id: _Optional[str] = ...) -> None: ...

class DeleteSavedSearchResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListNewMatchesRequest(_message.Message):
    __slots__ = ("saved_search_id", "page_size", "page_token", "unseen_only")
    SAVED_SEARCH_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    UNSEEN_ONLY_FIELD_NUMBER: _ClassVar[int]
    saved_search_id: str
    page_size: int
    page_token: str
    unseen_only: bool
    def __init__(self, saved_search_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., unseen_only: _Optional[bool] = ...) -> None: ...

class ListNewMatchesResponse(_message.Message):
    __slots__ = ("matches", "next_page_token", "unseen_count", "match_count")
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    UNSEEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    MATCH_COUNT_FIELD_NUMBER: _ClassVar[int]
    matches: _containers.RepeatedCompositeFieldContainer[NewMatch]
    next_page_token: str
    unseen_count: int
    match_count: int
    def __init__(self, matches: _Optional[_Iterable[_Union[NewMatch, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., unseen_count: _Optional[int] = ..., match_count: _Optional[int] = ...) -> None: ...

class MarkMatchesSeenRequest(_message.Message):
    __slots__ = ("saved_search_id", "cursor")
    SAVED_SEARCH_ID_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    saved_search_id: str
    cursor: str
    def __init__(self, saved_search_id: _Optional[str] = ..., cursor: _Optional[str] = ...) -> None: ...

class WatchMatchesRequest(_message.Message):
    __slots__ = ("saved_search_id", "after_cursor")
    SAVED_SEARCH_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_CURSOR_FIELD_NUMBER: _ClassVar[int]
    saved_search_id: str
    after_cursor: str
    def __init__(self, saved_search_id: _Optional[str] = ..., after_cursor: _Optional[str] = ...) -> None: ...

class WatchMatchesResponse(_message.Message):
    __slots__ = ("cursor", "match", "checkpoint")
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    MATCH_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    cursor: str
    match: NewMatch
    checkpoint: MatchCheckpoint
    def __init__(self, cursor: _Optional[str] = ..., match: _Optional[_Union[NewMatch, _Mapping]] = ..., checkpoint: _Optional[_Union[MatchCheckpoint, _Mapping]] = ...) -> None: ...

class MatchCheckpoint(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
