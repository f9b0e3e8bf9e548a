from typing import Any

import pytest

from mesh.observe.database import reading
from mesh.observe.model import LogRow
from mesh.observe.traces import TraceFilter, find_traces, read_trace, waterfall
from tests.unit.observe.conftest import MS, NOW_NS, Keep, a_span

UPLOAD, INDEX = "a" * 32, "b" * 32


def an_upload() -> list[Any]:
    """An upload, told by two processes in any order, and what it led to."""
    return [
        a_span(3, trace_id=UPLOAD, span_id="3" * 16, parent_id="2" * 16, name="INSERT postgresql"),
        a_span(
            2, trace_id=UPLOAD, span_id="2" * 16, parent_id="1" * 16, name="CompleteUpload",
            failed=True, message="IMAGE_BROKEN", attributes='{"argus.image_id": "Whale"}',
        ),
        a_span(
            4, trace_id=UPLOAD, span_id="1" * 16, service="argus-edge", name="POST /api",
            request_id="request-1",
        ),
        a_span(
            1, trace_id=INDEX, span_id="4" * 16, service="argus-search", name="process",
            links=((UPLOAD, "2" * 16),), end_ns=NOW_NS - 10**9 + 900 * MS,
        ),
        LogRow(NOW_NS, "INFO", "storage", "call", trace_id=UPLOAD, span_id="2" * 16),
    ]  # fmt: skip


def test_a_trace_is_named_by_the_span_that_began_it(keep: Keep) -> None:
    with reading(keep(an_upload()), within_s=5) as connection:
        index, upload = find_traces(connection, TraceFilter())
    assert (upload["name"], upload["service"]) == ("POST /api", "argus-edge")
    assert (upload["spans"], upload["failures"], upload["links"]) == (3, 1, 1)
    assert upload["services"] == ["argus-edge", "argus-storage"]
    assert (index["name"], index["links"]) == ("process", 1)


def test_links_lead_both_ways_and_logs_are_there(keep: Keep) -> None:
    with reading(keep(an_upload()), within_s=5) as connection:
        upload = read_trace(connection, UPLOAD)
        index = read_trace(connection, INDEX)
        assert read_trace(connection, "c" * 32) is None
    assert upload is not None
    assert index is not None
    assert [(span["name"], span["depth"]) for span in upload["spans"]] == [
        ("POST /api", 0), ("CompleteUpload", 1), ("INSERT postgresql", 2),
    ]  # fmt: skip
    [led_to] = upload["led_to"]
    assert (led_to["span_id"], led_to["trace_id"], led_to["name"]) == ("2" * 16, INDEX, "process")
    [caused_by] = index["caused_by"]
    assert (caused_by["trace_id"], caused_by["linked_span_id"]) == (UPLOAD, "2" * 16)
    assert (upload["caused_by"], index["led_to"]) == ([], [])
    assert [line["message"] for line in upload["logs"]] == ["call"]
    assert upload["request_id"] == "request-1"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (TraceFilter(service="argus-edge"), [UPLOAD]),
        (TraceFilter(service="argus-search"), [INDEX]),
        (TraceFilter(method="completeupload"), [UPLOAD]),
        (TraceFilter(status="failed"), [UPLOAD]),
        (TraceFilter(status="ok"), [INDEX]),
        (TraceFilter(least_ms=500, most_ms=1000), [INDEX]),
        (TraceFilter(least_ms=1000), [UPLOAD]),
        (TraceFilter(request_id="request-1"), [UPLOAD]),
        (TraceFilter(request_id="request"), []),
        (TraceFilter(text="whale"), [UPLOAD]),
        (TraceFilter(text="image_broken"), [UPLOAD]),
        (TraceFilter(text="100%"), []),
        (TraceFilter(limit=1), [INDEX]),
        (TraceFilter(before_ns=NOW_NS - 2 * 10**9), [UPLOAD]),
    ],
)
def test_filters(keep: Keep, wanted: TraceFilter, found: list[str]) -> None:
    with reading(keep(an_upload()), within_s=5) as connection:
        assert [trace["trace_id"] for trace in find_traces(connection, wanted)] == found


def test_polling_is_left_out_unless_it_is_asked_for(keep: Keep) -> None:
    poll = a_span(1, name="POST /grpc.health.v1.Health/Check")
    with reading(keep([poll]), within_s=5) as connection:
        assert find_traces(connection, TraceFilter()) == []
        assert len(find_traces(connection, TraceFilter(all=True))) == 1
        assert len(find_traces(connection, TraceFilter(method="health"))) == 1


def told(*spans: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"span_id": span, "parent_id": parent} for span, parent in spans]


@pytest.mark.parametrize(
    ("spans", "drawn"),
    [
        (told(("a", ""), ("b", "a"), ("c", "a"), ("d", "b")), ["a0", "b1", "d2", "c1"]),
        (told(("a", "gone"), ("b", "a")), ["a0", "b1"]),
        (told(("a", "a")), ["a0"]),
        (told(("a", "b"), ("b", "a")), ["a0", "b1"]),
        (told(("a", ""), ("a", "")), ["a0", "a0"]),
    ],
)
def test_every_span_is_drawn_once(spans: list[dict[str, Any]], drawn: list[str]) -> None:
    assert [f"{span['span_id']}{span['depth']}" for span in waterfall(spans)] == drawn
