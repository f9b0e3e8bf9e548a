"""What traces tell of stores: that they did something, and not with what."""

import threading
from collections.abc import Callable

import pytest
from opentelemetry import trace
from opentelemetry.trace import StatusCode

from services.runtime import store_spans
from services.runtime.declared import UndeclaredTelemetryError
from services.runtime.store_spans import object_request, statement, untold
from services.runtime.telemetry_contract import DATABASE_QUERY, DB_SYSTEM, RPC_METHOD, SERVER_CALL
from services.runtime.tracing import link_to, traceparent
from services.storage.s3_requests import Request
from tests.support.spans import Spans


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Spans:
    made = Spans()
    monkeypatch.setattr(store_spans, "_tracing", made.tracing)
    return made


def do_all() -> None:
    with statement("select secret FROM t WHERE id = 1"):
        pass
    with statement("XADD", "redis"):
        pass
    with object_request("PUT") as answered:
        answered(200)


def test_within_a_call_each_is_told_by_its_first_word(spans: Spans) -> None:
    with spans.tracing.span(SERVER_CALL, {RPC_METHOD: "test/Call"}) as call:
        do_all()
    found = {span.name: dict(span.attributes or {}) for span in spans.within(call.inner)}
    assert found == {
        "SELECT postgresql": {"db.system.name": "postgresql", "db.operation.name": "SELECT"},
        "XADD redis": {"db.system.name": "redis", "db.operation.name": "XADD"},
        "PUT objects": {"http.request.method": "PUT", "http.response.status_code": 200},
    }


@pytest.mark.parametrize(
    ("text", "operation"),
    [("BEGIN;", "BEGIN"), ("\n  (select 1)", "SELECT"), ("", "OTHER"), ("WITH x AS ()", "WITH")],
)
def test_the_first_word_is_a_word(spans: Spans, text: str, operation: str) -> None:
    with spans.tracing.span(SERVER_CALL, {RPC_METHOD: "test/Call"}), statement(text):
        pass
    assert len(spans.named(f"{operation} postgresql")) == 1


def test_what_belongs_to_no_call_makes_no_trace(spans: Spans) -> None:
    do_all()
    assert spans.named("SELECT postgresql") == []
    assert traceparent() is None


def test_what_is_not_to_be_told_makes_no_span(spans: Spans) -> None:
    with spans.tracing.span(SERVER_CALL, {RPC_METHOD: "test/Call"}) as call:
        with untold():
            do_all()
        assert trace.get_current_span() is call.inner
    assert spans.within(call.inner) == []


def test_a_leaf_is_a_part_of_the_call_and_lies_within_its_time(spans: Spans) -> None:
    with spans.tracing.span(SERVER_CALL, {RPC_METHOD: "test/Call"}) as call:
        with statement("SELECT 1"):
            assert trace.get_current_span() is call.inner
        with statement("SELECT 2"):
            pass
    [whole] = spans.named("test/Call")
    first, second = spans.named("SELECT postgresql")
    for leaf in (first, second):
        assert leaf.context
        assert whole.context
        assert leaf.parent
        assert (leaf.context.trace_id, leaf.parent.span_id) == (
            whole.context.trace_id,
            whole.context.span_id,
        )
        assert leaf.context.trace_flags.sampled
        assert whole.start_time
        assert leaf.start_time
        assert leaf.end_time
        assert whole.end_time
        assert whole.start_time <= leaf.start_time <= leaf.end_time <= whole.end_time
        assert leaf.resource == whole.resource
        assert leaf.instrumentation_scope == whole.instrumentation_scope
        assert leaf.kind is trace.SpanKind.CLIENT
    assert first.context != second.context


def test_a_leaf_says_only_what_is_declared(spans: Spans) -> None:
    with (
        spans.tracing.span(SERVER_CALL, {RPC_METHOD: "test/Call"}),
        pytest.raises(UndeclaredTelemetryError),
        spans.tracing.leaf(DATABASE_QUERY, {DB_SYSTEM: "redis"}) as leaf,
    ):
        leaf.say({RPC_METHOD: "test/Call"})


def test_of_a_failure_the_kind_is_told_and_not_the_text(spans: Spans) -> None:
    with (
        spans.tracing.span(SERVER_CALL, {RPC_METHOD: "test/Call"}),
        pytest.raises(LookupError),
        statement("INSERT"),
    ):
        raise LookupError("secret")
    [span] = spans.named("INSERT postgresql")
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "LookupError")
    assert "secret" not in span.to_json()


def test_a_thread_that_asks_the_object_store_knows_whose_call_it_is_for(spans: Spans) -> None:
    seen: list[trace.Span] = []
    work: Callable[[], None] = lambda: seen.append(trace.get_current_span())  # noqa: E731 - one line
    with spans.tracing.span(SERVER_CALL, {RPC_METHOD: "test/Call"}) as call:
        request = Request(5)
    thread = threading.Thread(target=request.run, args=(work,))
    thread.start()
    thread.join()
    assert seen == [call.inner]


@pytest.mark.parametrize("named", ["", "x", "00-0-0-01", "00-" + 32 * "0" + "-" + 16 * "0" + "-01"])
def test_what_names_no_span_is_no_link(named: str) -> None:
    assert link_to(named) == ()


def test_a_span_is_named_for_whoever_goes_on_with_its_work(spans: Spans) -> None:
    with spans.tracing.span(SERVER_CALL, {RPC_METHOD: "test/Call"}) as call:
        named = traceparent()
    assert named is not None
    [link] = link_to(named)
    assert link.context.span_id == call.inner.get_span_context().span_id
