"""A version that was exported through the edge inspects alone, and says what the mesh says."""

import base64
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, ImageDraw

from tests.support.inspection.metal import part
from tests.support.mesh import Mesh
from tests.support.person import Person
from tests.support.pictures import encoded

REFERENCES = 12
SIDE = 160
SHARE = 1e-3
"""Of a score: what another number of threads may change in the last bits of features, which
travel in 16 bits."""

ALONE = """
import socket, sys
met = []
def watch(event, arguments):
    if event.startswith("socket.") and not (
        event == "socket.__new__" and arguments[1] == socket.AF_UNIX
    ):
        met.append((event, str(arguments)))
sys.addaudithook(watch)
from argus_offline.__main__ import main
code = main(sys.argv[1:])
assert not met, met
needless = {"grpc", "torch", "asyncpg", "redis", "httpx", "mesh", "argus_client"} & set(sys.modules)
assert not needless, needless
sys.exit(code)
"""
"""Runs the command, and fails if it looks at a network or loads what only the mesh needs."""


def pictures() -> dict[str, bytes]:
    """Ten that a line may see: fine and defective ones, in several formats, and a blank one."""
    size = (SIDE, SIDE)
    shown = {f"fine-{seed}.png": part(100 + seed, size=size) for seed in range(4)}
    shown |= {
        f"{colour}.png": part(200 + place, size=size, defect=colour)
        for place, colour in enumerate(("red", "black", "white"))
    }
    shown["fine.jpg"] = part(300, size=(4 * SIDE, 3 * SIDE), format_="JPEG")
    shown["grey.png"] = part(301, size=size, mode="L")
    blank = Image.new("RGB", size, (3, 3, 3))
    ImageDraw.Draw(blank).line((0, 0, SIDE, SIDE), fill=(4, 4, 4))
    shown["blank.png"] = encoded(blank)
    return shown


@dataclass(frozen=True)
class Exported:
    """An exported version, and pictures to inspect with it."""

    set_id: str
    file: Path
    pictures: Path


