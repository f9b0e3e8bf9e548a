"""What an operator does to an edge that runs, shown on Envoy and auth: nothing is broken off."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import httpx
import pytest
from cryptography import x509
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from mesh.layout import Layout
from mesh.limits_file import establish, reload
from mesh.parts.edge import drain, render
from mesh.parts.edge_inner_tls import write_secrets
from mesh.parts.edge_places import of_machine
from mesh.parts.edge_store import Store
from mesh.parts.inner_certificates import make_inner_certificates
from mesh.parts.inner_tls import InnerTls
from mesh.supervision.ports import Ports
from mesh.supervision.probes import admin_client
from services.runtime.peers import EDGE, dns_name
from tests.support.envoy import running_envoy
from tests.support.eventually import eventually
from tests.support.parts import free_port, temporary_folder
from tests.support.services import running_auth


@dataclass(frozen=True)
class Edge:
    url: str
    layout: Layout
    admin_socket: Path
    inner: InnerTls


@pytest.fixture(scope="module")
async def edge(
    fresh_postgres_url: str, fresh_redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Edge]:
    tmp_path = tmp_path_factory.mktemp("edge")
    layout = Layout.of(tmp_path / "data")
    layout.make()
    with temporary_folder() as sockets:
        inner = InnerTls(tmp_path / "tls")
        make_inner_certificates(inner)
        write_secrets(inner)
        async with running_auth(
            fresh_postgres_url,
            fresh_redis_url,
            mtls_certificate=str(inner.certificate("auth")),
            mtls_key=str(inner.key("auth")),
            mtls_authority=str(inner.authority),
        ) as auth:
            number = int(auth.address.rpartition(":")[2])
            ports = {
                name: free_port() for name in Ports.model_fields if not name.startswith("more_")
            }
            ports |= {"auth": number}
            config = render(
                of_machine(Ports(**ports), "127.0.0.1"),
                Store("http://127.0.0.1:1", "http://127.0.0.1:1", "images"),
                None,
                limits=establish(layout),
                admin_socket=sockets / "admin.sock",
                inner=inner,
                limits_file=layout.edge_limits,
            )
            with running_envoy(tmp_path / "envoy.yaml", config):
                yield Edge(
                    f"http://127.0.0.1:{ports['edge']}", layout, sockets / "admin.sock", inner
                )


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
            return str(answer.headers.get("ratelimit-limit", ""))

        async def is_limited_to(first: str) -> None:
            async def is_so() -> bool:
                return await limit() == first

            await eventually(is_so, f"the limit is {first}")

        await is_limited_to("1000")
        target = edge.url.removeprefix("http://")
        async with grpc.aio.insecure_channel(target) as channel:
            stream = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo()  # type: ignore[arg-type, operator] # the stubs know synchronous ones only
            asked = reflection_pb2.ServerReflectionRequest(list_services="")
            await stream.write(asked)
            assert (await stream.read()).list_services_response.service
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
            await stream.write(asked)
            assert (await stream.read()).list_services_response.service


async def test_renewed_certificates_of_the_mesh_are_shown_without_a_restart(edge: Edge) -> None:
    async def serials() -> set[str]:
        async with admin_client(edge.admin_socket) as admin:
            try:
                found = (await admin.get("/certs")).json()["certificates"]
            except httpx.HTTPError:
                return set()
        return {
            one["serial_number"].lstrip("0")
            for certificate in found
            for one in certificate["cert_chain"]
            if {"dns": dns_name(EDGE)} in one["subject_alt_names"]
        }

    def wanted() -> set[str]:
        made = x509.load_pem_x509_certificate(edge.inner.certificate("edge").read_bytes())
        return {f"{made.serial_number:x}"}

    async def are_current() -> bool:
        return await serials() == wanted()

    await eventually(are_current, "the edge has its certificate")
    make_inner_certificates(edge.inner)
    await eventually(are_current, "the edge has its renewed certificate")


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
