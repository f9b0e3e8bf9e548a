"""What the index keeps beside a vector: only what a search filters by."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar

from services.clients.model import Space
from services.runtime.filters import (
    LABELS,
    NUMBER,
    TIME,
    And,
    Comparison,
    Contains,
    Filter,
    Has,
    Not,
    Operator,
    Values,
    Words,
    read_time,
)
from services.runtime.words import asked_neighbours, neighbours_of, terms_of
from services.search.index.crops import CROP_BOXES, boxes_of
from services.search.model import ImagePoint, Scope
from services.search.words.bm25 import weights_of

VECTOR_NAME = "clip_global"
"""One vector of the whole image."""

WORDS_NAME = "words"
"""One sparse vector of the words in its name, labels and note, and of its camera."""

USER_ID = "user_id"
LABEL_PAIRS = "labels"
LABEL_KEYS = "label_keys"
FILENAME = "filename"
CONTENT_TYPE = "content_type"
MODEL_VERSION = "model_version"
CREATE_TIME = "create_time"
"""Microseconds since 1970, so that every engine compares it as a number."""
MONTH = "month"
"""Of the time above, in UTC: `2026-03`."""
SIZE_BYTES = "size_bytes"
WIDTH = "width"
HEIGHT = "height"
CAPTURE_TIME = "capture_time"
"""As the time above; a point of an image that does not say has none, and is in no range."""
ISO = "iso"
"""Sensitivity; as the time of capture."""
NOTE = "note"
CAMERA = "camera"
LENS = "lens"
WORDS = "words"
"""Words of name, labels, note, camera and lens, and pairs of neighbours among them."""
FILENAME_WORDS = "filename_words"
"""The same of the name alone."""
NOTE_WORDS = "note_words"
CAMERA_WORDS = "camera_words"
LENS_WORDS = "lens_words"
LAYOUT = "layout"
"""Which fields and vectors a point has."""

PRESENT_LAYOUT = "3"
"""What points have that are written now. 1, which was not written down: no times, sizes, words;
2: no notes, cameras and times of capture."""

CROPS_LAYOUT = "3-crops"
"""What points have, besides, whose images were looked at in parts."""


def layouts(*, crops: bool) -> tuple[str, ...]:
    """Those of points that lack nothing.

    Args:
        crops: Whether parts of images are kept.
    """
    return (CROPS_LAYOUT,) if crops else (PRESENT_LAYOUT, CROPS_LAYOUT)


KEYWORDS = (
    LABEL_PAIRS,
    LABEL_KEYS,
    FILENAME,
    CONTENT_TYPE,
    MONTH,
    WORDS,
    FILENAME_WORDS,
    NOTE_WORDS,
    CAMERA,
    CAMERA_WORDS,
    LENS,
    LENS_WORDS,
    LAYOUT,
)
"""Fields with an index of their own, besides the user's."""

NUMBERS = (CREATE_TIME, CAPTURE_TIME, SIZE_BYTES, WIDTH, HEIGHT, ISO)
"""Fields with an index of whole numbers."""

FILTER_FIELDS: Mapping[str, Values] = {
    LABELS: None,
    FILENAME: Words(asked_neighbours),
    CONTENT_TYPE: None,
    CREATE_TIME: TIME,
    SIZE_BYTES: NUMBER,
    WIDTH: NUMBER,
    HEIGHT: NUMBER,
    CAPTURE_TIME: TIME,
    ISO: NUMBER,
    NOTE: Words(asked_neighbours, whole=False),
    CAMERA: Words(asked_neighbours),
    LENS: Words(asked_neighbours),
}
"""What a filter may name, with the values it can have."""

MOST_WORDS = 4096
"""Different words, with their pairs, that an image is found by; a name and a few labels have
some tens, a note of 4,000 characters some 1,400."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def payload_of(point: ImagePoint, space: Space) -> dict[str, Any]:
    """A point's payload. Labels are kept as `key=value`; a key never contains `=`."""
    texts = _texts(point)
    neighbours = dict.fromkeys(one for text in texts for one in sorted(neighbours_of(text)))
    some = {
        CAPTURE_TIME: point.capture_time_us,
        ISO: point.iso,
        CROP_BOXES: None if point.crops is None else boxes_of(point.crops),
    }
    return {
        **{field: value for field, value in some.items() if value is not None},
        USER_ID: point.user_id,
        LABEL_PAIRS: [f"{key}={value}" for key, value in point.labels.items()],
        LABEL_KEYS: list(point.labels),
        FILENAME: point.filename,
        CONTENT_TYPE: point.content_type,
        MODEL_VERSION: space.version,
        CREATE_TIME: point.create_time_us,
        MONTH: f"{_time(point.create_time_us):%Y-%m}",
        SIZE_BYTES: point.size_bytes,
        WIDTH: point.width,
        HEIGHT: point.height,
        WORDS: list(neighbours)[:MOST_WORDS],
        FILENAME_WORDS: sorted(neighbours_of(point.filename))[:MOST_WORDS],
        NOTE_WORDS: sorted(neighbours_of(point.note))[:MOST_WORDS],
        CAMERA: point.camera,
        CAMERA_WORDS: sorted(neighbours_of(point.camera)),
        LENS: point.lens,
        LENS_WORDS: sorted(neighbours_of(point.lens)),
        LAYOUT: PRESENT_LAYOUT if point.crops is None else CROPS_LAYOUT,
    }


