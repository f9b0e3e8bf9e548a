"""Every socket that the mesh opens is declared, and refuses whoever has no key."""

from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

import grpc
import httpx
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from minio import Minio

from mesh.credentials import Credentials
from mesh.layout import Layout
from mesh.options import MeshOptions
from mesh.parts.edge import descriptor_set
from mesh.parts.edge_policy import policies_of
from mesh.parts.edge_tls import authority_file
from mesh.parts.inner_tls import SERVICES
from mesh.parts.metrics_store import find_metrics_store
from mesh.parts.objects import BUCKET, REGION
from mesh.parts.objects_certificates import make_certificates
from mesh.parts.objects_tls import CertificateFiles
from mesh.parts.observe import observe_key
from mesh.supervision.listener import Guard, Listener
from mesh.supervision.plan import Plan, build_plan
from mesh.supervision.ports import Ports
from mesh.supervision.sockets import open_sockets, processes_of
from tests.support.mesh import Mesh, argus
from tests.support.strangers import LET_IN, grpc_code, http_status, socket_is_closed, tls_outcome

REFUSED = {
    grpc.StatusCode.UNAUTHENTICATED,
    # There is no such method here, whoever asks.
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.NOT_FOUND,
}

TRUSTS_THE_MACHINE: set[str] = set()
"""Sockets that refuse nobody on this machine."""


def as_declared() -> Plan:
    """A plan with made-up ports and keys: what is declared is the same for every mesh."""
    names = [name for name in Ports.model_fields if not name.startswith("more_")]
    return build_plan(
        MeshOptions(
            data_dir=Path("/nowhere"),
            metrics=True,
            observe=True,
            metrics_store=find_metrics_store(),
        ),
        Ports(**{name: number for number, name in enumerate(names, start=20_000)}),
        Credentials(**dict.fromkeys(Credentials.model_fields, "")),
    )


NAMES = [f"{part.name}-{found.name}" for part in as_declared().parts for found in part.listeners]


@pytest.fixture(scope="module")
def plan(mesh: Mesh) -> Plan:
    state = mesh.state()
    return build_plan(state.options, state.ports, credentials(mesh.layout))


def credentials(layout: Layout) -> Credentials:
    return Credentials.model_validate_json((layout.secrets / "credentials.json").read_text())


def test_every_open_socket_is_declared(mesh: Mesh, plan: Plan) -> None:
    for part in plan.parts:
        declared = {listener.address for listener in part.listeners}
        assert open_sockets(processes_of(mesh.pid(part.name))) == declared, part.name


def test_no_process_but_the_parts_opens_a_socket(mesh: Mesh, plan: Plan) -> None:
    parts = {process.pid for part in plan.parts for process in processes_of(mesh.pid(part.name))}
    others = [process for process in processes_of(mesh.state().pid) if process.pid not in parts]
    assert psutil.Process(mesh.state().pid) in others
    assert open_sockets(others) == set()


def test_names_tell_sockets_apart() -> None:
    assert len(set(NAMES)) == len(NAMES) > 20


def test_only_these_trust_whoever_is_on_this_machine() -> None:
    found = {
        f"{part.name}-{listener.name}"
        for part in as_declared().parts
        for listener in part.listeners
        if listener.guard is Guard.MACHINE
    }
    assert found == TRUSTS_THE_MACHINE


@pytest.mark.parametrize("name", NAMES)
async def test_a_stranger_is_refused(mesh: Mesh, plan: Plan, tmp_path: Path, name: str) -> None:
    listener = next(
        found
        for part in plan.parts
        for found in part.listeners
        if f"{part.name}-{found.name}" == name
    )
    await ATTACKS[listener.guard](mesh, listener, tmp_path)
    assert mesh.state().ready


