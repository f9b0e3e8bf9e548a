"""The object store as the mesh runs it: S3 works as before, and nothing else answers anybody."""

import asyncio
import io
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import grpc
import httpx
import minio
import pytest
from minio.error import S3Error
from urllib3.exceptions import HTTPError

from mesh.credentials import load_credentials
from mesh.errors import NotReadyError
from mesh.layout import Layout
from mesh.options import LOOPBACK, MeshOptions
from mesh.parts.objects import BUCKET, REGION, objects_part
from mesh.parts.objects_certificates import make_certificates
from mesh.parts.objects_tls import CertificateFiles
from mesh.supervision.child import Child, last_lines
from mesh.supervision.listener import Guard, tcp
from mesh.supervision.part import Part
from mesh.supervision.ports import Ports, choose_ports
from mesh.supervision.probes import check_demands_certificate, s3_client
from mesh.supervision.sockets import open_sockets, processes_of
from mesh.supervision.supervisor import ask
from tests.support.layouts import temporary_layout
from tests.support.parts import free_port
from tests.support.strangers import LET_IN, grpc_code, http_status, socket_is_closed, tls_outcome

START_TIMEOUT_S = 60
IMAGE = b"not a picture, but somebody's"


class Store:
    """A folder, ports and keys of an object store; and the store, while it runs."""

    def __init__(self, layout: Layout, host: str = LOOPBACK) -> None:
        self.layout = layout
        options = MeshOptions(
            data_dir=layout.data_dir, host=host, port=free_port(), object_port=free_port(),
            admin_port=free_port(),
        )  # fmt: skip
        self.ports: Ports = choose_ports(options, objects_external=False)[0]
        self.credentials = load_credentials(layout)
        self.part = objects_part(layout, self.ports, self.credentials, host)
        self.pid = 0

    @property
    def client(self) -> minio.Minio:
        """One that tries nothing twice, so that a store that is ready too early shows."""
        return s3_client(
            f"http://{LOOPBACK}:{self.ports.objects}", self.credentials.s3_access_key,
            self.credentials.s3_secret_key, REGION,
        )  # fmt: skip

    @asynccontextmanager
    async def running(self, part: Part | None = None) -> AsyncIterator[None]:
        part = part or self.part
        await asyncio.to_thread(part.prepare)
        child = Child(part, self.layout)
        self.pid = child.pid
        try:
            await self._until(part.ready, child)
            await self._until(part.provision, child)
            yield
        finally:
            await child.stop(asyncio.Event())

    async def _until(self, probe: object, child: Child) -> None:
        async with asyncio.timeout(START_TIMEOUT_S):
            while (problem := await ask(probe)) is not None:  # type: ignore[arg-type]
                log = last_lines(self.layout.log("objects"), 9)
                assert not child.ended.done(), (problem, log)
                await asyncio.sleep(0.05)

    def make_bucket(self) -> None:
        if not self.client.bucket_exists(BUCKET):
            self.client.make_bucket(BUCKET)

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(BUCKET, key, io.BytesIO(content), len(content))

    def get(self, key: str) -> bytes:
        answer = self.client.get_object(BUCKET, key)
        try:
            return bytes(answer.read())
        finally:
            answer.close()
            answer.release_conn()


@pytest.fixture(scope="module")
async def store() -> AsyncIterator[Store]:
    """A store that runs, with one image in it."""
    with temporary_layout() as layout:
        made = Store(layout)
        async with made.running():
            made.put("image", IMAGE)
            yield made


@pytest.fixture
def stranger(tmp_path: Path) -> CertificateFiles:
    """A certificate that somebody signed themselves, under the same names."""
    files = CertificateFiles(tmp_path / "stranger")
    make_certificates(files)
    return files


def inner_ports(store: Store) -> list[str]:
    return [found.address for found in store.part.listeners if found.guard is Guard.CERTIFICATE]


def test_every_socket_is_declared(store: Store) -> None:
    declared = {listener.address for listener in store.part.listeners}
    assert open_sockets(processes_of(store.pid)) == declared


async def test_the_inner_ports_end_connections_without_a_certificate(store: Store) -> None:
    assert len(inner_ports(store)) == 7
    for address in inner_ports(store):
        await check_demands_certificate(address)


async def test_a_certificate_of_somebody_elses_is_none(
    store: Store, stranger: CertificateFiles
) -> None:
    for address in inner_ports(store):
        outcome = await tls_outcome(address, stranger)
        assert outcome != LET_IN, address


