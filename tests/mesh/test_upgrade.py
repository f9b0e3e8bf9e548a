"""The data folder of an older Argus, as it lay on a disk, and `argus up` of today."""

import hashlib
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from mesh.archive.unpacking import unpack
from tests.mesh.test_backup import fetched, listed
from tests.mesh.test_inspection import get, post
from tests.support.eventually import eventually
from tests.support.mesh import Mesh, argus, mesh_folder
from tests.support.person import Person

OLDER = Path(__file__).parents[1] / "fixtures" / "data_directory_2026_11_25" / "data.tar.xz"
BRICKS = {f"brick-{number}.jpg" for number in range(8)}
PHOTOGRAPHS = {"chelsea.jpg", "coffee.jpg", "rocket.jpg"}
UNKNOWN = '{"argus_version": "9.0.0", "migrations": {"storage": {"9999_later.sql": "00"}}}'


@pytest.fixture(scope="module")
async def ada() -> AsyncIterator[Person]:
    """Ada in the mesh of today."""
    with mesh_folder() as mesh:
        with tarfile.open(OLDER) as archive:
            unpack(archive, mesh.data_dir.parent)
        mesh.up()
        async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as http:
            yield await signed_in(mesh, http, "ada@example.org")


async def signed_in(mesh: Mesh, http: httpx.AsyncClient, email: str) -> Person:
    nobody = {"user": {"userId": "", "email": email}, "accessToken": "", "refreshToken": ""}
    person = Person(mesh, http, nobody)
    await person.sign_in()
    return person


async def test_people_find_their_images_byte_for_byte(ada: Person) -> None:
    images = await listed(ada)
    assert {one["filename"] for one in images} == BRICKS | PHOTOGRAPHS
    assert {one["labels"]["subject"] for one in images} == {"brick", "chelsea", "coffee", "rocket"}
    for one in images:
        assert hashlib.sha256(await fetched(one["contentUrl"])).hexdigest() == one["sha256"]
        await fetched(one["thumbnailUrl"])
    bob = await signed_in(ada.mesh, ada.http, "bob@example.org")
    assert [one["filename"] for one in await listed(bob)] == ["bob.jpg"]


async def test_search_finds_them(ada: Person) -> None:
    images = {one["filename"]: one["imageId"] for one in await listed(ada)}
    for image_id in images.values():
        await ada.until_indexed(image_id)
    [match] = await ada.search(imageId=images["chelsea.jpg"], limit=1)
    assert match["image"]["imageId"] == images["chelsea.jpg"]
    [match] = await ada.search(text="a cat", limit=1)
    assert match["image"]["filename"] == "chelsea.jpg"


async def test_search_completes_the_index_of_then(ada: Person) -> None:
    async def completed() -> bool:
        found = await ada.search(text="a cat", filter="filename:brick AND size_bytes > 0")
        return {one["image"]["filename"] for one in found} == BRICKS

    await eventually(completed, "every image has its words and its size")
    [match] = await ada.search(text="rocket", matching="WORDS")
    assert match["image"]["filename"] == "rocket.jpg"


async def test_reference_sets_versions_and_feedback_are_there_and_inspect(ada: Person) -> None:
    [bricks] = (await get(ada, "reference-sets"))["referenceSets"]
    assert (bricks["displayName"], bricks["imageCount"]) == ("bricks", len(BRICKS))
    assert bricks["currentVersion"] == 1
    [said] = (await get(ada, "feedback"))["feedback"]
    assert said["note"] == "as it should be"
    found = await post(
        ada, "inspect", referenceSetId=bricks["referenceSetId"], imageId=said["imageId"]
    )
    assert found["verdict"] in {"NORMAL", "ANOMALOUS", "UNINSPECTABLE"}


async def test_what_is_made_today_stands_beside_it(ada: Person) -> None:
    image_id = (await listed(ada))[0]["imageId"]
    assert (await ada.call("DELETE", f"/api/images/{image_id}")).status_code == 200
    undone = await ada.call("POST", f"/api/images/{image_id}:undelete", json={})
    assert undone.status_code == 200, undone.text


async def test_a_folder_of_a_newer_argus_is_refused_and_left_alone(ada: Person) -> None:
    mesh = ada.mesh
    written = mesh.layout.written_by_file
    mine = written.read_text()
    written.write_text(UNKNOWN)
    try:
        done = argus("up", "--detach", *mesh.flags)
        assert done.returncode == 1
        assert "written by Argus 9.0.0" in done.stderr
        assert "9999_later.sql" in done.stderr
        assert "Traceback" not in done.stderr
        assert written.read_text() == UNKNOWN
    finally:
        written.write_text(mine)
