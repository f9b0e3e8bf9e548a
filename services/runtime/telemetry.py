"""OpenTelemetry: traces and metrics, exported only when a collector is named.

Without one, trace ids are still made and passed on, so that the log lines of
one request can be found together.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider


@contextmanager
def telemetry(service: str, otlp_url: str) -> Iterator[None]:
    """Installs the providers for this process and flushes them at the end."""
    resource = Resource.create({"service.name": f"argus-{service}"})
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
    if not otlp_url:
        trace.set_tracer_provider(tracers)
        yield
        return
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    tracers.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_url, insecure=True))
    )
    trace.set_tracer_provider(tracers)
    meters = MeterProvider(
        resource=resource,
        metric_readers=[
            PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=otlp_url, insecure=True))
        ],
        shutdown_on_exit=False,
    )
    metrics.set_meter_provider(meters)
    try:
        yield
    finally:
        meters.shutdown()
        tracers.shutdown()
