"""Inspection through the edge: defects painted on real surfaces, over REST, gRPC and commands."""

import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
from argus.inspection.v1 import inspection_pb2, inspection_pb2_grpc
from PIL import Image, ImageDraw
from skimage import data

from tests.support.inspection import surfaces
from tests.support.mesh import Mesh
from tests.support.person import PASSWORD, Person, reason
from tests.support.pictures import encoded, photograph

SIDE = 192
NORMALS = 12
SURFACES = ("brick", "grass", "gravel")
DEFECT = (60, 100, 100, 132)
"""Where a defect is painted: left, top, right, bottom in pixels."""

Argus = Callable[..., subprocess.CompletedProcess[str]]


def surface(name: str, seed: int, *, defect: bool = False) -> bytes:
    """A piece of a real surface; with a smear of paint on it if it is defective."""
    whole = getattr(data, name)()
    top, left = np.random.default_rng(seed).integers(0, 512 - SIDE, 2)
    picture = Image.fromarray(whole[top : top + SIDE, left : left + SIDE]).convert("RGB")
    if defect:
        ImageDraw.Draw(picture).ellipse(DEFECT, fill=(235, 225, 40))
    return encoded(picture)


@dataclass(frozen=True)
class Calibrated:
    """A set that was calibrated."""

    set_id: str
    image_ids: list[str]


