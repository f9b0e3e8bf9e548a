"""Our encoder of spans says what the SDK's says."""

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, StatusCode
from opentelemetry.trace.span import TraceFlags, TraceState

from services.runtime.exporters import QuickSpanExporter
from services.runtime.span_encoding import encoded

ELSEWHERE = SpanContext(
    2**127 + 5, 2**63 + 9, is_remote=True, trace_flags=TraceFlags(1), trace_state=TraceState()
)
STATEFUL = SpanContext(
    7,
    8,
    is_remote=True,
    trace_flags=TraceFlags(1),
    trace_state=TraceState([("a", "1"), ("b", "2")]),
)


def _spans() -> list[ReadableSpan]:
    """One of each kind that there is."""
    kept = InMemorySpanExporter()
    tracers = TracerProvider(
        resource=Resource({"service.name": "argus-test", "service.instance.id": "1"}),
        shutdown_on_exit=False,
    )
    tracers.add_span_processor(SimpleSpanProcessor(kept))
    tracer = tracers.get_tracer("argus")
    for kind in SpanKind:
        tracer.start_span("root", kind=kind).end()
    for parent in (ELSEWHERE, STATEFUL):
        remote = trace.set_span_in_context(NonRecordingSpan(parent))
        with tracer.start_as_current_span(
            "call", remote, SpanKind.SERVER, {"rpc.method": "A/B", "é": "ü"}
        ):
            tracer.start_span("inside", attributes={"n": 1, "yes": True, "no": False}).end()
            tracer.start_span(
                "one", attributes={"n": True, "yes": 1, "x": 1.0, "big": -(2**63)}
            ).end()
    failed = tracer.start_span("failed", attributes={})
    failed.set_status(StatusCode.ERROR, "NOT_FOUND")
    failed.end()
    fine = tracer.start_span("fine")
    fine.set_status(StatusCode.OK)
    fine.end()
    linked = tracer.start_span("linked", links=[Link(ELSEWHERE, {"why": "event"})])
    linked.record_exception(ValueError("x"))
    linked.end()
    return list(kept.get_finished_spans())


def test_a_batch_is_the_same_as_the_sdk_s() -> None:
    spans = _spans()
    assert len(spans) > 10
    assert encoded(spans) == encode_spans(spans)


@pytest.mark.parametrize("number", range(14))
def test_each_span_is_the_same_alone(number: int) -> None:
    span = _spans()[number]
    assert encoded([span]) == encode_spans([span])


def test_no_spans_are_nothing() -> None:
    assert encoded([]) == encode_spans([])


def test_the_exporter_encodes_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def noted(spans: list[ReadableSpan]) -> object:
        asked.append(len(spans))
        return encode_spans(spans)

    monkeypatch.setattr("services.runtime.exporters.encoded", noted)
    exporter = QuickSpanExporter(endpoint="http://127.0.0.1:9", insecure=True, timeout=0.01)
    exporter.export(_spans())
    exporter.shutdown()
    assert asked == [14]
