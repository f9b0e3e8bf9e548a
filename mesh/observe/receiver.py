"""OpenTelemetry's collector, as far as it takes things in: OTLP over gRPC."""

import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

from mesh.observe.forwarding import Forwarder
from mesh.observe.model import Row
from mesh.observe.otlp import log_rows, point_rows, span_rows
from mesh.observe.recorder import Recorder

MAX_MESSAGE_BYTES = 16 * 2**20
_AT_ONCE = 32
_END_S = 1.0
_log = logging.getLogger(__name__)

# Requests whose rows are made of what, and what is answered.
_METHODS: tuple[tuple[str, Any, Callable[[Any], Iterable[Row]], Any], ...] = (
    (
        "opentelemetry.proto.collector.trace.v1.TraceService",
        traces.ExportTraceServiceRequest,
        span_rows,
        traces.ExportTraceServiceResponse,
    ),
    (
        "opentelemetry.proto.collector.metrics.v1.MetricsService",
        metrics.ExportMetricsServiceRequest,
        point_rows,
        metrics.ExportMetricsServiceResponse,
    ),
    (
        "opentelemetry.proto.collector.logs.v1.LogsService",
        logs.ExportLogsServiceRequest,
        log_rows,
        logs.ExportLogsServiceResponse,
    ),
)


@contextmanager
def receiver(address: str, recorder: Recorder, forwarder: Forwarder) -> Iterator[None]:
    """Takes telemetry until the context ends.

    Whoever sends gets OK also for what is lost, so that nobody sends it again.

    Args:
        address: `unix:/path`, or `host:port`.
        recorder: Where it goes.
        forwarder: Where it goes as well.

    Raises:
        RuntimeError: It cannot be listened on.
    """
    server = grpc.server(
        ThreadPoolExecutor(max_workers=2, thread_name_prefix="otlp"),
        options=[("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)],
        maximum_concurrent_rpcs=_AT_ONCE,
    )
    for service, request, rows_of, response in _METHODS:
        server.add_generic_rpc_handlers(
            (
                grpc.method_handlers_generic_handler(
                    service,
                    {
                        "Export": grpc.unary_unary_rpc_method_handler(
                            _taking(recorder, rows_of, response, forwarder, f"/{service}/Export"),
                            request_deserializer=request.FromString,
                            response_serializer=response.SerializeToString,
                        )
                    },
                ),
            )
        )
    server.add_insecure_port(address)
    server.start()
    try:
        yield
    finally:
        server.stop(_END_S).wait()


def _taking(
    recorder: Recorder,
    rows_of: Callable[[Any], Iterable[Row]],
    response: Callable[[], Any],
    forwarder: Forwarder,
    method: str,
) -> Callable[[Any, grpc.ServicerContext], Any]:
    def export(request: Any, _: grpc.ServicerContext) -> Any:  # noqa: ANN401 - a message
        recorder.take(tuple(rows_of(request)))
        forwarder.hand_on(method, request.SerializeToString())
        return response()

    return export
