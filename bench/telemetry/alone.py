"""What telling of a call takes by itself, without the call: microseconds of processor."""

import time
from collections.abc import Callable, Iterator

import grpc
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from services.runtime.call_telemetry import CallTelemetry
from services.runtime.span_encoding import encoded
from services.runtime.telemetry import Providers
from services.runtime.telemetry_contract import DATABASE_QUERY, DB_OPERATION, DB_SYSTEM
from services.runtime.tracing import Tracing

METHOD = "/argus.storage.v1.ImageService/GetImage"
STATEMENTS = 2
"""Of a `GetImage`: whether the session is closed, and the image's row."""

_TIMES, _ROUNDS, _BATCH = 2000, 7, 512
_HEADERS = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
_STATEMENT = {DB_SYSTEM: "postgresql", DB_OPERATION: "SELECT"}


def measured() -> Iterator[tuple[str, float]]:
    """What, and microseconds of processor for each call; the least of several rounds."""
    nothing, both = NoOpMeterProvider(), _meters()
    off = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    yield "off: ids alone", _us(_call(off, nothing))
    yield "metrics, sent and collected; nothing traced", _us(_call(off, both))
    kept = _Kept()
    on = TracerProvider(resource=Resource({"service.name": "argus-bench"}), shutdown_on_exit=False)
    on.add_span_processor(SimpleSpanProcessor(kept))
    yield f"the same, traced, with {STATEMENTS} statements", _us(_call(on, both, STATEMENTS))
    batch = kept.spans[:_BATCH]
    each_us = _us(lambda: encoded(batch).SerializeToString(), 10) / _BATCH
    yield f"encoding these {1 + STATEMENTS} spans", each_us * (1 + STATEMENTS)


def _meters() -> MeterProvider:
    readers = [InMemoryMetricReader(), InMemoryMetricReader()]
    return MeterProvider(readers, shutdown_on_exit=False)


def _call(
    tracers: TracerProvider, meters: MeterProvider | NoOpMeterProvider, statements: int = 0
) -> Callable[[], None]:
    telling = CallTelemetry(Providers(tracers, meters))
    tracing = Tracing(tracers)

    def call() -> None:
        told = telling.begin(METHOD, _HEADERS)
        for _ in range(statements):
            with tracing.leaf(DATABASE_QUERY, _STATEMENT):
                pass
        told.ended(grpc.StatusCode.OK)

    return call


def _us(once: Callable[[], object], times: int = _TIMES) -> float:
    best = float("inf")
    for _ in range(_ROUNDS):
        began = time.process_time()
        for _ in range(times):
            once()
        best = min(best, (time.process_time() - began) / times)
    return 1e6 * best


class _Kept(SpanExporter):
    """Keeps the first spans and lets go of others."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: object) -> SpanExportResult:
        if isinstance(spans, tuple) and len(self.spans) < _BATCH:
            self.spans += spans
        return SpanExportResult.SUCCESS
