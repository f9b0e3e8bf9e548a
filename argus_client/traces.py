"""The caller's own trace (W3C Trace Context), so that a call is seen as a part of it."""

import sys

_SENT = ("traceparent", "tracestate")


def trace_metadata() -> tuple[tuple[str, str], ...]:
    """What a call carries of the present span; nothing in programs without OpenTelemetry."""
    if "opentelemetry.trace" not in sys.modules:
        return ()
    from opentelemetry import propagate  # noqa: PLC0415 - no dependency of the client

    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return tuple((name, carrier[name]) for name in _SENT if name in carrier)
