"""A backup that is taken while people work, and the mesh that is restored from it."""

import asyncio
import base64
import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from mesh.backup.manifest import Manifest, read_manifest
from mesh.backup.repository import Repository
from tests.mesh.test_inspection import calibrate, get, post, surface
from tests.support.eventually import eventually
from tests.support.mesh import Mesh, argus, mesh_folder
from tests.support.person import Person
from tests.support.pictures import photograph

NORMALS = 8
LINKS = ("contentUrl", "thumbnailUrl", "previewUrl", "displayUrl")


@dataclass
class Before:
    """A mesh as it was when the backup was taken."""

    mesh: Mesh
    http: httpx.AsyncClient
    ada: Person
    set_id: str = ""
    images: dict[str, bytes] = field(default_factory=dict)
    """Content of each of Ada's images, by id."""

    trashed: str = ""
    api_key: str = ""
    verdict: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the backups are."""
    return tmp_path_factory.mktemp("backups") / "repository"


@pytest.fixture(scope="module")
async def before() -> AsyncIterator[Before]:
    """A mesh in which Ada has some of everything."""
    with mesh_folder() as mesh:
        mesh.up()
        async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as http:
            ada = await Person.register(mesh, http, email="ada@example.org")
            made = Before(mesh, http, ada)
            await fill(made)
            yield made


async def fill(made: Before) -> None:
    ada = made.ada
    for name in ("chelsea", "coffee"):
        content = photograph(name)
        image = await ada.add(content, f"{name}.png", labels={"subject": name})
        made.images[image["imageId"]] = content
    trashed = await ada.add(surface("grass", 99), "trashed.png")
    made.trashed = trashed["imageId"]
    assert (await ada.call("DELETE", f"/api/images/{made.trashed}")).status_code == 200
    normal = []
    for seed in range(NORMALS):
        content = surface("brick", seed)
        image = await ada.add(content, f"brick-{seed}.png")
        normal.append(image["imageId"])
        made.images[image["imageId"]] = content
    made.set_id = (await post(ada, "reference-sets", displayName="bricks"))["referenceSetId"]
    await post(ada, f"reference-sets/{made.set_id}:add", imageIds=normal)
    await calibrate(ada, made.set_id)
    made.verdict = await inspected(made.ada, made.set_id)
    await post(ada, "inspect", referenceSetId=made.set_id, imageId=normal[0])
    await post(ada, "feedback", imageId=normal[0], action="mark_normal", note="as it should be")
    key = await ada.call(
        "POST", "/api/auth/api-keys", json={"displayName": "camera", "scopes": ["READ"]}
    )
    made.api_key = key.json()["secret"]

    async def rendered() -> bool:
        return all("thumbhash" in image for image in await listed(ada))

    await eventually(rendered, "renditions are made")


async def inspected(person: Person, set_id: str) -> dict[str, Any]:
    """What inspection says of a brick with paint on it."""
    content = base64.b64encode(surface("brick", 50, defect=True)).decode()
    return await post(person, "inspect", referenceSetId=set_id, image=content)


async def listed(person: Person, **parameters: Any) -> list[dict[str, Any]]:
    answer = await person.call("GET", "/api/images", params={"pageSize": 500, **parameters})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json().get("images", [])
    return found


async def facts(person: Person) -> dict[str, Any]:
    """All that Ada sees, without what is different at each look."""
    images = await listed(person)
    trash = await listed(person, deleted="true")
    sets = await get(person, "reference-sets")
    return {
        "images": lasting(images),
        "trash": [one["imageId"] for one in trash],
        "labels": (await person.call("GET", "/api/labels")).json(),
        "sets": lasting(sets["referenceSets"]),
        "feedback": lasting((await get(person, "feedback"))["feedback"]),
        "me": (await person.call("GET", "/api/auth/me")).json(),
        "bytes": {
            one["imageId"]: {
                name: hashlib.sha256(await fetched(one[name])).hexdigest()
                for name in LINKS
                if name in one
            }
            for one in images
        },
    }


def lasting(found: Any) -> Any:
    """The same without links, at whatever depth, which are others at each start."""
    if isinstance(found, dict):
        return {key: lasting(one) for key, one in found.items() if "url" not in key.lower()}
    return [lasting(one) for one in found] if isinstance(found, list) else found


async def fetched(url: str) -> bytes:
    async with httpx.AsyncClient(trust_env=False) as store:
        answer = await store.get(url)
    assert answer.status_code == 200, f"{url}: {answer.text}"
    return answer.content


@dataclass
class Taken:
    """A backup, and what Ada saw when it was taken."""

    manifest: Manifest
    facts: dict[str, Any]
    bob: Person
    began: list[str]
    """Bob's images from before the backup; he deleted half of them while it was taken."""


@pytest.fixture(scope="module")
async def taken(before: Before, folder: Path) -> Taken:
    """A backup that was taken while Bob uploaded images, and removed others for good."""
    bob = await Person.register(before.mesh, before.http, email="bob@example.org")
    seeds = count(1000)
    began = [
        (await bob.add(surface("gravel", next(seeds)), "gravel.png"))["imageId"] for _ in range(8)
    ]
    seen = await facts(before.ada)

    async def work() -> None:
        for number in count():
            await bob.send(surface("gravel", next(seeds)), "more.png", "image/png")
            if number < len(began) // 2:
                await bob.call(
                    "DELETE", f"/api/images/{began[number]}", params={"permanently": "true"}
                )

    working = asyncio.create_task(work())
    done = await asyncio.to_thread(
        argus, "backup", "create", str(folder), "--data-dir", str(before.mesh.data_dir)
    )
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    assert done.returncode == 0, done.stdout + done.stderr
    repository = Repository.opened(folder)
    [backup_id] = repository.ids()
    return Taken(read_manifest(repository.backup(backup_id)), seen, bob, began)


