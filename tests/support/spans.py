"""Spans that are kept in this process."""

from opentelemetry import trace
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.runtime.telemetry import Providers
from services.runtime.tracing import Tracing


class Spans:
    """A provider, and what came to it."""

    def __init__(self) -> None:
        self._kept = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self._kept))
        self.tracing = Tracing(self.provider)
        self.providers = Providers(self.provider, NoOpMeterProvider())

    def named(self, name: str) -> list[ReadableSpan]:
        """Spans of a name that have ended."""
        return [span for span in self._kept.get_finished_spans() if span.name == name]

    def within(self, parent: trace.Span) -> list[ReadableSpan]:
        """Spans that have ended and are parts of another."""
        span_id = parent.get_span_context().span_id
        return [
            span
            for span in self._kept.get_finished_spans()
            if span.parent is not None and span.parent.span_id == span_id
        ]
