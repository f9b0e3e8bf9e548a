"""List filters as SQL conditions; every value is a parameter."""

from typing import Any

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
    Or,
    Words,
    read_time,
)
from services.runtime.words import asked_neighbours
from services.storage.model import ImageState, Listing

FILTER_FIELDS = {
    LABELS: None,
    "state": frozenset(ImageState),
    "filename": None,
    "content_type": None,
    "sha256": None,
    "video_id": None,
    "create_time": TIME,
    "capture_time": TIME,
    "iso": NUMBER,
    "note": Words(asked_neighbours, whole=False),
    "camera": Words(asked_neighbours),
    "lens": Words(asked_neighbours),
}
"""Fields that a filter may name, with the values they can have."""


_SQL_OPERATORS = {"!=": "<>"}


def listed(listing: Listing, parameters: list[Any]) -> str:
    """Writes which images a listing has, of the user who is the first parameter."""
    condition = f"user_id = $1 AND deleted_at IS {'NOT NULL' if listing.deleted else 'NULL'}"
    if listing.where is None:
        return condition
    return f"{condition} AND {to_sql(listing.where, parameters)}"


def to_sql(where: Filter, parameters: list[Any]) -> str:
    """Writes a filter as a condition on `image_uploads` that is never NULL.

    Args:
        where: A filter over `FILTER_FIELDS`.
        parameters: The query's parameters so far; the filter's values are appended.
    """
    match where:
        case And(terms):
            return "(" + " AND ".join(to_sql(term, parameters) for term in terms) + ")"
        case Or(terms):
            return "(" + " OR ".join(to_sql(term, parameters) for term in terms) + ")"
        case Not(term):
            return f"(NOT {to_sql(term, parameters)})"
        case Has(key):
            return f"(labels ? {_add(parameters, key)})"
        case Contains(field, value):
            words = [f"{field}:{word}" for word in asked_neighbours(value)]
            return f"(text_words @> {_add(parameters, words)}::text[])"
        case Comparison():
            return _compared(where, parameters)


def _compared(where: Comparison, parameters: list[Any]) -> str:  # noqa: PLR0911 - one for each kind
    op, value = where.op, where.value
    sql = _SQL_OPERATORS.get(op, op)
    # What an image does not say is in no range, and so differs from any value.
    unsaid = str(op == "!=").lower()
    match where.field:
        case "labels":
            equal = f"labels @> {_add(parameters, {where.key: value})}::jsonb"
            if op == "=":
                return f"({equal})"
            return f"(labels ? {_add(parameters, where.key)} AND NOT {equal})"
        case "create_time":
            return f"(created_at {sql} {_add(parameters, read_time(value))})"
        case "capture_time":
            return f"coalesce(captured_at {sql} {_add(parameters, read_time(value))}, {unsaid})"
        case "iso":
            number = f"{_add(parameters, int(value))}::bigint"
            return f"coalesce((capture ->> 'iso')::bigint {sql} {number}, {unsaid})"
        case "video_id":
            return f"(coalesce(video_id::text, '') {sql} {_add(parameters, value.lower())})"
        case "camera" | "lens" as field:
            said = f"coalesce(capture ->> '{field}', '')"
            return f"({said} {sql} {_add(parameters, value)})"
        case field:
            if field not in FILTER_FIELDS:
                raise ValueError(f"no column for {field}")
            return f"({field} {sql} {_add(parameters, value)})"


def _add(parameters: list[Any], value: object) -> str:
    parameters.append(value)
    return f"${len(parameters)}"
