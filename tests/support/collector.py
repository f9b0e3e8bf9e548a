"""OpenTelemetry collectors in this process."""

from collections import deque
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from opentelemetry.proto.collector.metrics.v1 import (
    metrics_service_pb2,
    metrics_service_pb2_grpc,
)
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps the spans that it gets."""

    def __init__(self) -> None:
        self.url = ""
        self.spans: list[tuple[dict[str, str], Any]] = []
        """Attributes of the process, and the span."""

    async def Export(self, request: Any, context: Any) -> Any:
        for resource in request.resource_spans:
            known = attributes_of(resource.resource)
            for scope in resource.scope_spans:
                self.spans += [(known, span) for span in scope.spans]
        return trace_service_pb2.ExportTraceServiceResponse()


def attributes_of(carrier: Any) -> dict[str, str]:
    """Texts among the attributes of a resource or a span."""
    return {one.key: one.value.string_value for one in carrier.attributes}


@asynccontextmanager
async def running_collector() -> AsyncIterator[Collector]:
    """Runs one."""
    server = grpc.aio.server()
    collector = Collector()
    add: Any = trace_service_pb2_grpc.add_TraceServiceServicer_to_server
    add(collector, server)
    collector.url = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    try:
        yield collector
    finally:
        await server.stop(None)


MOST_KEPT = 50_000
"""Spans; the oldest go first."""


@dataclass(frozen=True)
class KeptSpan:
    """A span, and whose it is."""

    service: str
    span: Any

    @property
    def attributes(self) -> dict[str, str]:
        """Its attributes; texts with their value."""
        return attributes_of(self.span)


class KeptTraces(trace_service_pb2_grpc.TraceServiceServicer):
    """A collector for tests of any event loop, on threads of its own."""

    def __init__(self) -> None:
        self.url = ""
        self._spans: deque[KeptSpan] = deque(maxlen=MOST_KEPT)

    def Export(self, request: Any, context: Any) -> Any:
        for resource in request.resource_spans:
            service = attributes_of(resource.resource)["service.name"]
            for scope in resource.scope_spans:
                self._spans += [KeptSpan(service, span) for span in scope.spans]
        return trace_service_pb2.ExportTraceServiceResponse()

    def of_trace(self, trace_id: str) -> list[KeptSpan]:
        """Spans of a trace."""
        return [one for one in tuple(self._spans) if one.span.trace_id.hex() == trace_id]

    def linked_to(self, trace_id: str) -> list[KeptSpan]:
        """Spans of the traces that something in a trace has led to."""
        kept = tuple(self._spans)
        ids = {
            one.span.trace_id
            for one in kept
            if any(link.trace_id.hex() == trace_id for link in one.span.links)
        }
        return [one for one in kept if one.span.trace_id in ids]


class _NoMetrics(metrics_service_pb2_grpc.MetricsServiceServicer):
    def Export(self, request: Any, context: Any) -> Any:
        return metrics_service_pb2.ExportMetricsServiceResponse()


@contextmanager
def collecting() -> Iterator[KeptTraces]:
    """Runs one; measurements are taken and forgotten."""
    server = grpc.server(ThreadPoolExecutor(2, "collector"))
    kept = KeptTraces()
    add: Any = trace_service_pb2_grpc.add_TraceServiceServicer_to_server
    add(kept, server)
    add = metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server
    add(_NoMetrics(), server)
    kept.url = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield kept
    finally:
        server.stop(None).wait()


def traced_by(collector: KeptTraces) -> dict[str, str]:
    """Variables of a mesh that sends it what clients want traced, and nothing else."""
    return {"ARGUS_OTLP_URL": collector.url, "ARGUS_TRACE_PERCENT": "0"}