async def post(person: Person, path: str, **body: Any) -> dict[str, Any]:
    answer = await person.call("POST", f"/api/qa/{path}", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
async def ada(mesh: Mesh) -> AsyncIterator[Person]:
    async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as http:
        yield await Person.register(mesh, http)


@pytest.fixture(scope="module")
async def exported(ada: Person, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    made = await post(ada, "reference-sets", displayName="part A")
    sets = f"reference-sets/{made['referenceSetId']}"
    references = [part(seed, size=(SIDE, SIDE)) for seed in range(REFERENCES)]
    ids = [(await ada.add(content))["imageId"] for content in references]
    await post(ada, f"{sets}:add", imageIds=ids)
    job = await post(ada, f"{sets}:calibrate", targetFalseAlarmRate=0.05)
    watched = await ada.call("GET", f"/api/qa/{sets}/jobs/{job['jobId']}:watch")
    assert "SUCCEEDED" in watched.text
    answer = await ada.call("GET", f"/api/qa/{sets}/versions/1:export")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    assert 'filename="version-1.argus"' in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    again = await ada.call("GET", f"/api/qa/{sets}/versions/0:export")
    assert again.content == answer.content, "the same version makes the same bytes"
    folder = tmp_path_factory.mktemp("offline")
    file, shown = folder / "part.argus", folder / "shown"
    file.write_bytes(answer.content)
    shown.mkdir()
    for name, content in pictures().items():
        (shown / name).write_bytes(content)
    return Exported(made["referenceSetId"], file, shown)


def alone(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ALONE, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
async def said_by_mesh(ada: Person, exported: Exported) -> dict[str, dict[str, Any]]:
    """What the mesh says of each picture."""
    found = {}
    for name, content in pictures().items():
        image = base64.b64encode(content).decode()
        body = {"referenceSetId": exported.set_id, "image": image, "heatmap": True}
        found[name] = await post(ada, "inspect", **body)
    assert {one["verdict"] for one in found.values()} == {"NORMAL", "ANOMALOUS", "UNINSPECTABLE"}
    return found


def agree(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    """Whether both say the same of a picture; scores to `SHARE`."""
    for name in ("verdict", "offDistribution", "version", "referenceSetId", "threshold"):
        assert ours[name] == theirs[name], name
    for name in ("score", "heatmapScale"):
        assert ours[name] == pytest.approx(theirs[name], rel=SHARE), name
    for name in ("pValue", "confidence"):
        # Probabilities far out in a tail move faster than scores.
        assert ours[name] == pytest.approx(theirs[name], rel=0.05, abs=0.01), name
    problems = [one["reason"] for one in theirs["frameProblems"]]
    assert [one["reason"] for one in ours["frameProblems"]] == problems
    assert len(ours["regions"]) == len(theirs["regions"])
    for mine, its in zip(ours["regions"], theirs["regions"], strict=True):
        assert mine["box"] == pytest.approx(its["box"], abs=0.02)
    assert [one["imageId"] for one in ours["nearest"]] == [
        one["imageId"] for one in theirs["nearest"]
    ]


def test_it_says_alone_what_the_mesh_says(
    exported: Exported, said_by_mesh: Mapping[str, Mapping[str, Any]], tmp_path: Path
) -> None:
    ended = alone(
        exported.file, exported.pictures, "--json", "--fail-on-anomaly", "--save", tmp_path / "out",
        "--heatmap", tmp_path / "out",
    )  # fmt: skip
    assert ended.returncode == 1, ended.stderr
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    found = {Path(line["file"]).name: line for line in lines}
    assert list(found) == sorted(said_by_mesh)
    for name, theirs in said_by_mesh.items():
        agree(theirs, found[name])
        assert (tmp_path / "out" / found[name]["overlay"]).stat().st_size
        with (
            Image.open(tmp_path / "out" / found[name]["heatmap"]) as ours,
            Image.open(io.BytesIO(base64.b64decode(theirs["heatmap"]))) as its,
        ):
            assert ours.size == its.size


def test_the_command_line_says_it_as_of_a_mesh(
    exported: Exported, said_by_mesh: Mapping[str, Mapping[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "broken.png").write_bytes(part(1)[:200])
    nowhere = {"ARGUS_SERVER": "127.0.0.1:1", "ARGUS_CONFIG_DIR": str(tmp_path / "home")}

    def argus(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mesh", "inspect", "--offline", *map(str, arguments)],
            env={**os.environ, **nowhere},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    names = ("fine-0.png", "red.png")
    paths = [exported.pictures / name for name in names]
    ended = argus(exported.file, *paths, tmp_path / "broken.png", "--format", "json")
    assert ended.returncode == 2, ended.stderr
    *good, broken = json.loads(ended.stdout)
    for name, ours in zip(names, good, strict=True):
        agree({**said_by_mesh[name], "heatmapScale": 0}, ours)
    assert broken["error"]["reason"] == "IMAGE_UNREADABLE"
    refused = argus(exported.file, "--set", "tiles", *paths)
    assert refused.returncode == 2
    assert "--set" in refused.stderr


def test_the_file_says_what_it_is_and_has_no_picture(exported: Exported) -> None:
    about = alone(exported.file)
    assert about.returncode == 0, about.stderr
    for words in ("part A", "version 1", "12 images", "compact", "Apache-2.0"):
        assert words in about.stdout
    with zipfile.ZipFile(exported.file) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == [
            "manifest.json", "patches.bin", "patches.npz", "patches.xml", "version.safetensors",
        ]  # fmt: skip


@pytest.mark.parametrize("harm", ["cut off", "altered", "not whole", "foreign"])
def test_a_file_that_is_not_as_it_was_exported_is_refused(
    exported: Exported, tmp_path: Path, harm: str
) -> None:
    content = bytearray(exported.file.read_bytes())
    if harm == "altered":
        content[len(content) // 2] ^= 1
    harmed = {
        "cut off": content[:-1], "altered": content, "not whole": content[: len(content) // 2],
        "foreign": b"no archive",
    }[harm]  # fmt: skip
    file = tmp_path / "harmed.argus"
    file.write_bytes(bytes(harmed))
    ended = alone(file, exported.pictures)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "export the version again" in ended.stderr
    assert "Traceback" not in ended.stderr