@dataclass
class After:
    """The mesh that was restored."""

    mesh: Mesh
    ada: Person
    bob: Person


@pytest.fixture(scope="module")
async def after(before: Before, taken: Taken, folder: Path) -> AsyncIterator[After]:
    before.mesh.down()
    with mesh_folder() as mesh:
        done = argus("backup", "restore", str(folder), "--data-dir", str(mesh.data_dir))
        assert done.returncode == 0, done.stdout + done.stderr
        mesh.up()
        async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as http:
            people = []
            for former in (before.ada, taken.bob):
                signed_in = {
                    "user": {"userId": former.user_id, "email": former.email},
                    "accessToken": "",
                    "refreshToken": "",
                }
                person = Person(mesh, http, signed_in)
                await person.sign_in()
                people.append(person)
            yield After(mesh, *people)


async def test_the_backup_is_whole_and_the_next_one_copies_only_what_is_new(
    before: Before, taken: Taken, folder: Path
) -> None:
    verified = argus("backup", "verify", str(folder))
    assert verified.returncode == 0, verified.stderr
    assert "2 accounts" in verified.stdout
    assert taken.manifest.images >= len(before.images) + 1

    again = argus("backup", "create", str(folder), "--data-dir", str(before.mesh.data_dir))
    assert again.returncode == 0, again.stderr
    repository = Repository.opened(folder)
    first, second = (read_manifest(repository.backup(one)) for one in repository.ids())
    assert second.copied_bytes < first.copied_bytes
    status = argus("status", "--data-dir", str(before.mesh.data_dir))
    assert f"Last backup {second.backup_id}" in status.stdout
    # The tests below restore the first.
    shutil.rmtree(repository.backup(second.backup_id))


async def test_everybody_finds_what_they_had_byte_for_byte(
    before: Before, taken: Taken, after: After
) -> None:
    for image_id in before.images:
        await after.ada.until_indexed(image_id)
    now = await facts(after.ada)
    # Search has indexed them anew, which is a change.
    for one in (*taken.facts["images"], *now["images"]):
        one.pop("updateTime", None)
    assert now == taken.facts
    for image_id, content in before.images.items():
        found = await after.ada.call("GET", f"/api/images/{image_id}")
        assert await fetched(found.json()["contentUrl"]) == content


async def test_what_was_uploaded_and_removed_meanwhile_has_all_its_bytes_or_is_not_there(
    taken: Taken, after: After
) -> None:
    images = await listed(after.bob)
    assert {one["imageId"] for one in images} >= set(taken.began[len(taken.began) // 2 :])
    for one in images:
        if one["state"] in {"UPLOADED", "INDEXED"}:
            content = await fetched(one["contentUrl"])
            assert hashlib.sha256(content).hexdigest() == one["sha256"]
            await fetched(one["thumbnailUrl"])


async def test_the_trash_keys_and_inspection_are_as_they_were(before: Before, after: After) -> None:
    undone = await after.ada.call("POST", f"/api/images/{before.trashed}:undelete", json={})
    assert undone.status_code == 200, undone.text
    exchanged = await after.ada.http.post(
        "/api/auth/api-keys:exchange", json={"secret": before.api_key}
    )
    assert exchanged.status_code == 200, exchanged.text
    verdict = await inspected(after.ada, before.set_id)
    for name in ("verdict", "score", "threshold", "regions"):
        assert verdict.get(name) == before.verdict.get(name)


async def test_search_finds_what_it_found_with_the_vectors_of_the_backup(
    before: Before, taken: Taken, after: After
) -> None:
    assert "index.vectors" in taken.manifest.files
    for image_id in before.images:
        await after.ada.until_indexed(image_id)
    [match] = await after.ada.search(text="a cat", limit=1)
    assert match["image"]["filename"] == "chelsea.png"
    image_id = match["image"]["imageId"]
    content = base64.b64encode(before.images[image_id]).decode()
    [match] = await after.ada.search(image=content, limit=1)
    assert match["image"]["imageId"] == image_id
    log = (after.mesh.data_dir / "logs" / "search.log").read_text()
    [brought] = [line for line in log.splitlines() if "images' vectors from" in line]
    assert int(brought.split("took ")[1].split()[0]) >= len(before.images)


async def test_vectors_are_exported_and_taken_in(after: After, tmp_path: Path) -> None:
    """The command, as whoever runs the mesh."""
    file, where = str(tmp_path / "all.vectors"), ("--data-dir", str(after.mesh.data_dir))
    exported = argus("vectors", "export", file, *where)
    assert exported.returncode == 0, exported.stderr
    assert "has the vectors of" in exported.stdout
    imported = argus("vectors", "import", file, *where)
    assert imported.returncode == 0, imported.stderr
    assert "0 images got their vector" in imported.stdout
    assert "had one" in imported.stdout
