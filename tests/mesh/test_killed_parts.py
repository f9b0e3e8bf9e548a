"""Killing any one process in the midst of work loses nothing and does nothing twice."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from argus.inspection.v1 import inspection_pb2
from argus.search.v1 import search_pb2
from argus.storage.v1 import image_pb2

from mesh.client.account import AccountFile
from mesh.client.connection import Connection, connect
from mesh.client.importer import Importer, Outcome
from mesh.client.jobs import watch
from tests.support.eventually import eventually
from tests.support.mesh import Mesh
from tests.support.person import PASSWORD
from tests.support.pictures import drawing

PARTS = (
    "postgres",
    "redis",
    "objects",
    "auth",
    "storage",
    "embedder",
    "search",
    "inspection",
    "edge",
)
IMAGES = 10
PATIENCE_S = 90.0


@pytest.fixture(scope="module")
async def connection(
    mesh: Mesh, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Connection]:
    accounts = AccountFile(tmp_path_factory.mktemp("home"))
    async with connect(mesh.edge_target, accounts) as opened:
        await opened.sign_in("survivor@example.org", PASSWORD, name="")
        yield opened


@pytest.mark.parametrize("part", PARTS)
async def test_nothing_is_lost_when_a_part_is_killed(
    mesh: Mesh, connection: Connection, tmp_path: Path, part: str
) -> None:
    files = []
    for number in range(IMAGES):
        file = tmp_path / f"{part}-{number}.png"
        drawing(1000 * PARTS.index(part) + number + 100, (640, 480)).save(file)
        files.append(file)
    killed = asyncio.Event()

    def progress(outcome: Outcome | None) -> None:
        # In the midst: the first is in, the others are under way.
        if outcome is not None and not killed.is_set():
            killed.set()
            os.kill(mesh.pid(part), signal.SIGKILL)

    before = mesh.pid(part)
    importer = Importer(connection, labels={"killed": part}, jobs=3, progress=progress)
    report = await importer.run(files)
    assert killed.is_set()
    assert report.problems == [], mesh.logs()
    assert (len(report.imported), report.searchable) == (IMAGES, IMAGES)
    await until_ready(mesh)
    assert mesh.pid(part) not in {0, before}

    request = search_pb2.SearchImagesRequest(
        text="colours", filter=f'labels.killed = "{part}"', limit=200
    )
    answer = await connection.call(connection.search.SearchImages, request, patience_s=PATIENCE_S)
    found = [match.image.filename for match in answer.matches]
    assert sorted(found) == sorted(file.name for file in files)


async def test_all_of_it_is_still_there(mesh: Mesh, connection: Connection) -> None:
    await until_ready(mesh)
    request = image_pb2.ListImagesRequest(page_size=500, filter="state = INDEXED")
    listed = await connection.call(connection.images.ListImages, request, patience_s=PATIENCE_S)
    assert len(listed.images) == IMAGES * len(PARTS)


async def test_a_calibration_whose_process_is_killed_makes_one_version(
    mesh: Mesh, connection: Connection
) -> None:
    await until_ready(mesh)
    normals = await connection.call(
        connection.images.ListImages,
        image_pb2.ListImagesRequest(page_size=8, filter="state = INDEXED"),
    )
    inspection = connection.inspection
    made = await connection.call(
        inspection.CreateReferenceSet,
        inspection_pb2.CreateReferenceSetRequest(display_name="survivor"),
    )
    set_id = made.reference_set_id
    await connection.call(
        inspection.AddReferenceImages,
        inspection_pb2.AddReferenceImagesRequest(
            reference_set_id=set_id, image_ids=[image.image_id for image in normals.images]
        ),
    )
    process = mesh.pid("inspection")
    models = psutil.Process(mesh.pid("embedder")).children()
    assert models
    # No features come, so that it is half-way.
    for model in models:
        model.suspend()
    try:
        begun = await connection.call(
            inspection.CalibrateReferenceSet,
            inspection_pb2.CalibrateReferenceSetRequest(reference_set_id=set_id),
        )
        async for seen in watch(connection, set_id, begun.job_id):
            if seen.state == inspection_pb2.Job.RUNNING:
                os.kill(process, signal.SIGKILL)
                break
    finally:
        for model in models:
            model.resume()
    async for seen in watch(connection, set_id, begun.job_id):
        ended = seen
    assert ended.state == inspection_pb2.Job.SUCCEEDED, ended
    await eventually(
        lambda: mesh.pid("inspection") not in {0, process}, "inspection runs again", within_s=60
    )
    listed = await connection.call(
        inspection.ListVersions, inspection_pb2.ListVersionsRequest(reference_set_id=set_id)
    )
    assert [version.version for version in listed.versions] == [ended.version] == [1]


async def until_ready(mesh: Mesh) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not mesh.state().ready:
        assert time.monotonic() < deadline, mesh.state()
        await asyncio.sleep(0.1)
