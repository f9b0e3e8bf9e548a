"""OpenTelemetry: traces and metrics, exported only when a collector is named.

Without one, trace ids are still made and passed on, so that the log lines of
one request can be found together.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF


@dataclass(frozen=True)
class Providers:
    """Where a server's spans and measurements go."""

    tracers: trace.TracerProvider
    meters: metrics.MeterProvider

    @classmethod
    def installed(cls) -> Self:
        """Those of this process."""
        return cls(trace.get_tracer_provider(), metrics.get_meter_provider())


@contextmanager
def telemetry(service: str, otlp_url: str) -> Iterator[None]:
    """Installs the providers for this process and flushes them at the end."""
    resource = Resource.create({"service.name": f"argus-{service}"})
    tracers = TracerProvider(
        # Spans that nobody sees keep their ids and lose what else they cost each call.
        sampler=None if otlp_url else ALWAYS_OFF,
        resource=resource,
        shutdown_on_exit=False,
    )
    if not otlp_url:
        trace.set_tracer_provider(tracers)
        yield
        return
    # Costs a fifth of a second and memory that nobody needs without a collector.
    from services.runtime.exporters import metric_exporter, span_exporter  # noqa: PLC0415

    tracers.add_span_processor(span_exporter(otlp_url))
    trace.set_tracer_provider(tracers)
    meters = MeterProvider(
        resource=resource,
        metric_readers=[metric_exporter(otlp_url)],
        shutdown_on_exit=False,
    )
    metrics.set_meter_provider(meters)
    try:
        yield
    finally:
        meters.shutdown()
        tracers.shutdown()
