"""What an operator does to an edge that runs, shown on Envoy and auth: nothing is broken off."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from mesh.layout import Layout
from mesh.limits_file import establish, reload
from mesh.parts.edge import drain, render
from mesh.parts.edge_store import Store
from mesh.supervision.ports import Ports
from tests.support.envoy import running_envoy
from tests.support.eventually import eventually
from tests.support.parts import free_port, temporary_folder
from tests.support.services import running_auth


@dataclass(frozen=True)
class Edge:
    url: str
    layout: Layout
    admin_socket: Path


@pytest.fixture(scope="module")
async def edge(
    fresh_postgres_url: str, fresh_redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Edge]:
    tmp_path = tmp_path_factory.mktemp("edge")
    layout = Layout.of(tmp_path / "data")
    layout.make()
    with temporary_folder() as sockets:
        async with running_auth(fresh_postgres_url, fresh_redis_url) as auth:
            number = int(auth.address.rpartition(":")[2])
            ports = {name: free_port() for name in Ports.model_fields if name != "more_embedders"}
            # Who answers for health is auth here as well.
            ports |= {"auth": number, "inspection": number}
            config = render(
                Ports(**ports),
                "127.0.0.1",
                Store("http://127.0.0.1:1", "http://127.0.0.1:1", "images"),
                None,
                limits=establish(layout),
                admin_socket=sockets / "admin.sock",
                limits_file=layout.edge_limits,
            )
            with running_envoy(tmp_path / "envoy.yaml", config):
                yield Edge(f"http://127.0.0.1:{ports['edge']}", layout, sockets / "admin.sock")


async def test_new_limits_hold_on_connections_and_streams_that_stay(edge: Edge) -> None:
    connections: list[object] = []

    async def trace(event: str, info: dict[str, object]) -> None:
        if event == "connection.connect_tcp.started":
            connections.append(info)

    async with httpx.AsyncClient(base_url=edge.url, trust_env=False) as http:

        async def limit() -> str:
            """What the answer says of the caller's limit; empty while the edge starts."""
            try:
                answer = await http.get("/.well-known/jwks.json", extensions={"trace": trace})
            except httpx.TransportError:
                return ""
            return answer.headers.get("ratelimit-limit", "")

        async def is_limited_to(first: str) -> None:
            async def is_so() -> bool:
                return await limit() == first

            await eventually(is_so, f"the limit is {first}")

        await is_limited_to("1000")
        target = edge.url.removeprefix("http://")
        async with grpc.aio.insecure_channel(target) as channel:
            watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())  # type: ignore[attr-defined] # stubs lack async methods
            assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
            before = len(connections)
            edge.layout.limits_file.write_text("[calls]\nread = {per_second = 77, burst = 770}\n")
            assert reload(edge.layout)
            await is_limited_to("770")
            # A file that Envoy does not take changes nothing: it never gets one.
            edge.layout.limits_file.write_text("[calls]\nread = {per_second = 0, burst = 1}\n")
            with pytest.raises(Exception, match=r"calls\.read\.per_second"):
                reload(edge.layout)
            assert await limit() == "770"
            assert len(connections) == before
            assert not watch.done()
            watch.cancel()


# The last, because afterwards nobody comes in any more.
async def test_a_draining_edge_lets_nobody_in_and_ends_nothing(edge: Edge) -> None:
    async with httpx.AsyncClient(base_url=edge.url, trust_env=False) as http:

        async def answers() -> bool:
            try:
                return (await http.get("/.well-known/jwks.json")).is_success
            except httpx.TransportError:
                return False

        await eventually(answers, "the edge answers")
        await drain(edge.admin_socket)
        async with httpx.AsyncClient(base_url=edge.url, trust_env=False) as late:
            with pytest.raises(httpx.ConnectError):
                await late.get("/.well-known/jwks.json")
        # Over the connection that was there.
        assert await answers()
