"""Several embedders share an import; killing one of them, or all, loses nothing."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from argus.search.v1 import search_pb2

from mesh.client.account import AccountFile
from mesh.client.connection import Connection, connect
from mesh.client.importer import Importer, Outcome
from tests.support.eventually import wait_until
from tests.support.mesh import Mesh, argus, mesh_folder
from tests.support.person import PASSWORD
from tests.support.pictures import drawing

EMBEDDERS = ("embedder", "embedder-2")
IMAGES = 12
EMBED_IMAGES = "/argus.embedder.v1.EmbedderService/EmbedImageBatches"


@pytest.fixture(scope="module")
def own() -> Iterator[Mesh]:
    with mesh_folder(embedders=2) as mesh:
        # So that the edge says which embedder each stream went to.
        mesh.up(ARGUS_EDGE_LOG_MIN_STATUS="100")
        yield mesh


@pytest.fixture(scope="module")
async def connection(
    own: Mesh, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Connection]:
    async with connect(own.edge_target, AccountFile(tmp_path_factory.mktemp("home"))) as opened:
        await opened.sign_in("many@example.org", PASSWORD, name="")
        yield opened


@pytest.mark.parametrize("killed", [(), ("embedder-2",), EMBEDDERS], ids=len)
async def test_an_import_loses_nothing(
    own: Mesh, connection: Connection, tmp_path: Path, killed: tuple[str, ...]
) -> None:
    before = {name: own.pid(name) for name in EMBEDDERS}
    assert len({*before.values()}) == 2
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

    await asyncio.to_thread(wait_until, recovered, "every embedder is back")
    assert [name for name in EMBEDDERS if own.pid(name) != before[name]] == [*killed]
    request = search_pb2.SearchImagesRequest(
        text="colours", filter=f"labels.killed = {len(killed)}", limit=200
    )
    answer = await connection.call(connection.search.SearchImages, request, patience_s=90)
    found = [match.image.filename for match in answer.matches]
    assert sorted(found) == sorted(file.name for file in files)


def test_status_and_doctor_know_every_embedder(own: Mesh) -> None:
    for command in ("status", "doctor"):
        shown = argus(command, "--data-dir", str(own.data_dir))
        assert shown.returncode == 0, shown.stdout
        assert {*EMBEDDERS} <= {*shown.stdout.split()}


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
