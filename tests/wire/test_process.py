"""A service as a process: what it logs, exports and shows, how it ends."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from opentelemetry.proto.collector.metrics.v1 import (
    metrics_service_pb2,
    metrics_service_pb2_grpc,
)
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from tests.support.parts import free_port
from tests.support.services import SERVICE_SECRET

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """An OpenTelemetry collector that keeps what it gets."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.services: set[tuple[str, str]] = set()

    async def Export(self, request: Any, context: Any) -> Any:
        for resource in request.resource_spans:
            known = {
                attribute.key: attribute.value.string_value
                for attribute in resource.resource.attributes
            }
            self.services.add((known["service.name"], known["service.instance.id"]))
            for scope in resource.scope_spans:
                self.spans += scope.spans
        return trace_service_pb2.ExportTraceServiceResponse()


class Meters(metrics_service_pb2_grpc.MetricsServiceServicer):
    """The collector's side for metrics; keeps their names, and traces that are their examples."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.examples: set[tuple[str, str]] = set()

    async def Export(self, request: Any, context: Any) -> Any:
        for resource in request.resource_metrics:
            for scope in resource.scope_metrics:
                self.names |= {metric.name for metric in scope.metrics}
                self.examples |= {
                    (metric.name, example.trace_id.hex())
                    for metric in scope.metrics
                    for point in metric.histogram.data_points
                    for example in point.exemplars
                }
        return metrics_service_pb2.ExportMetricsServiceResponse()


@pytest.fixture
async def collector() -> AsyncIterator[tuple[Collector, Meters, str]]:
    server = grpc.aio.server()
    kept, meters = Collector(), Meters()
    add: Any = trace_service_pb2_grpc.add_TraceServiceServicer_to_server
    add(kept, server)
    add = metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server
    add(meters, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield kept, meters, f"http://127.0.0.1:{port}"
    await server.stop(None)


async def test_a_call_is_logged_exported_and_shown_and_sigterm_drains(
    collector: tuple[Collector, Meters, str],
    fresh_postgres_url: str,
    fresh_redis_url: str,
    tmp_path: Path,
) -> None:
    kept, meters, otlp_url = collector
    address, metrics = (f"127.0.0.1:{free_port()}" for _ in range(2))
    log = tmp_path / "auth.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.auth",
            stdin=asyncio.subprocess.DEVNULL,
            stderr=output,
            env=os.environ
            | {
                "ARGUS_LISTEN": address,
                "ARGUS_POSTGRES_URL": fresh_postgres_url,
                "ARGUS_REDIS_URL": fresh_redis_url,
                "ARGUS_SERVICE_SECRET": SERVICE_SECRET,
                "ARGUS_OTLP_URL": otlp_url,
                "ARGUS_REPLICA": "first",
                "ARGUS_METRICS_LISTEN": metrics,
                "ARGUS_DRAIN_NOTICE_S": "0",
                "ARGUS_BCRYPT_ROUNDS": "4",
            },
        )
    try:
        async with grpc.aio.insecure_channel(address) as channel:
            await auth_pb2_grpc.AuthServiceStub(channel).GetJwks(
                auth_pb2.GetJwksRequest(),
                metadata=(
                    ("traceparent", f"00-{TRACE_ID}-b7ad6b7169203331-01"),
                    ("x-request-id", "request-1"),
                ),
                wait_for_ready=True,
                timeout=30,
            )
        async with httpx.AsyncClient(trust_env=False) as client:
            wanted = {"accept": "application/openmetrics-text; version=1.0.0"}
            with_examples = (await client.get(f"http://{metrics}/metrics", headers=wanted)).text
            collected = (await client.get(f"http://{metrics}/metrics")).text
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 30) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    [call] = [line for line in lines if line["message"] == "call"]
    assert (call["trace_id"], call["request_id"]) == (TRACE_ID, "request-1")
    assert (call["method"], call["code"]) == ("/argus.auth.v1.AuthService/GetJwks", "OK")
    assert [line["message"] for line in lines[-2:]] == ["draining", "stopped"]
    [span] = [span for span in kept.spans if span.trace_id.hex() == TRACE_ID]
    assert span.name == "argus.auth.v1.AuthService/GetJwks"
    assert kept.services == {("argus-auth", "first")}
    assert "rpc.server.call.duration" in meters.names
    assert ("rpc.server.call.duration", TRACE_ID) in meters.examples
    assert 'rpc_method="argus.auth.v1.AuthService/GetJwks"' in collected
    assert f'trace_id="{TRACE_ID}"' in with_examples
    assert "trace_id" not in collected
