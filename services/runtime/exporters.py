"""The OpenTelemetry exporters; imported only when a collector is named."""

from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from services.runtime.span_encoding import encoded


class QuickSpanExporter(OTLPSpanExporter):
    """The SDK's, with our encoder; a test fails if the SDK does not ask it any more."""

    def _translate_data(self, data: Sequence[ReadableSpan]) -> ExportTraceServiceRequest:
        return encoded(data)


def span_exporter(otlp_url: str) -> SpanProcessor:
    """Sends spans to a collector in batches."""
    return BatchSpanProcessor(QuickSpanExporter(endpoint=otlp_url, insecure=True))


def metric_exporter(otlp_url: str) -> MetricReader:
    """Sends metrics to a collector every minute."""
    return PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=otlp_url, insecure=True))
