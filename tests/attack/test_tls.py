"""The edge over TLS, with a client of every version that is offered."""

import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Callable

import grpc
import httpx
import pytest
from argus.auth.v1 import auth_pb2, auth_pb2_grpc

from mesh.parts.edge_tls import authority_file
from tests.support.mesh import Mesh
from tests.support.person import Person

V = ssl.TLSVersion


def trusting(mesh: Mesh, version: ssl.TLSVersion, *protocols: str) -> ssl.SSLContext:
    """A client of one version that trusts the mesh's authority and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority_file(mesh.layout))
    # What is too old is offered here as well, for the edge to refuse.
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


def shake(mesh: Mesh, context: ssl.SSLContext, name: str = "localhost") -> ssl.SSLSocket:
    raw = socket.create_connection(("127.0.0.1", mesh.tls_port), timeout=10)
    return context.wrap_socket(raw, server_hostname=name)


@pytest.fixture
async def https(mesh: Mesh) -> AsyncIterator[Callable[..., httpx.AsyncClient]]:
    clients: list[httpx.AsyncClient] = []

    def client(*, http2: bool) -> httpx.AsyncClient:
        made = httpx.AsyncClient(
            base_url=f"https://localhost:{mesh.tls_port}",
            verify=ssl.create_default_context(cafile=authority_file(mesh.layout)),
            http2=http2,
            trust_env=False,
            timeout=30,
        )
        clients.append(made)
        return made

    yield client
    for one in clients:
        await one.aclose()


@pytest.mark.parametrize("version", [V.TLSv1_2, V.TLSv1_3])
@pytest.mark.parametrize("protocol", ["h2", "http/1.1"])
def test_present_versions_are_taken(mesh: Mesh, version: ssl.TLSVersion, protocol: str) -> None:
    for name in ("localhost", "127.0.0.1"):
        with shake(mesh, trusting(mesh, version, protocol), name) as made:
            assert made.version() == version.name.replace("_", ".")
            assert made.selected_alpn_protocol() == protocol


@pytest.mark.parametrize("version", [V.TLSv1, V.TLSv1_1])
def test_past_versions_are_refused(mesh: Mesh, version: ssl.TLSVersion) -> None:
    with pytest.raises(ssl.SSLError, match=r"PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL"):
        shake(mesh, trusting(mesh, version))


def test_nobody_else_is_taken_for_the_edge(mesh: Mesh) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(mesh, ssl.create_default_context())
    with pytest.raises(ssl.SSLCertVerificationError, match="elsewhere"):
        shake(mesh, trusting(mesh, V.TLSv1_3), "elsewhere.example")


@pytest.mark.parametrize(("http2", "version"), [(True, "HTTP/2"), (False, "HTTP/1.1")])
async def test_rest_over_tls(
    mesh: Mesh,
    https: Callable[..., httpx.AsyncClient],
    http2: bool,
    version: str,
) -> None:
    somebody = await Person.register(mesh, https(http2=http2))
    answer = await somebody.call("GET", "/api/auth/me")
    assert (answer.status_code, answer.http_version) == (200, version)
    assert answer.json()["userId"] == somebody.user_id
    assert answer.headers["x-content-type-options"] == "nosniff"
    # The certificate is this machine's own: a browser must still be let in without TLS.
    assert "strict-transport-security" not in answer.headers


async def test_grpc_over_tls(mesh: Mesh, https: Callable[..., httpx.AsyncClient]) -> None:
    somebody = await Person.register(mesh, https(http2=True))
    trust = grpc.ssl_channel_credentials(authority_file(mesh.layout).read_bytes())
    async with grpc.aio.secure_channel(f"localhost:{mesh.tls_port}", trust) as channel:
        stub = auth_pb2_grpc.AuthServiceStub(channel)
        me = await stub.GetMe(auth_pb2.GetMeRequest(), metadata=somebody.metadata)
    assert me.user_id == somebody.user_id


async def test_what_is_not_tls_gets_no_answer_there(mesh: Mesh) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as plain:
        with pytest.raises(httpx.TransportError):
            await plain.get(f"http://localhost:{mesh.tls_port}/")


def test_keys_are_for_their_owner_only(mesh: Mesh) -> None:
    for name in ("tls-authority.key", "tls-server.key"):
        assert (mesh.layout.secrets / name).stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE" not in b"".join(file.read_bytes() for file in mesh.layout.tls.iterdir())