async def without_token(mesh: Mesh, listener: Listener, _: Path) -> None:
    """Calls every method of the contract, without a token and with one that is none."""
    forged = (("authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJzZXJ2aWNlOnNlYXJjaCJ9."),)
    answered: dict[str, grpc.StatusCode] = {}
    async with channel_to(mesh, listener) as channel:
        for method in methods_with_token():
            for metadata in ((), forged):
                code = await grpc_code(channel, method, metadata)
                if code not in REFUSED:
                    answered[method] = code
        assert answered == {}
        # It is there at all.
        health = health_pb2_grpc.HealthStub(channel)
        answer = await health.Check(health_pb2.HealthCheckRequest())  # type: ignore[attr-defined] # stubs lack async methods
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def without_certificate_or_token(mesh: Mesh, listener: Listener, folder: Path) -> None:
    """Comes as nobody, then as a part of the mesh, which has a certificate and no token."""
    await without_certificate(mesh, listener, folder)
    await without_token(mesh, listener, folder)


def channel_to(mesh: Mesh, listener: Listener) -> grpc.aio.Channel:
    """A channel, over TLS where the edge has it, and as a service where one must be a part."""
    if listener.guard is Guard.PEER:
        ports = mesh.state().ports
        behind = {f"127.0.0.1:{getattr(ports, name)}": name for name in ("internal", *SERVICES)}
        return mesh.channel(behind[listener.address], "search")
    if listener.name != "tls":
        return grpc.aio.insecure_channel(listener.address)
    trusted = grpc.ssl_channel_credentials(authority_file(mesh.layout).read_bytes())
    return grpc.aio.secure_channel(listener.address, trusted)


async def without_signature(_mesh: Mesh, listener: Listener, _folder: Path) -> None:
    """Asks S3 for everything that it may be asked for, unsigned or signed with a key of ours."""
    url = f"http://{listener.address}"
    for method, path in (
        ("GET", "/"),
        ("GET", f"/{BUCKET}"),
        ("GET", f"/{BUCKET}?list-type=2&prefix=images/"),
        ("GET", f"/{BUCKET}?policy"),
        ("GET", f"/{BUCKET}/images/x"),
        ("PUT", f"/{BUCKET}/images/x"),
        ("PUT", "/another"),
        ("PUT", f"/{BUCKET}?acl"),
        ("POST", f"/{BUCKET}?delete"),
        ("POST", f"/{BUCKET}/images/x?uploads"),
        ("POST", "/?Action=ListUsers&Version=2010-05-08"),
        ("DELETE", f"/{BUCKET}"),
        ("DELETE", f"/{BUCKET}/images/x"),
        ("GET", "/metrics"),
        ("GET", "/debug/pprof/heap"),
    ):
        assert await http_status(url + path, method) in {400, 403, 404, 405}, (method, path)
    stranger = Minio(listener.address, "stranger", "a key of ours", secure=False, region=REGION)
    async with httpx.AsyncClient(trust_env=False) as client:
        for signed in (
            stranger.presigned_get_object(BUCKET, "images/x"),
            stranger.presigned_put_object(BUCKET, "images/x"),
        ):
            assert (await client.get(signed)).status_code == 403
            assert (await client.put(signed, content=b"x")).status_code == 403


async def without_certificate(_mesh: Mesh, listener: Listener, folder: Path) -> None:
    """Comes without TLS, without a certificate, and with one that we signed ourselves."""
    assert await http_status(f"http://{listener.address}/") in {0, 400}
    own = CertificateFiles(folder / "own")
    make_certificates(own)
    for certificate in (None, own):
        assert await tls_outcome(listener.address, certificate) != LET_IN


async def as_another_account(_mesh: Mesh, listener: Listener, _folder: Path) -> None:
    """Connects as an account that owns nothing."""
    assert socket_is_closed(Path(listener.address))


