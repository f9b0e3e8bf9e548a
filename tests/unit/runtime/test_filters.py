from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.filters import (
    MAX_FILTER_CONDITIONS,
    MAX_FILTER_DEPTH,
    MAX_FILTER_LENGTH,
    NUMBER,
    TIME,
    And,
    Comparison,
    Contains,
    Filter,
    FilterError,
    Has,
    Not,
    Or,
    Words,
    parse_filter,
    read_time,
)

FIELDS = {
    "labels": None,
    "filename": None,
    "state": {"UPLOADED", "FAILED"},
    "made": TIME,
    "bytes": NUMBER,
    "title": Words(str.split),
}


def label(key: str, value: str) -> Comparison:
    return Comparison("labels", key, "=", value)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", None),
        ("   \n", None),
        ("filename = cat.jpg", Comparison("filename", "", "=", "cat.jpg")),
        ("filename!='a b'", Comparison("filename", "", "!=", "a b")),
        ("state = FAILED", Comparison("state", "", "=", "FAILED")),
        ('labels.line = "3"', label("line", "3")),
        ("labels.line=3", label("line", "3")),
        ("labels.a.b-c_d = x", label("a.b-c_d", "x")),
        ('labels.line = ""', label("line", "")),
        ("labels.and = 'AND'", label("and", "AND")),
        (r'labels.q = "say \"hi\" \\ bye"', label("q", r'say "hi" \ bye')),
        ("labels.place = 'Zürich'", label("place", "Zürich")),
        ("labels:line", Has("line")),
        ('labels : "line"', Has("line")),
        ("NOT labels:line", Not(Has("line"))),
        ("bytes>=-10", Comparison("bytes", "", ">=", "-10")),
        ("bytes != '7'", Comparison("bytes", "", "!=", "7")),
        ("title:red", Contains("title", "red")),
        ("title : 'a b'", Contains("title", "a b")),
        ("title != red", Comparison("title", "", "!=", "red")),
        ("NOT (labels:a AND labels:b)", Not(And((Has("a"), Has("b"))))),
        ("labels:a AND labels:b AND labels:c", And((Has("a"), Has("b"), Has("c")))),
        ("labels:a AND labels:b OR labels:c", And((Has("a"), Or((Has("b"), Has("c")))))),
        ("labels:a OR labels:b AND labels:c", And((Or((Has("a"), Has("b"))), Has("c")))),
        ("(labels:a AND labels:b) OR labels:c", Or((And((Has("a"), Has("b"))), Has("c")))),
        ("NOT labels:a OR labels:b", Or((Not(Has("a")), Has("b")))),
        ("((labels:a))", Has("a")),
        ('made>="2026-03-01T00:00:00Z"', Comparison("made", "", ">=", "2026-03-01T00:00:00Z")),
        ("made < '2026-03-01T00:00:00Z'", Comparison("made", "", "<", "2026-03-01T00:00:00Z")),
        (
            'labels.line = "3" AND NOT state = FAILED',
            And((label("line", "3"), Not(Comparison("state", "", "=", "FAILED")))),
        ),
    ],
)
def test_reads(text: str, tree: Filter | None) -> None:
    assert parse_filter(text, FIELDS) == tree


@pytest.mark.parametrize(
    ("text", "position", "part"),
    [
        ("filename", 8, "expected `=` or `!=` after `filename`, found the end"),
        ("filename =", 10, "expected a value, found the end"),
        ("filename = AND", 11, "expected a value, found `AND`"),
        ("filename > a", 9, "only `=` and `!=` compare"),
        ("made > 2026-03-01", 7, "is no time"),
        ("bytes > 1.5", 8, "is no whole number"),
        ("bytes > 1000000000000000", 8, "at most 15 digits"),
        ("bytes:7", 5, "expected `=`"),
        ("title > a", 6, "only `=` and `!=`"),
        ("title:' '", 6, "has no word"),
        ("filename:cat", 8, "expected `=`"),
        ('made > "2026-03-01T00:00:00"', 7, "is no time"),
        ('made > "2026-02-30T00:00:00Z"', 7, "is no time"),
        ('made > "0001-01-01T00:00:00+01:00"', 7, "is no time"),
        ("made ! x", 5, "unexpected"),
        ("filename = a*", 12, "no wildcards"),
        ("filename : a", 9, "expected `=` or `!=`"),
        ('filename = "a', 11, "never closed"),
        ("filename = a filename = b", 13, "expected AND or OR before `filename`"),
        ("filename = a and filename = b", 13, "expected AND or OR before `and`"),
        ("filename = a AND", 16, "expected a field, found the end"),
        ("OR filename = a", 0, "expected a field, found `OR`"),
        ("NOT NOT filename = a", 4, "expected a field, found `NOT`"),
        ('"filename" = a', 0, "expected a field"),
        ("(filename = a", 13, "expected `)` for the `(` at character 1"),
        ("filename = a)", 12, "closes nothing"),
        ("()", 1, "expected a field"),
        (
            "size = 3",
            0,
            "there is no field `size`; there are bytes, filename, labels.<key>, made, state, title",
        ),
        ("state = GONE", 8, "one of FAILED, UPLOADED"),
        ("labels = a", 0, "write `labels.<key> = value`"),
        ("labels. = a", 0, "no label key"),
        ("labels.Line = a", 0, "no label key"),
        ("labels:Line", 7, "no label key"),
        ("labels.line:3", 0, "write `labels:line`"),
        ("filename = a, b", 12, "unexpected `,`"),
        ("filename = 'a\0b'", 13, "NUL"),
    ],
)
def test_refuses_and_says_where(text: str, position: int, part: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text, FIELDS)
    assert part in caught.value.message
    assert caught.value.metadata == {"position": str(position)}
    assert caught.value.reason == "INVALID_FILTER"


def test_labels_are_refused_where_they_are_not_a_field() -> None:
    with pytest.raises(FilterError, match=r"no field `labels\.line`"):
        parse_filter("labels.line = 3", {"filename": None})


def test_bounds_length_depth_and_conditions() -> None:
    with pytest.raises(FilterError, match="longer"):
        parse_filter(" " * (MAX_FILTER_LENGTH + 1), FIELDS)
    deep = MAX_FILTER_DEPTH
    assert parse_filter("(" * deep + "labels:a" + ")" * deep, FIELDS) == Has("a")
    with pytest.raises(FilterError, match="nest deeper"):
        parse_filter("(" * (deep + 1) + "labels:a" + ")" * (deep + 1), FIELDS)
    many = MAX_FILTER_CONDITIONS
    assert isinstance(parse_filter(" OR ".join(["labels:a"] * many), FIELDS), Or)
    with pytest.raises(FilterError, match="more than"):
        parse_filter(" OR ".join(["labels:a"] * (many + 1)), FIELDS)


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=200))
def test_any_quoted_value_comes_back(value: str) -> None:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    assert parse_filter(f'filename = "{quoted}"', FIELDS) == Comparison("filename", "", "=", value)


@given(st.text(alphabet="()=!:\"'\\ abANDORT.labels*<,\t\n", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    position = 0
    try:
        parse_filter(text, FIELDS)
    except FilterError as error:
        position = int(error.metadata["position"])
    assert 0 <= position <= len(text)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00.5Z", datetime(2026, 3, 1, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-03-01T12:00:00.123456789Z", datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-03-01T00:30:00+01:00", datetime(2026, 2, 28, 23, 30, tzinfo=UTC)),
    ],
)
def test_reads_times(text: str, time: datetime) -> None:
    assert read_time(text) == time
