"""The main job, end to end: a stranger imports photographs and finds them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from argus.search.v1 import search_pb2

from mesh.client.account import AccountFile
from mesh.client.connection import Connection, connect
from mesh.client.samples import sample_photographs
from tests.support.mesh import Mesh
from tests.support.person import PASSWORD

Argus = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def argus(mesh: Mesh, home: Path) -> Argus:
    """The command line as this stranger runs it."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if "ARGUS" not in key}
        environment |= {
            "ARGUS_CONFIG_DIR": str(home),
            "ARGUS_SERVER": mesh.edge_target,
            "ARGUS_PASSWORD": PASSWORD,
            "COLUMNS": "160",
        }
        return subprocess.run(
            [sys.executable, "-m", "mesh", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def samples(argus: Argus) -> subprocess.CompletedProcess[str]:
    """The samples are imported; what the import said."""
    done = argus("login", "--register", "--email", "stranger@example.org")
    assert done.returncode == 0, done.stderr
    return argus("import", "--samples", "--label", "source=samples")


def test_commands_say_to_sign_in_first(mesh: Mesh, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mesh", "search", "a cat", "--server", mesh.edge_target],
        env=os.environ | {"ARGUS_CONFIG_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "argus login" in done.stderr
    assert "Traceback" not in done.stderr


def test_imports_the_sample_photographs(
    samples: subprocess.CompletedProcess[str],
) -> None:
    count = len(sample_photographs())
    assert samples.returncode == 0, samples.stdout + samples.stderr
    assert (
        f"{count} imported, {count} searchable, 0 skipped (already there), 0 failed"
        in samples.stdout
    )


@pytest.mark.usefixtures("samples")
@pytest.mark.parametrize(
    ("words", "file"),
    [("a cat", "chelsea.png"), ("a rocket", "rocket.jpg"), ("a cup of coffee", "coffee.png")],
)
def test_finds_photographs_by_words(argus: Argus, words: str, file: str) -> None:
    done = argus("search", words, "--limit", "3")
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if re.match(r"^\W*\d+\b", line)]
    assert len(rows) == 3
    assert file in rows[0]


@pytest.mark.usefixtures("samples")
async def test_finds_each_photograph_by_itself(mesh: Mesh, home: Path) -> None:
    async with connect(mesh.edge_target, AccountFile(home)) as connection:
        for path in sample_photographs():
            request = search_pb2.SearchImagesRequest(image=path.read_bytes(), limit=1)
            [match] = (await connection.call(connection.search.SearchImages, request)).matches
            assert match.image.filename == path.name
            assert match.score > 0.99
            await _finds_itself(connection, match.image.image_id)


async def _finds_itself(connection: Connection, image_id: str) -> None:
    request = search_pb2.SearchImagesRequest(image_id=image_id, limit=1)
    [match] = (await connection.call(connection.search.SearchImages, request)).matches
    assert match.image.image_id == image_id
    assert match.score == pytest.approx(1.0, abs=1e-3)


@pytest.mark.usefixtures("samples")
def test_importing_again_skips_what_is_there_and_tells_what_cannot_be(
    argus: Argus, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures" / "deeper"
    folder.mkdir(parents=True)
    known = sample_photographs()[3]
    (folder / "renamed.png").write_bytes(known.read_bytes())
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff and nothing more")
    (folder / "empty.png").write_bytes(b"")
    (folder / "notes.txt").write_text("no image, not tried")
    done = argus("import", str(tmp_path / "pictures"))
    assert done.returncode == 1
    assert "0 imported, 0 searchable, 1 skipped (already there), 2 failed" in done.stdout
    assert "the file is empty" in done.stdout
    assert "IMAGE_UNREADABLE" in done.stdout
    assert "notes.txt" not in done.stdout


@pytest.mark.usefixtures("samples")
def test_saves_what_it_finds_as_pictures(argus: Argus, tmp_path: Path) -> None:
    done = argus("search", "a cat", "--limit", "2", "--save", str(tmp_path / "found"))
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in (tmp_path / "found").iterdir())
    assert names[0] == "01-chelsea.png"
    assert "index.html" in names
    original = next(path for path in sample_photographs() if path.name == "chelsea.png")
    assert (tmp_path / "found" / "01-chelsea.png").read_bytes() == original.read_bytes()


@pytest.mark.usefixtures("samples")
def test_filters_by_label(argus: Argus) -> None:
    found = argus("search", "a cat", "--filter", 'labels.source = "samples"', "--limit", "1")
    assert "chelsea.png" in found.stdout
    none = argus("search", "a cat", "--filter", 'labels.source = "elsewhere"')
    assert "No images were found" in none.stdout


@pytest.mark.usefixtures("samples")
def test_tells_who_is_signed_in_and_signs_out(argus: Argus, home: Path) -> None:
    assert "stranger@example.org" in argus("user", "whoami").stdout
    other = home.parent / "other-home"
    done = subprocess.run(
        [sys.executable, "-m", "mesh", "user", "logout"],
        env=os.environ
        | {"ARGUS_CONFIG_DIR": str(_copy_of(home, other)), "ARGUS_SERVER": _server(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert argus("user", "whoami").returncode == 1, "the session was closed on the mesh too"


def _copy_of(home: Path, other: Path) -> Path:
    other.mkdir(exist_ok=True)
    (other / "accounts.json").write_bytes((home / "accounts.json").read_bytes())
    return other


def _server(home: Path) -> str:
    [server] = json.loads((home / "accounts.json").read_text())["by_server"]
    return str(server)
