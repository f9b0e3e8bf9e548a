import datetime

from argus.policy.v1 import policy_pb2 as _policy_pb2
from argus.search.v1 import duplicates_pb2 as _duplicates_pb2
from argus.storage.v1 import image_pb2 as _image_pb2
from argus.type.v1 import geometry_pb2 as _geometry_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SearchImagesRequest(_message.Message):
    __slots__ = ("text", "image", "image_id", "filter", "limit", "page_token", "min_score", "confident_only", "matching", "words_weight", "facet_labels", "facet_months", "region", "examples", "diversity", "fold_duplicates", "exact", "read_mask", "explain", "exclude_image_ids", "match_parts")
    class Matching(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MATCHING_UNSPECIFIED: _ClassVar[SearchImagesRequest.Matching]
        MEANING: _ClassVar[SearchImagesRequest.Matching]
        WORDS: _ClassVar[SearchImagesRequest.Matching]
        BOTH: _ClassVar[SearchImagesRequest.Matching]
    MATCHING_UNSPECIFIED: SearchImagesRequest.Matching
    MEANING: SearchImagesRequest.Matching
    WORDS: SearchImagesRequest.Matching
    BOTH: SearchImagesRequest.Matching
    TEXT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MIN_SCORE_FIELD_NUMBER: _ClassVar[int]
    CONFIDENT_ONLY_FIELD_NUMBER: _ClassVar[int]
    MATCHING_FIELD_NUMBER: _ClassVar[int]
    WORDS_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    FACET_LABELS_FIELD_NUMBER: _ClassVar[int]
    FACET_MONTHS_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    DIVERSITY_FIELD_NUMBER: _ClassVar[int]
    FOLD_DUPLICATES_FIELD_NUMBER: _ClassVar[int]
    EXACT_FIELD_NUMBER: _ClassVar[int]
    READ_MASK_FIELD_NUMBER: _ClassVar[int]
    EXPLAIN_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    MATCH_PARTS_FIELD_NUMBER: _ClassVar[int]
    text: str
    image: bytes
    image_id: str
    filter: str
    limit: int
    page_token: str
    min_score: float
    confident_only: bool
    matching: SearchImagesRequest.Matching
    words_weight: float
    facet_labels: _containers.RepeatedScalarFieldContainer[str]
    facet_months: bool
    region: _geometry_pb2.Box
    examples: _containers.RepeatedCompositeFieldContainer[Example]
    diversity: float
    fold_duplicates: bool
    exact: bool
    read_mask: _field_mask_pb2.FieldMask
    explain: bool
    exclude_image_ids: _containers.RepeatedScalarFieldContainer[str]
    match_parts: bool
    def __init__(self, text: _Optional[str] = ..., image: _Optional[bytes] = ..., image_id: _Optional[str] = ..., filter: _Optional[str] = ..., limit: _Optional[int] = ..., page_token: _Optional[str] = ..., min_score: _Optional[float] = ..., confident_only: _Optional[bool] = ..., matching: _Optional[_Union[SearchImagesRequest.Matching, str]] = ..., words_weight: _Optional[float] = ..., facet_labels: _Optional[_Iterable[str]] = ..., facet_months: _Optional[bool] = ..., region: _Optional[_Union[_geometry_pb2.Box, _Mapping]] = ..., examples: _Optional[_Iterable[_Union[Example, _Mapping]]] = ..., diversity: _Optional[float] = ..., fold_duplicates: _Optional[bool] = ..., exact: _Optional[bool] = ..., read_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., explain: _Optional[bool] = ..., exclude_image_ids: _Optional[_Iterable[str]] = ..., match_parts: _Optional[bool] = ...) -> None: ...

class Example(_message.Message):
    __slots__ = ("text", "image", "image_id", "region", "weight")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    text: str
    image: bytes
    image_id: str
    region: _geometry_pb2.Box
    weight: float
    def __init__(self, text: _Optional[str] = ..., image: _Optional[bytes] = ..., image_id: _Optional[str] = ..., region: _Optional[_Union[_geometry_pb2.Box, _Mapping]] = ..., weight: _Optional[float] = ...) -> None: ...

class SearchImagesResponse(_message.Message):
    __slots__ = ("matches", "next_page_token", "text_truncated", "model", "cutoff", "facets", "unread_words", "matched_by", "matched_parts")
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TEXT_TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    CUTOFF_FIELD_NUMBER: _ClassVar[int]
    FACETS_FIELD_NUMBER: _ClassVar[int]
    UNREAD_WORDS_FIELD_NUMBER: _ClassVar[int]
    MATCHED_BY_FIELD_NUMBER: _ClassVar[int]
    MATCHED_PARTS_FIELD_NUMBER: _ClassVar[int]
    matches: _containers.RepeatedCompositeFieldContainer[Match]
    next_page_token: str
    text_truncated: bool
    model: str
    cutoff: Cutoff
    facets: _containers.RepeatedCompositeFieldContainer[Facet]
    unread_words: _containers.RepeatedScalarFieldContainer[str]
    matched_by: SearchImagesRequest.Matching
    matched_parts: bool
    def __init__(self, matches: _Optional[_Iterable[_Union[Match, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., text_truncated: _Optional[bool] = ..., model: _Optional[str] = ..., cutoff: _Optional[_Union[Cutoff, _Mapping]] = ..., facets: _Optional[_Iterable[_Union[Facet, _Mapping]]] = ..., unread_words: _Optional[_Iterable[str]] = ..., matched_by: _Optional[_Union[SearchImagesRequest.Matching, str]] = ..., matched_parts: _Optional[bool] = ...) -> None: ...

class Facet(_message.Message):
    __slots__ = ("label_key", "month", "values", "more")
    class Value(_message.Message):
        __slots__ = ("value", "count")
        VALUE_FIELD_NUMBER: _ClassVar[int]
        COUNT_FIELD_NUMBER: _ClassVar[int]
        value: str
        count: int
        def __init__(self, value: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...
    LABEL_KEY_FIELD_NUMBER: _ClassVar[int]
    MONTH_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    label_key: str
    month: bool
    values: _containers.RepeatedCompositeFieldContainer[Facet.Value]
    more: bool
    def __init__(self, label_key: _Optional[str] = ..., month: _Optional[bool] = ..., values: _Optional[_Iterable[_Union[Facet.Value, _Mapping]]] = ..., more: _Optional[bool] = ...) -> None: ...

class Cutoff(_message.Message):
    __slots__ = ("score", "false_alarm_rate", "sample_size", "confident_count")
    SCORE_FIELD_NUMBER: _ClassVar[int]
    FALSE_ALARM_RATE_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_SIZE_FIELD_NUMBER: _ClassVar[int]
    CONFIDENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    score: float
    false_alarm_rate: float
    sample_size: int
    confident_count: int
    def __init__(self, score: _Optional[float] = ..., false_alarm_rate: _Optional[float] = ..., sample_size: _Optional[int] = ..., confident_count: _Optional[int] = ...) -> None: ...

class Match(_message.Message):
    __slots__ = ("image", "score", "confidence", "folded_image_ids", "folded_count", "explanation")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    FOLDED_IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    FOLDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    score: float
    confidence: float
    folded_image_ids: _containers.RepeatedScalarFieldContainer[str]
    folded_count: int
    explanation: Explanation
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., score: _Optional[float] = ..., confidence: _Optional[float] = ..., folded_image_ids: _Optional[_Iterable[str]] = ..., folded_count: _Optional[int] = ..., explanation: _Optional[_Union[Explanation, _Mapping]] = ...) -> None: ...

class Explanation(_message.Message):
    __slots__ = ("contributions",)
    CONTRIBUTIONS_FIELD_NUMBER: _ClassVar[int]
    contributions: _containers.RepeatedCompositeFieldContainer[Contribution]
    def __init__(self, contributions: _Optional[_Iterable[_Union[Contribution, _Mapping]]] = ...) -> None: ...

class Contribution(_message.Message):
    __slots__ = ("kind", "example", "weight", "score", "rank", "matched_words", "matched_region")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Contribution.Kind]
        MEANING: _ClassVar[Contribution.Kind]
        WORDS: _ClassVar[Contribution.Kind]
        EXAMPLE: _ClassVar[Contribution.Kind]
    KIND_UNSPECIFIED: Contribution.Kind
    MEANING: Contribution.Kind
    WORDS: Contribution.Kind
    EXAMPLE: Contribution.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    EXAMPLE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    MATCHED_WORDS_FIELD_NUMBER: _ClassVar[int]
    MATCHED_REGION_FIELD_NUMBER: _ClassVar[int]
    kind: Contribution.Kind
    example: int
    weight: float
    score: float
    rank: int
    matched_words: _containers.RepeatedScalarFieldContainer[str]
    matched_region: _geometry_pb2.Box
    def __init__(self, kind: _Optional[_Union[Contribution.Kind, str]] = ..., example: _Optional[int] = ..., weight: _Optional[float] = ..., score: _Optional[float] = ..., rank: _Optional[int] = ..., matched_words: _Optional[_Iterable[str]] = ..., matched_region: _Optional[_Union[_geometry_pb2.Box, _Mapping]] = ...) -> None: ...

class StreamMatchesRequest(_message.Message):
    __slots__ = ("query", "cursor", "limit")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    query: SearchImagesRequest
    cursor: str
    limit: int
    def __init__(self, query: _Optional[_Union[SearchImagesRequest, _Mapping]] = ..., cursor: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class StreamMatchesResponse(_message.Message):
    __slots__ = ("match", "cursor")
    MATCH_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    match: Match
    cursor: str
    def __init__(self, match: _Optional[_Union[Match, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

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
