"""The edge begins a span for each request, or goes on with that of its client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from mesh.parts.edge import limits_template, render
from mesh.parts.edge_limits import load_limits
from mesh.parts.edge_places import of_machine
from mesh.parts.edge_store import Store
from mesh.parts.edge_tracing import Traces
from mesh.supervision.ports import Ports
from tests.support.collector import Collector, attributes_of, running_collector
from tests.support.envoy import running_envoy
from tests.support.eventually import eventually
from tests.support.parts import free_port

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
SPAN_ID = "b7ad6b7169203331"
CHECK = "/grpc.health.v1.Health/Check"


class Behind(health_pb2_grpc.HealthServicer):
    """The service behind the edge: keeps what trace it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def Check(self, request: Any, context: Any) -> Any:
        # The edge's own probes are no part of a trace.
        if named := dict(context.invocation_metadata()).get("traceparent"):
            self.told.append(named)
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)


class Edge:
    """A running edge, what is behind it, and where its spans go."""

    def __init__(self, port: int, behind: Behind, collector: Collector) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.target = f"127.0.0.1:{port}"
        self.behind = behind
        self.collector = collector

    async def check(self, traceparent: str = "") -> None:
        """Asks for health through it."""
        metadata = (("traceparent", traceparent),) if traceparent else ()
        async with grpc.aio.insecure_channel(self.target) as channel:
            await health_pb2_grpc.HealthStub(channel).Check(  # type: ignore[attr-defined] # stubs lack async methods
                health_pb2.HealthCheckRequest(),
                metadata=metadata,
                wait_for_ready=True,
                timeout=30,
            )

    async def spans(self, path: str) -> list[Any]:
        """Spans of requests to a path, as soon as there are any."""

        def found() -> list[Any]:
            return [
                span
                for _, span in self.collector.spans
                if attributes_of(span).get("url.path") == path
            ]

        await eventually(lambda: bool(found()), "the span arrives")
        return found()


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    async with running_edge(tmp_path, percent=100) as running:
        yield running


@asynccontextmanager
async def running_edge(tmp_path: Path, *, percent: float) -> AsyncIterator[Edge]:
    """An edge that has so many of the requests traced that bring no trace."""
    names = (name for name in Ports.model_fields if not name.startswith("more_"))
    ports = {name: free_port() for name in names}
    server = grpc.aio.server()
    behind = Behind()
    health_pb2_grpc.add_HealthServicer_to_server(behind, server)
    ports["inspection"] = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    store = f"http://127.0.0.1:{free_port()}"
    async with running_collector() as collector:
        config = render(
            of_machine(Ports(**ports), "127.0.0.1"),
            Store(store, store, "images"),
            None,
            limits=load_limits(limits_template(), None),
            admin_socket=tmp_path / "admin",
            traces=Traces(collector.url, percent, replica="first"),
        )
        with running_envoy(tmp_path / "envoy.yaml", config):
            yield Edge(ports["edge"], behind, collector)
    await server.stop(None)


async def test_a_trace_goes_from_the_client_through_the_edge_to_the_service(edge: Edge) -> None:
    await edge.check(f"00-{TRACE_ID}-{SPAN_ID}-01")
    [span] = await edge.spans(CHECK)
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE_ID, SPAN_ID)
    assert span.name == f"POST {CHECK}"
    assert edge.behind.told == [f"00-{TRACE_ID}-{span.span_id.hex()}-01"]
    known = edge.collector.spans[0][0]
    assert known["service.name"] == "argus-edge"
    assert known["service.namespace"] == "argus"
    assert known["service.instance.id"] == "first"


async def test_without_a_clients_trace_the_edge_begins_one(edge: Edge) -> None:
    await edge.check()
    [span] = await edge.spans(CHECK)
    assert span.parent_span_id == b""
    assert edge.behind.told == [f"00-{span.trace_id.hex()}-{span.span_id.hex()}-01"]


async def test_what_a_client_does_not_want_traced_is_not(edge: Edge) -> None:
    await edge.check(f"00-{TRACE_ID}-{SPAN_ID}-00")
    await edge.check()
    [span] = await edge.spans(CHECK)
    assert span.trace_id.hex() != TRACE_ID
    assert edge.behind.told[0].startswith(f"00-{TRACE_ID}-")
    assert edge.behind.told[0].endswith("-00")


async def test_a_clients_trace_is_recorded_however_few_others_are(tmp_path: Path) -> None:
    async with running_edge(tmp_path, percent=0) as edge:
        await edge.check()
        await edge.check(f"00-{TRACE_ID}-{SPAN_ID}-01")
        [span] = await edge.spans(CHECK)
        assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE_ID, SPAN_ID)
        assert edge.behind.told[0].endswith("-00")
        assert edge.behind.told[1] == f"00-{TRACE_ID}-{span.span_id.hex()}-01"


async def test_no_span_tells_what_signs_a_link_or_signs_in(edge: Edge) -> None:
    await edge.check()
    async with httpx.AsyncClient(trust_env=False, base_url=edge.url) as client:
        with suppress(httpx.HTTPError):
            await client.get("/images/x?X-Amz-Signature=secret", headers={"referer": "/?secret"})
    [span] = await edge.spans("/images/x")
    assert "secret" not in str(span)