def words_of(point: ImagePoint) -> Mapping[int, float]:
    """A point's sparse vector: how much each of its words says of it."""
    terms = [term for text in _texts(point) for term in terms_of(text)]
    return sparse(weights_of(terms[:MOST_WORDS]))


def sparse(weights: Mapping[str, float]) -> Mapping[int, float]:
    """Weights of words as a sparse vector, in ascending order of its dimensions.

    A word's dimension is its digest; the few that share one count as one word.
    """
    values: dict[int, float] = {}
    for word, weight in weights.items():
        digest = hashlib.blake2b(word.encode(), digest_size=4).digest()
        dimension = int.from_bytes(digest, "big")
        values[dimension] = values.get(dimension, 0.0) + weight
    return dict(sorted(values.items()))


def _texts(point: ImagePoint) -> list[str]:
    labels = (f"{key} {point.labels[key]}" for key in sorted(point.labels))
    return [point.filename, *labels, point.note, point.camera, point.lens]


def _time(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds // 1_000_000, UTC)


C = TypeVar("C")


class Conditions(Protocol, Generic[C]):
    """How an engine writes conditions; `C` is its type of one."""

    def equals(self, field: str, value: str) -> C:
        """The field is the value, or holds it among others."""

    def compares(self, field: str, op: Operator, value: int) -> C:
        """The field is a number that compares so with the value; `op` is not `!=`."""

    def is_one_of(self, image_ids: Collection[str]) -> C:
        """The point is one of these images."""

    def all_of(self, conditions: list[C]) -> C:
        """Every one holds."""

    def any_of(self, conditions: list[C]) -> C:
        """At least one holds."""

    def none_of(self, conditions: list[C]) -> C:
        """None holds."""


def scope_condition(scope: Scope, make: Conditions[C]) -> C:
    """A scope in an engine's own words; the user always comes first."""
    conditions = [make.equals(USER_ID, scope.user_id)]
    if scope.only:
        conditions.append(make.is_one_of([scope.only]))
    if scope.without:
        conditions.append(make.none_of([make.is_one_of([scope.without])]))
    if scope.within:
        conditions.append(make.is_one_of(scope.within))
    conditions += [_says(WORDS, text, make) for text in scope.having]
    if scope.lacking:
        conditions.append(make.none_of([_says(WORDS, text, make) for text in scope.lacking]))
    if scope.excluded:
        conditions.append(make.none_of([make.is_one_of(scope.excluded)]))
    if scope.filter is not None:
        conditions.append(filter_condition(scope.filter, make))
    return make.all_of(conditions)


def word_condition(user_id: str, word: str, make: Conditions[C]) -> C:
    """Images of a user that have a word, as `terms_of` writes it."""
    return make.all_of([make.equals(USER_ID, user_id), make.equals(WORDS, word)])


def filter_condition(tree: Filter, make: Conditions[C]) -> C:
    """A filter in an engine's own words."""
    if isinstance(tree, And):
        return make.all_of([filter_condition(term, make) for term in tree.terms])
    if isinstance(tree, Not):
        return make.none_of([filter_condition(tree.term, make)])
    if isinstance(tree, Has):
        return make.equals(LABEL_KEYS, tree.key)
    if isinstance(tree, Contains):
        return _says(f"{tree.field}_words", tree.value, make)
    if isinstance(tree, Comparison):
        return _comparison(tree, make)
    return make.any_of([filter_condition(term, make) for term in tree.terms])


def _comparison(comparison: Comparison, make: Conditions[C]) -> C:
    if comparison.field == LABELS:
        same = make.equals(LABEL_PAIRS, f"{comparison.key}={comparison.value}")
        if comparison.op == "=":
            return same
        return make.all_of([make.equals(LABEL_KEYS, comparison.key), make.none_of([same])])
    if comparison.field in NUMBERS:
        return _number(comparison, make)
    same = make.equals(comparison.field, comparison.value)
    return same if comparison.op == "=" else make.none_of([same])


def _number(comparison: Comparison, make: Conditions[C]) -> C:
    if comparison.field in {CREATE_TIME, CAPTURE_TIME}:
        since = read_time(comparison.value) - _EPOCH
        value = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    else:
        value = int(comparison.value)
    if comparison.op == "!=":
        return make.none_of([make.compares(comparison.field, "=", value)])
    return make.compares(comparison.field, comparison.op, value)


def _says(field: str, text: str, make: Conditions[C]) -> C:
    """The field has the text's words in a row. A text without words has none of them to ask for."""
    return make.all_of([make.equals(field, word) for word in asked_neighbours(text)])