async def test_grpc_without_tls_is_no_call(store: Store) -> None:
    for port, method in (
        (store.ports.master_grpc, "/master_pb.Seaweed/VolumeList"),
        (store.ports.volume_grpc, "/volume_server_pb.VolumeServer/VolumeServerStatus"),
        (store.ports.filer_grpc, "/filer_pb.SeaweedFiler/GetFilerConfiguration"),
        (store.ports.objects_grpc, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"),
    ):
        async with grpc.aio.insecure_channel(f"{LOOPBACK}:{port}") as channel:
            code = await grpc_code(channel, method)
        assert code is grpc.StatusCode.UNAVAILABLE, method


@pytest.mark.parametrize(
    ("port", "path"),
    [
        ("master", "/col/delete?collection=images"),
        ("master", "/dir/assign"),
        ("master", "/dir/status"),
        ("master", "/vol/vacuum?garbageThreshold=0"),
        ("master", "/cluster/status"),
        ("master", "/"),
        ("volume", "/status"),
        ("volume", "/ui/index.html"),
        ("filer", "/buckets/images/?pretty=y"),
        ("filer", "/buckets/images/image"),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_http_without_a_certificate_does_nothing(
    store: Store, scheme: str, port: str, path: str
) -> None:
    url = f"{scheme}://{LOOPBACK}:{getattr(store.ports, port)}{path}"
    # Without TLS it may say with 400 that it speaks TLS, or hang up.
    refused = {0, 400} if scheme == "http" else {0}
    for method in ("GET", "DELETE"):
        assert await http_status(url, method) in refused, method
    assert store.get("image") == IMAGE


def test_no_other_account_reaches_its_sockets(store: Store) -> None:
    sockets = [Path(found.address) for found in store.part.listeners if found.is_unix]
    assert len(sockets) == 6
    for socket in sockets:
        assert socket_is_closed(socket), socket


def test_nobody_else_can_read_the_certificates(store: Store) -> None:
    for file in (store.layout.secrets / "objects-tls").iterdir():
        assert file.stat().st_mode & 0o077 == 0, file
        assert b"EC PRIVATE" not in file.read_bytes()
    assert {file.name for file in (store.layout.secrets / "objects-tls").iterdir()} == {
        "ca.pem",
        "cert.pem",
        "key.pem",
    }


async def test_s3_does_what_the_mesh_needs(store: Store) -> None:
    # Longer than a part of an upload, longer than a chunk of the filer.
    content = os.urandom(20 * 2**20)
    await asyncio.to_thread(store.put, "large", content)
    assert await asyncio.to_thread(store.get, "large") == content
    async with httpx.AsyncClient(trust_env=False) as client:
        put = store.client.presigned_put_object(BUCKET, "presigned")
        assert (await client.put(put, content=IMAGE)).status_code == 200
        get = store.client.presigned_get_object(BUCKET, "presigned")
        assert (await client.get(get)).content == IMAGE
        assert (await client.get(get.split("?")[0])).status_code == 403
    store.client.remove_object(BUCKET, "presigned")
    assert "presigned" not in {found.object_name for found in store.client.list_objects(BUCKET)}


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",  # noqa: S104 - that is what the test is about
        pytest.param(
            "127.0.0.2",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="no such address here"),
        ),
    ],
)
async def test_what_other_machines_may_reach_is_declared_and_closed(
    layout: Layout, host: str
) -> None:
    store = Store(layout, host)
    async with store.running():
        declared = {listener.address for listener in store.part.listeners}
        assert open_sockets(processes_of(store.pid)) == declared
        ports = (store.ports.objects, store.ports.objects_grpc)
        assert {tcp(host, port) for port in ports} <= declared
        # Everything else is on loopback.
        beyond = {tcp(at, port) for at in (host, LOOPBACK) for port in ports}
        assert all(address.startswith((f"{LOOPBACK}:", "/")) for address in declared - beyond)
        for address in inner_ports(store):
            await check_demands_certificate(address)
        store.put("image", IMAGE)
        assert store.get("image") == IMAGE


async def test_after_a_start_what_is_kept_can_be_read_and_more_be_written(layout: Layout) -> None:
    store = Store(layout)
    async with store.running():
        store.put("kept", IMAGE)
    # Where its bytes are it knows at once in some starts, and seconds later in others.
    for _ in range(3):
        async with store.running():
            assert store.get("kept") == IMAGE
            store.put("new", IMAGE)


async def test_what_an_earlier_version_kept_is_there(layout: Layout) -> None:
    """It ran without certificates, and answered anybody."""
    store = Store(layout)

    async def provision() -> None:
        try:
            await asyncio.to_thread(store.make_bucket)
            await asyncio.to_thread(store.put, "kept", IMAGE)
        except (S3Error, HTTPError) as error:
            raise NotReadyError("its volumes are not there yet") from error

    earlier = replace(
        store.part,
        command=tuple(word for word in store.part.command if "disableHttp" not in word),
        env={
            name: value
            for name, value in store.part.env.items()
            if not name.startswith(("WEED_GRPC_", "WEED_HTTPS_"))
        },
        provision=provision,
    )
    async with store.running(earlier):
        address = f"{LOOPBACK}:{store.ports.master}"
        assert await http_status(f"http://{address}/dir/status") == 200
        # What only warns of certificates that it cannot use would not become ready.
        with pytest.raises(NotReadyError, match="lets in whoever has no certificate"):
            await store.part.provision()
    copied = CertificateFiles(layout.secrets / "objects-tls")
    copied_certificate = copied.certificate.read_bytes()
    async with store.running():
        assert store.get("kept") == IMAGE
        store.put("new", IMAGE)
        await check_demands_certificate(address)
        # Every start has certificates of its own.
        assert copied.certificate.read_bytes() != copied_certificate
