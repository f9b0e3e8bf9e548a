"""Filters as SQL: what is asked stands in the text, what with in the parameters."""

from typing import Any

import pytest

from services.runtime.filters import FilterError, parse_filter
from services.storage.filter_sql import FILTER_FIELDS, to_sql


def sql(text: str) -> tuple[str, list[Any]]:
    parameters: list[Any] = ["user", 50]
    where = parse_filter(text, FILTER_FIELDS)
    assert where is not None
    return to_sql(where, parameters), parameters[2:]


@pytest.mark.parametrize(
    ("text", "condition", "values"),
    [
        ("state = FAILED", "(state = $3)", ["FAILED"]),
        ("filename != cat.png", "(filename <> $3)", ["cat.png"]),
        ("labels:line", "(labels ? $3)", ["line"]),
        ("labels.line = 3", "(labels @> $3::jsonb)", [{"line": "3"}]),
        (
            "labels.line != 3",
            "(labels ? $4 AND NOT labels @> $3::jsonb)",
            [{"line": "3"}, "line"],
        ),
        ("NOT labels.line = 3", "(NOT (labels @> $3::jsonb))", [{"line": "3"}]),
        (
            "state = FAILED OR state = PENDING AND labels:line",
            "(((state = $3) OR (state = $4)) AND (labels ? $5))",
            ["FAILED", "PENDING", "line"],
        ),
    ],
)
def test_conditions_hold_no_values(text: str, condition: str, values: list[Any]) -> None:
    assert sql(text) == (condition, values)


def test_a_hostile_value_stays_a_value() -> None:
    condition, values = sql('filename = "\'; DROP TABLE x; --"')

    assert condition == "(filename = $3)"
    assert values == ["'; DROP TABLE x; --"]


@pytest.mark.parametrize("text", ["user_id = 1", "state = DONE", "width = 3", "labels.A = 1"])
def test_only_what_is_documented_can_be_asked(text: str) -> None:
    with pytest.raises(FilterError):
        sql(text)
