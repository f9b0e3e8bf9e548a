"""What the index keeps beside a vector: only what a search filters by."""

from collections.abc import Collection, Mapping
from typing import Any, Generic, Protocol, TypeVar

from services.clients.model import Space
from services.runtime.filters import LABELS, And, Comparison, Filter, Has, Not
from services.search.model import ImagePoint, Scope

VECTOR_NAME = "clip_global"
"""One vector of the whole image."""

USER_ID = "user_id"
LABEL_PAIRS = "labels"
LABEL_KEYS = "label_keys"
FILENAME = "filename"
CONTENT_TYPE = "content_type"
MODEL_VERSION = "model_version"

KEYWORDS = (LABEL_PAIRS, LABEL_KEYS, FILENAME, CONTENT_TYPE)
"""Fields with an index of their own, besides the user's."""

FILTER_FIELDS: Mapping[str, None] = {LABELS: None, FILENAME: None, CONTENT_TYPE: None}
"""What a filter may name; any value will do."""


def payload_of(point: ImagePoint, space: Space) -> dict[str, Any]:
    """A point's payload. Labels are kept as `key=value`; a key never contains `=`."""
    return {
        USER_ID: point.user_id,
        LABEL_PAIRS: [f"{key}={value}" for key, value in point.labels.items()],
        LABEL_KEYS: list(point.labels),
        FILENAME: point.filename,
        CONTENT_TYPE: point.content_type,
        MODEL_VERSION: space.version,
    }


C = TypeVar("C")


class Conditions(Protocol, Generic[C]):
    """How an engine writes conditions; `C` is its type of one."""

    def equals(self, field: str, value: str) -> C:
        """The field is the value, or holds it among others."""

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
    if scope.filter is not None:
        conditions.append(filter_condition(scope.filter, make))
    return make.all_of(conditions)


def filter_condition(tree: Filter, make: Conditions[C]) -> C:
    """A filter in an engine's own words."""
    if isinstance(tree, And):
        return make.all_of([filter_condition(term, make) for term in tree.terms])
    if isinstance(tree, Not):
        return make.none_of([filter_condition(tree.term, make)])
    if isinstance(tree, Has):
        return make.equals(LABEL_KEYS, tree.key)
    if isinstance(tree, Comparison):
        return _comparison(tree, make)
    return make.any_of([filter_condition(term, make) for term in tree.terms])


def _comparison(comparison: Comparison, make: Conditions[C]) -> C:
    if comparison.field == LABELS:
        same = make.equals(LABEL_PAIRS, f"{comparison.key}={comparison.value}")
        if comparison.op == "=":
            return same
        return make.all_of([make.equals(LABEL_KEYS, comparison.key), make.none_of([same])])
    same = make.equals(comparison.field, comparison.value)
    return same if comparison.op == "=" else make.none_of([same])
