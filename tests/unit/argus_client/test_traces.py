import subprocess
import sys

from opentelemetry.sdk.trace import TracerProvider

from argus_client.traces import trace_metadata


def test_calls_are_part_of_the_present_span() -> None:
    assert trace_metadata() == ()
    with TracerProvider().get_tracer("test").start_as_current_span("work") as span:
        context = span.get_span_context()
        [(name, value)] = trace_metadata()
    assert name == "traceparent"
    assert value.startswith(f"00-{context.trace_id:032x}-{context.span_id:016x}-")


def test_a_program_without_opentelemetry_needs_none() -> None:
    program = (
        "import sys; from argus_client.traces import trace_metadata; "
        "assert trace_metadata() == (); assert 'opentelemetry' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
