import subprocess
import sys

SPAN = """
from opentelemetry import propagate, trace
from services.runtime.telemetry import telemetry

with telemetry("test", replica="first", otlp_url=""):
    for came in ({}, {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}):
        span = trace.get_tracer("test").start_span("call", context=propagate.extract(came))
        sent = {}
        propagate.inject(sent, trace.set_span_in_context(span))
        _, trace_id, span_id, _ = sent["traceparent"].split("-")
        context = span.get_span_context()
        assert (int(trace_id, 16), int(span_id, 16)) == (context.trace_id, context.span_id)
        print(trace_id, context.is_valid, span.is_recording())
"""


def test_without_a_collector_trace_ids_are_made_and_passed_on_and_nothing_is_recorded() -> None:
    # In a process of its own: a provider is installed once and for all.
    done = subprocess.run(
        [sys.executable, "-c", SPAN], capture_output=True, text=True, check=True, timeout=60
    )
    made, passed = (line.split() for line in done.stdout.splitlines())
    assert int(made[0], 16)
    assert passed[0] == "0af7651916cd43dd8448eb211c80319c"
    assert made[1:] == passed[1:] == ["True", "False"]
