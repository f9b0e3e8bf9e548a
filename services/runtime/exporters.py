"""The OpenTelemetry exporters; imported only when a collector is named."""

from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def span_exporter(otlp_url: str) -> SpanProcessor:
    """Sends spans to a collector in batches."""
    return BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_url, insecure=True))


def metric_exporter(otlp_url: str) -> MetricReader:
    """Sends metrics to a collector every minute."""
    return PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=otlp_url, insecure=True))
