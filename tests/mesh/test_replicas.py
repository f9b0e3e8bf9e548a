"""Several replicas share an import; killing one of a kind, or all embedders, loses nothing.

Their mesh is one whose parts prove themselves to each other, and that people reach at one address,
over TLS: what is sent through it shows that as well.
"""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import pytest
from argus.search.v1 import search_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from mesh.client.account import AccountFile
from mesh.client.connection import Connection, connect
from mesh.client.gallery import save_gallery
from mesh.client.importer import Importer, Outcome
from mesh.parts.edge_tls import authority_file
from mesh.parts.objects_certificates import make_certificates
from mesh.parts.objects_tls import CertificateFiles
from tests.support.eventually import wait_until
from tests.support.mesh import Mesh, argus, mesh_folder
from tests.support.person import PASSWORD
from tests.support.pictures import drawing
from tests.support.strangers import LET_IN, http_status, tls_outcome

EMBEDDERS = ("embedder", "embedder-2")
REPLICAS = ("auth", "auth-2", "storage", "storage-2", *EMBEDDERS)
IMAGES = 12
EMBED_IMAGES = "/argus.embedder.v1.EmbedderService/EmbedImageBatches"


@pytest.fixture(scope="module")
def own() -> Iterator[Mesh]:
    with mesh_folder(embedders=2, replicas="auth=2,storage=2", mtls=True, public=True) as mesh:
        # So that the edge says which embedder each stream went to.
        mesh.up(ARGUS_EDGE_LOG_MIN_STATUS="100")
        yield mesh


@pytest.fixture(scope="module")
async def connection(
    own: Mesh, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Connection]:
    accounts = AccountFile(tmp_path_factory.mktemp("home"))
    ca = str(authority_file(own.layout))
    async with connect(own.tls_url, accounts, ca=ca) as opened:
        await opened.sign_in("many@example.org", PASSWORD, name="")
        yield opened


@pytest.mark.parametrize(
    "killed", [(), ("embedder-2",), EMBEDDERS, ("auth", "storage", "embedder")], ids=len
)
async def test_an_import_loses_nothing(
    own: Mesh, connection: Connection, tmp_path: Path, killed: tuple[str, ...]
) -> None:
    before = {name: own.pid(name) for name in REPLICAS}
    assert len({*before.values()}) == len(REPLICAS)
    files = [tmp_path / f"{len(killed)}-{number}.png" for number in range(IMAGES)]
    for number, file in enumerate(files):
        drawing(1 + 100 * len(killed) + number, (640, 480)).save(file)
    begun = asyncio.Event()

    def progress(outcome: Outcome | None) -> None:
        # In the midst: the first is in, the others are under way.
        if outcome is not None and not begun.is_set():
            begun.set()
            for name in killed:
                os.kill(before[name], signal.SIGKILL)

    labels = {"killed": str(len(killed))}
    report = await Importer(connection, labels=labels, jobs=6, progress=progress).run(files)
    assert report.problems == [], own.logs()
    assert (len(report.imported), report.searchable) == (IMAGES, IMAGES)

    def recovered() -> bool:
        return own.state().ready and all(own.pid(name) not in {0, before[name]} for name in killed)

    await asyncio.to_thread(wait_until, recovered, "every replica is back")
    assert [name for name in REPLICAS if own.pid(name) != before[name]] == [*killed]
    request = search_pb2.SearchImagesRequest(
        text="colours", filter=f"labels.killed = {len(killed)}", limit=200
    )
    answer = await connection.call(connection.search.SearchImages, request, patience_s=90)
    found = [match.image.filename for match in answer.matches]
    assert sorted(found) == sorted(file.name for file in files)
    image = answer.matches[0].image
    assert {url.partition("/images/")[0] for url in (image.content_url, image.thumbnail_url)} == {
        own.tls_url
    }
    gallery = await save_gallery(connection, answer.matches, tmp_path / "saved", title="all")
    assert (gallery.saved, gallery.problems) == (IMAGES, [])


async def test_a_link_works_under_whatever_name_it_came(own: Mesh, connection: Connection) -> None:
    request = search_pb2.SearchImagesRequest(text="colours", limit=1)
    answer = await connection.call(connection.search.SearchImages, request, patience_s=90)
    link = answer.matches[0].image.content_url
    proxied = {"x-forwarded-host": "elsewhere.example", "x-forwarded-port": "1"}
    async with connection.http(timeout_s=30) as http:
        assert (await http.get(link, headers=proxied)).is_success
        assert (await http.get(link, headers={"host": "elsewhere.example"})).is_success
        plain = link.replace(own.tls_url, own.edge_url)
        assert (await http.get(plain)).is_success
        # Nothing else than the edge is open to others.
        assert own.state().options.objects_host == "127.0.0.1"


async def test_services_let_nobody_in_without_a_certificate(own: Mesh, tmp_path: Path) -> None:
    state = own.state()
    stranger = CertificateFiles(tmp_path / "stranger")
    make_certificates(stranger)
    names = ("auth", "storage", "embedder", "search", "inspection", "internal")
    for name in names:
        address = f"127.0.0.1:{getattr(state.ports, name)}"
        for certificate in (None, stranger):
            assert await tls_outcome(address, certificate) != LET_IN, name
        assert await http_status(f"http://{address}/") == 0, name
        async with own.channel(name, "search") as channel:
            health = health_pb2_grpc.HealthStub(channel)
            answer = await health.Check(health_pb2.HealthCheckRequest())  # type: ignore[attr-defined] # stubs lack async methods
            assert answer.status == health_pb2.HealthCheckResponse.SERVING, name
    # Where the edge stands for the embedders it is not reached by whoever is no service.
    async with own.channel("internal", "operator") as channel:
        with pytest.raises(grpc.aio.AioRpcError):
            await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())  # type: ignore[attr-defined]


def test_status_and_doctor_know_every_replica(own: Mesh) -> None:
    for command in ("status", "doctor"):
        shown = argus(command, "--data-dir", str(own.data_dir))
        assert shown.returncode == 0, shown.stdout
        assert {*REPLICAS} <= {*shown.stdout.split()}


def test_each_embedder_got_images(own: Mesh) -> None:
    ports = own.state().ports.embedders
    own.down()
    images = bytes_to_each(own)
    assert {*images} == {f"127.0.0.1:{port}" for port in ports}
    # No picture of these is smaller.
    assert min(images.values()) > 1000


def bytes_to_each(mesh: Mesh) -> dict[str, int]:
    """Bytes of images that the edge handed to each embedder."""
    found: dict[str, int] = {}
    for line in mesh.layout.log("edge").read_text().splitlines():
        call = json.loads(line) if line.startswith("{") else {}
        if call.get("path") == EMBED_IMAGES and call["upstream_host"]:
            host = call["upstream_host"]
            found[host] = found.get(host, 0) + call["received_bytes"]
    return found
