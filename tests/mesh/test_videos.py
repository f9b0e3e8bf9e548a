"""A video through the edge, as a person brings it: searchable to the second, played, deleted."""

import asyncio
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from argus.storage.v1 import image_pb2
from PIL import Image
from skimage import data

from mesh.client.account import AccountFile
from mesh.client.connection import Connection, connect
from mesh.client.images import list_images
from mesh.client.videos import get_video
from tests.support.mesh import Mesh
from tests.support.mesh import argus as run_argus
from tests.support.person import PASSWORD
from tests.support.videos import Pixels, encoded_video

Argus = Callable[..., subprocess.CompletedProcess[str]]
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("account")


@pytest.fixture(scope="module")
def argus(mesh: Mesh, home: Path) -> Argus:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_argus(
            *arguments, "--server", mesh.edge_target, timeout_s=300, ARGUS_CONFIG_DIR=str(home)
        )

    email = f"{home.name}-{home.stat().st_ino}@example.org"
    done = run_argus(
        "login", "--register", "--email", email, "--server", mesh.edge_target,
        ARGUS_CONFIG_DIR=str(home), ARGUS_PASSWORD=PASSWORD,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return run


async def _images(connection: Connection, video_id: str) -> list[image_pb2.Image]:
    found, _ = await list_images(
        connection,
        filter_=f'video_id = "{video_id}"',
        oldest_first=True,
        deleted=False,
        limit=10,
    )
    return found


def still(picture: Pixels, count: int = 15) -> list[Pixels]:
    """A shot of a photograph."""
    small = np.asarray(Image.fromarray(picture).resize((320, 240)), np.uint8)
    return [small] * count


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pictures = [
        one for name in ("coffee", "chelsea", "rocket") for one in still(getattr(data, name)())
    ]
    file = tmp_path_factory.mktemp("videos") / "film.webm"
    file.write_bytes(encoded_video(pictures))
    return file


async def test_a_hit_leads_to_the_second_of_the_video(
    mesh: Mesh, argus: Argus, home: Path, film: Path
) -> None:
    done = argus("video", "import", str(film), "--label", "line=3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "film.webm: 3 shots in 0:04.5, 3 images." in done.stdout
    found = UUID.search(done.stdout)
    assert found is not None
    video_id = found[0]

    again = argus("video", "import", str(film))
    assert (again.returncode, video_id in again.stdout) == (0, True)
    assert "stored already" in again.stdout
    assert video_id in argus("video", "list").stdout

    async with connect(mesh.edge_target, AccountFile(home)) as connection:
        [cat] = [
            one
            for one in await _images(connection, video_id)
            if one.video.shot_start.ToMilliseconds() == 1500
        ]
        await connection.client.until_indexed(cat.image_id)
        video = await get_video(connection, video_id)
    searched = argus("search", "a cat", "--limit", "3")
    assert re.search(r"1 .*film\.webm @ 0:0[12]\.\d", searched.stdout), searched.stdout

    # As the page asks for it: at its own origin, and a part of it.
    link = urlsplit(video.content_url)
    async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False) as http:
        part = await http.get(f"{link.path}?{link.query}", headers={"range": "bytes=50-149"})
    assert (part.status_code, part.content) == (
        206,
        (await asyncio.to_thread(film.read_bytes))[50:150],
    )

    shown = argus("video", "show", video_id)
    assert shown.stdout.count("0:0") >= 6
    deleted = argus("video", "delete", video_id, "--yes")
    assert "Deleted film.webm and 3 images." in deleted.stdout
    assert argus("video", "show", video_id).returncode == 1


def test_what_is_no_video_is_told(argus: Argus, tmp_path: Path) -> None:
    file = tmp_path / "film.mp4"
    file.write_bytes(b"no video " * 100)
    done = argus("video", "import", str(file))
    assert done.returncode == 1
    assert "VIDEO_UNREADABLE" in done.stderr
    text = tmp_path / "notes.txt"
    text.write_text("no video")
    assert "does not end as a video does" in argus("video", "import", str(text)).stderr