@pytest.fixture(scope="module")
async def http(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
async def ada(mesh: Mesh, http: httpx.AsyncClient) -> Person:
    return await Person.register(mesh, http)


async def post(person: Person, path: str, **body: Any) -> dict[str, Any]:
    answer = await person.call("POST", f"/api/qa/{path}", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def get(person: Person, path: str, **parameters: Any) -> dict[str, Any]:
    answer = await person.call("GET", f"/api/qa/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def stored(person: Person, content: bytes) -> str:
    answer = await person.send(content, "surface.png", "image/png")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["imageId"])


async def calibrate(person: Person, set_id: str, **body: Any) -> dict[str, Any]:
    """Calibrates, and watches until it ends."""
    return await done(person, set_id, "calibrate", **body)


async def done(person: Person, set_id: str, verb: str, **body: Any) -> dict[str, Any]:
    """Starts a job, and watches it until it ends."""
    begun = await post(person, f"reference-sets/{set_id}:{verb}", **body)
    watched = await person.call(
        "GET", f"/api/qa/reference-sets/{set_id}/jobs/{begun['jobId']}:watch"
    )
    lines = [json.loads(line) for line in watched.text.splitlines() if line]
    last: dict[str, Any] = lines[-1]["job"]
    assert last["state"] == "SUCCEEDED", last
    return last


@pytest.fixture(scope="module")
async def calibrated(ada: Person) -> Mapping[str, Calibrated]:
    """A set of each surface."""
    made = {}
    for name in SURFACES:
        new = await post(ada, "reference-sets", displayName=name)
        assert new["state"] == "EMPTY"
        set_id = new["referenceSetId"]
        image_ids = [await stored(ada, surface(name, seed)) for seed in range(NORMALS)]
        added = await post(ada, f"reference-sets/{set_id}:add", imageIds=image_ids)
        assert added["imageCount"] == NORMALS
        ended = await calibrate(ada, set_id, targetFalseAlarmRate=0.05)
        assert ended["targetFalseAlarmRate"] == 0.05
        seen = await get(ada, f"reference-sets/{set_id}")
        assert (seen["state"], seen["currentVersion"]) == ("READY", 1)
        made[name] = Calibrated(set_id, image_ids)
    return made


@pytest.mark.parametrize("name", SURFACES)
async def test_a_defect_is_found_where_it_is(
    ada: Person, calibrated: Mapping[str, Calibrated], name: str
) -> None:
    found = await post(
        ada,
        "inspect",
        referenceSetId=calibrated[name].set_id,
        image=base64.b64encode(surface(name, 100, defect=True)).decode(),
        heatmap=True,
        overlay="WEBP",
    )
    assert found["verdict"] == "ANOMALOUS"
    assert found["score"] > found["threshold"]
    left, top, right, bottom = (edge / SIDE for edge in DEFECT)
    with Image.open(io.BytesIO(base64.b64decode(found["heatmap"]))) as heatmap:
        assert heatmap.mode == "I;16"
        levels = np.asarray(heatmap)
    y, x = np.argwhere(levels == levels.max()).mean(axis=0) / levels.shape
    assert left <= x <= right
    assert top <= y <= bottom
    box = found["regions"][0]["box"]
    assert box.get("left", 0) < (left + right) / 2 < box["right"]
    assert box.get("top", 0) < (top + bottom) / 2 < box["bottom"]
    assert found["regions"][0]["nearest"]["imageId"] in calibrated[name].image_ids
    with Image.open(io.BytesIO(base64.b64decode(found["overlay"]))) as overlay:
        overlay.load()
        assert overlay.format == "WEBP"
        assert overlay.width == overlay.height
    assert {one["imageId"] for one in found["nearest"]} <= set(calibrated[name].image_ids)


async def test_another_surface_is_another_product(
    ada: Person, calibrated: Mapping[str, Calibrated]
) -> None:
    found = await post(
        ada,
        "inspect",
        referenceSetId=calibrated["grass"].set_id,
        image=base64.b64encode(photograph("coffee")).decode(),
    )
    assert found["verdict"] == "UNINSPECTABLE"
    assert found["offDistribution"]
    assert found["frameProblems"]


async def test_a_camera_that_fails_is_told_from_a_defect(
    ada: Person, calibrated: Mapping[str, Calibrated]
) -> None:
    async def inspected(frame: surfaces.Picture) -> dict[str, Any]:
        image = base64.b64encode(surfaces.encoded(frame)).decode()
        return await post(ada, "inspect", referenceSetId=calibrated["gravel"].set_id, image=image)

    whole = surfaces.decoded(surface("gravel", 100))
    frames = surfaces.failing(whole)
    for name in ("black", "white", "grey", "dark and noisy", "a third of the light", "defocused"):
        found = await inspected(frames[name])
        assert found["verdict"] == "UNINSPECTABLE", name
        if name in {"black", "white", "grey"}:
            assert [one["reason"] for one in found["frameProblems"]] == ["BLANK"]
    assert (await inspected(whole)).get("frameProblems", []) == []


async def test_the_next_version_raises_fewer_false_alarms(
    ada: Person, calibrated: Mapping[str, Calibrated]
) -> None:
    set_id = calibrated["gravel"].set_id
    # A batch that is marked with paint, on purpose.
    batch = [await stored(ada, surface("gravel", 200 + seed, defect=True)) for seed in range(8)]
    alarms = 0
    for image_id in batch:
        found = await post(ada, "inspect", referenceSetId=set_id, imageId=image_id)
        alarms += found["verdict"] != "NORMAL"
    assert alarms == len(batch)
    queue = await get(ada, "queue", referenceSetId=set_id)
    assert {one["imageId"] for one in queue["items"]} <= set(batch)
    for image_id in batch:
        said = await post(
            ada, "feedback", imageId=image_id, action="mark_normal", note="a mark of ours"
        )
        assert (said["referenceSetId"], said["userId"]) == (set_id, ada.user_id)
    stats = await get(ada, "stats", referenceSetId=set_id)
    assert stats["agreement"]["falseAlarmRate"]["value"] == 1
    proposed = await get(ada, f"reference-sets/{set_id}/proposals")
    assert proposed["imageIds"] == batch
    await post(ada, f"reference-sets/{set_id}:add", imageIds=batch[:5])
    await calibrate(ada, set_id)
    compared = await done(ada, set_id, "compare", versionA=1, versionB=2)
    before, after = compared["comparison"]["a"], compared["comparison"]["b"]
    assert before["falsePositives"] == 3
    assert after["falsePositives"] < before["falsePositives"]
    csv = await ada.call("GET", f"/api/qa/reference-sets/{set_id}/export", params={"format": "CSV"})
    assert all(image_id in csv.text for image_id in batch)
    back = await post(ada, f"reference-sets/{set_id}:rollback", version=1)
    assert back["currentVersion"] == 1


async def test_stored_images_are_inspected_and_looked_at_again_over_rest(
    ada: Person, calibrated: Mapping[str, Calibrated]
) -> None:
    set_id, image_ids = calibrated["brick"].set_id, calibrated["brick"].image_ids
    streamed = await ada.call(
        "POST",
        "/api/qa/inspect:stored",
        json={"referenceSetId": set_id, "imageIds": image_ids, "overlay": "WEBP"},
    )
    assert streamed.status_code == 200, streamed.text
    found = {one["itemId"]: one for one in map(json.loads, streamed.text.split("\n")[:-1])}
    assert found.keys() == set(image_ids)
    assert all(one["inspection"]["overlay"] for one in found.values())

    listed = await get(ada, "inspections", referenceSetId=set_id, pageSize=len(image_ids))
    ids = {one["inspection"]["inspectionId"] for one in listed["inspections"]}
    assert ids == {one["inspection"]["inspectionId"] for one in found.values()}
    past = await get(ada, f"inspections/{ids.pop()}", heatmap=True)
    with Image.open(io.BytesIO(base64.b64decode(past["inspection"]["heatmap"]))) as heatmap:
        assert heatmap.mode == "I;16"

    version = f"reference-sets/{set_id}/versions/0"
    histogram = await get(ada, f"{version}:histogram", bins=30)
    assert (len(histogram["edges"]), sum(histogram["heldOut"])) == (31, NORMALS)
    told = await post(ada, f"{version}:preview", targetFalseAlarmRates=[0.1, 0.2])
    assert len(told["previews"]) == 2
    made = await post(ada, f"reference-sets/{set_id}:threshold", value=1e6, use=False)
    assert (made["version"], made["threshold"]["setByPerson"]) == (2, True)
    said = await post(ada, "feedback", imageId=image_ids[0], action="mark_normal")
    undone = await ada.call("DELETE", f"/api/qa/feedback/{said['feedbackId']}")
    assert undone.status_code == 200, undone.text


async def test_a_line_of_images_is_inspected_as_it_comes(
    mesh: Mesh, ada: Person, calibrated: Mapping[str, Calibrated]
) -> None:
    images = {f"{seed}": surface("brick", 300 + seed, defect=seed % 2 == 0) for seed in range(8)}
    requests = [
        inspection_pb2.InspectImagesRequest(
            item_id=name,
            request=inspection_pb2.InspectRequest(
                reference_set_id=calibrated["brick"].set_id, image=image
            ),
        )
        for name, image in images.items()
    ]
    async with grpc.aio.insecure_channel(mesh.edge_target) as channel:
        stub = inspection_pb2_grpc.InspectionServiceStub(channel)
        call = stub.InspectImages(iter(requests), metadata=ada.metadata, timeout=60)
        answers = {answer.item_id: answer.inspection async for answer in call}
        for name in ("0", "1"):
            alone = await stub.Inspect(
                requests[int(name)].request, metadata=ada.metadata, timeout=30
            )
            assert alone.score == answers[name].score
    assert answers.keys() == images.keys()
    assert all(answers[name].verdict == inspection_pb2.InspectResponse.ANOMALOUS for name in "0246")


async def test_compact_does_not_judge_by_words(ada: Person) -> None:
    image = base64.b64encode(surface("brick", 1)).decode()
    answer = await ada.call(
        "POST", "/api/qa/inspect", json={"zeroShot": {"object": "brick wall"}, "image": image}
    )
    assert (answer.status_code, reason(answer)) == (400, "MODEL_NOT_CLIP")


@pytest.fixture
def argus(mesh: Mesh, tmp_path: Path) -> Argus:
    """The command line as somebody of their own runs it."""
    environment = {key: value for key, value in os.environ.items() if "ARGUS" not in key}
    environment |= {
        "ARGUS_CONFIG_DIR": str(tmp_path / "home"),
        "ARGUS_SERVER": mesh.edge_target,
        "ARGUS_PASSWORD": PASSWORD,
        "COLUMNS": "160",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mesh", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def test_the_commands_of_the_guide(argus: Argus, tmp_path: Path) -> None:
    for folder, images in {
        "good": {f"{seed}.png": surface("grass", seed) for seed in range(6)},
        "today": {
            "fine.png": surface("grass", 3),
            "smeared.png": surface("grass", 400, defect=True),
        },
    }.items():
        (tmp_path / folder).mkdir()
        for name, content in images.items():
            (tmp_path / folder / name).write_bytes(content)

    def done(*arguments: str, code: int = 0) -> str:
        ended = argus(*arguments)
        assert ended.returncode == code, ended.stdout + ended.stderr
        return ended.stdout

    done("login", "--register", "--email", "inspector@example.org")
    done("refset", "create", "lawn")
    done("refset", "add", "lawn", str(tmp_path / "good"), "--no-wait")
    assert "Version 1 is made" in done("refset", "calibrate", "lawn", "--target", "0.05")
    out = tmp_path / "out"
    arguments = ["inspect", "--set", "lawn", "--import", str(tmp_path / "today")]
    table = done(*arguments, "--save", str(out), "--raw", "--fail-on-anomaly", code=1)
    rows = {line.split()[0]: line for line in table.splitlines() if ".png" in line}
    assert "ANOMALOUS" in next(row for name, row in rows.items() if "smeared" in name)
    assert "normal" in next(row for name, row in rows.items() if "fine" in name)
    saved = sorted(path.name for path in out.iterdir())
    assert any(name.endswith(".overlay.webp") for name in saved)
    assert any(name.endswith(".heatmap.png") for name in saved)
    assert "lawn" in done("refset", "list")
    done("refset", "calibrate", "lawn", "--from-scratch")
    assert "2" in done("refset", "versions", "lawn")
    done("refset", "use", "lawn", "1")
    done("refset", "export", "lawn", "--format", "html", "-o", str(tmp_path / "report.html"))
    assert (tmp_path / "report.html").read_text().startswith("<!")