async def for_more_than_is_public(_mesh: Mesh, listener: Listener, _folder: Path) -> None:
    """Asks for other things than it tells everybody: public keys, statistics, or metrics."""
    url = f"http://{listener.address}"
    async with httpx.AsyncClient(trust_env=False) as client:
        if listener.name == "statistics":
            assert (await client.get(f"{url}/stats/prometheus")).status_code == 200
            for method, path in (
                ("GET", "/config_dump"),
                ("GET", "/stats"),
                ("POST", "/quitquitquit"),
                ("POST", "/stats/prometheus"),
            ):
                answer = await client.request(method, url + path)
                assert answer.status_code == 403, (method, path, answer.text)
            return
        if listener.name == "metrics-store":
            assert (await client.get(f"{url}/api/v1/query?query=up")).status_code == 200
            for path in ("/-/quit", "/-/reload", "/api/v1/admin/tsdb/delete_series"):
                for method in ("POST", "PUT"):
                    assert (await client.request(method, url + path)).status_code >= 400, path
            assert (await client.post(f"{url}/api/v1/write")).status_code == 404
            return
        if listener.name == "metrics":
            found = await client.get(f"{url}/metrics")
            assert (found.status_code, "target_info" in found.text) == (200, True)
            for method, path, headers in (
                ("GET", "/", {}),
                ("GET", "/metrics/", {}),
                ("POST", "/metrics", {}),
                ("GET", "/metrics", {"origin": "http://somewhere.example"}),
                ("GET", "/metrics", {"host": "rebound.example"}),
            ):
                refused = await client.request(method, url + path, headers=headers)
                assert refused.status_code in {403, 404, 501}, (method, path, headers)
            return
        keys = (await client.get(f"{url}/.well-known/jwks.json")).json()["keys"]
        assert keys
        for key in keys:
            # RFC 8037: `d` would be the private key.
            assert set(key) <= {"kty", "crv", "x", "kid", "alg", "use"}, key
        for method, path in (
            ("GET", "/"),
            ("GET", "/api/auth/me"),
            ("GET", "/api/images"),
            ("POST", "/api/auth/login"),
            ("POST", "/api/auth/register"),
            ("POST", "/.well-known/jwks.json"),
        ):
            answer = await client.request(method, url + path, json={})
            assert answer.status_code in {404, 405, 415}, (method, path, answer.text)


async def without_key(mesh: Mesh, listener: Listener, _folder: Path) -> None:
    """Comes without the key, with another, and with it in the name of somebody else's page."""
    url = f"http://{listener.address}"
    key = observe_key(mesh.layout)
    async with httpx.AsyncClient(trust_env=False) as client:
        for path in ("/", "/logs", "/metrics", "/api/traces", "/api/logs", f"/?key={key}x"):
            for headers in ({}, {"authorization": "Bearer wrong"}):
                answer = await client.get(url + path, headers=headers)
                assert answer.status_code == 401, (path, headers)
        if listener.name != "page":
            return
        mine = {"authorization": f"Bearer {key}"}
        assert (await client.get(f"{url}/api/traces", headers=mine)).status_code == 200
        for strange in (
            {"host": "rebound.example"},
            {"origin": "http://somewhere.example"},
            {"sec-fetch-site": "cross-site"},
        ):
            answer = await client.get(f"{url}/api/traces", headers=mine | strange)
            assert answer.status_code in {403, 421}, strange
        for method in ("POST", "PUT", "DELETE"):
            answer = await client.request(method, f"{url}/api/traces", headers=mine)
            assert answer.status_code == 501, method


async def from_this_machine(_mesh: Mesh, listener: Listener, _folder: Path) -> None:
    """It refuses nobody; the least is that it is not reached from elsewhere."""
    assert listener.address.startswith("127.0.0.1:")


ATTACKS: dict[Guard, Callable[[Mesh, Listener, Path], Awaitable[None]]] = {
    Guard.TOKEN: without_token,
    Guard.SIGNATURE: without_signature,
    Guard.CERTIFICATE: without_certificate,
    Guard.PEER: without_certificate_or_token,
    Guard.OWNER: as_another_account,
    Guard.PUBLIC: for_more_than_is_public,
    Guard.KEY: without_key,
    Guard.MACHINE: from_this_machine,
}


@cache
def methods_with_token() -> list[str]:
    """Methods of the contract that hear nobody without a token."""
    policies = policies_of(descriptor_set().read_bytes())
    return sorted(
        path
        for path, policy in policies.items()
        if path.startswith("/argus.") and policy.needs_token
    )


def test_doctor_names_every_open_port_and_who_may_use_it(mesh: Mesh, plan: Plan) -> None:
    told = argus("doctor", "--data-dir", str(mesh.data_dir))
    for part in plan.parts:
        for listener in part.listeners:
            line = next(
                line for line in told.stdout.splitlines() if f" {listener.address} (" in line
            )
            assert listener.users in line
            assert listener.refusal in line
    assert "nothing says for whom" not in told.stdout
