"""List filters as SQL conditions; every value is a parameter."""

from typing import Any

from services.runtime.filters import (
    LABELS,
    TIME,
    And,
    Comparison,
    Contains,
    Filter,
    Has,
    Not,
    Or,
    read_time,
)
from services.storage.model import ImageState, Listing

FILTER_FIELDS = {
    LABELS: None,
    "state": frozenset(ImageState),
    "filename": None,
    "content_type": None,
    "sha256": None,
    "video_id": None,
    "create_time": TIME,
}
"""Fields that a filter may name, with the values they can have."""


_SQL_OPERATORS = {"!=": "<>"}


def listed(listing: Listing, parameters: list[Any]) -> str:
    """Writes which images a listing has, of the user who is the first parameter."""
    condition = f"user_id = $1 AND deleted_at IS {'NOT NULL' if listing.deleted else 'NULL'}"
    if listing.where is None:
        return condition
    return f"{condition} AND {to_sql(listing.where, parameters)}"


def to_sql(where: Filter, parameters: list[Any]) -> str:  # noqa: PLR0911 - one for each node
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
        case Contains(field):
            raise ValueError(f"{field} is not kept by its words")
        case Comparison(field, key, op, value) if field == LABELS:
            equal = f"labels @> {_add(parameters, {key: value})}::jsonb"
            if op == "=":
                return f"({equal})"
            return f"(labels ? {_add(parameters, key)} AND NOT {equal})"
        case Comparison("create_time", _, op, value):
            return f"(created_at {_SQL_OPERATORS.get(op, op)} {_add(parameters, read_time(value))})"
        case Comparison("video_id", _, op, value):
            equal = f"coalesce(video_id::text, '') {_SQL_OPERATORS.get(op, op)}"
            return f"({equal} {_add(parameters, value.lower())})"
        case Comparison(field, _, op, value):
            if field not in FILTER_FIELDS:
                raise ValueError(f"no column for {field}")
            return f"({field} {_SQL_OPERATORS.get(op, op)} {_add(parameters, value)})"


def _add(parameters: list[Any], value: object) -> str:
    parameters.append(value)
    return f"${len(parameters)}"
