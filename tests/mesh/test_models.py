"""`argus models` beside a mesh that runs: what is carried into its folder is there at once."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from argus.embedder.v1 import embedder_pb2

from mesh.client.account import AccountFile
from mesh.client.connection import connect
from services.embedder.models.manifest import Manifest
from services.embedder.models.store import install
from tests.support.mesh import Mesh, argus, mesh_folder
from tests.support.model_dir import MODEL_DIR
from tests.support.person import PASSWORD
from tests.support.pictures import sample

CARRIED = "hf-hub:somebody/else"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def own() -> Iterator[Mesh]:
    """A mesh whose models are in its own folder."""
    built = install("compact", MODEL_DIR, threads=2)
    with mesh_folder() as mesh:
        shutil.copytree(built.folder, mesh.layout.models / built.folder.name)
        mesh.up(ARGUS_MODEL_DIR="")
        yield mesh


def listed(mesh: Mesh, home: Path) -> str:
    shown = argus(
        "models", "list", "--data-dir", str(mesh.data_dir),
        ARGUS_MODEL_DIR="", ARGUS_CONFIG_DIR=str(home),
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    return shown.stdout


def carry_a_model_over(mesh: Mesh) -> None:
    """As if it were copied from a machine that has a hub."""
    (source,) = [file.parent for file in mesh.layout.models.glob("*/manifest.json")]
    folder = mesh.layout.models / "carried"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("manifest.json"))
    manifest = Manifest.read(source)
    info = manifest.info
    renamed = type(info)(**{**vars(info), "model": CARRIED, "version": "carried"})
    manifest.model_copy(update={"info": renamed, "source": CARRIED}).write(folder)


async def test_a_model_that_is_carried_over_embeds_without_a_restart(own: Mesh, home: Path) -> None:
    shown = listed(own, home)
    assert "compact (default)  on disk" in shown
    assert "argus login" in shown
    async with connect(own.edge_target, AccountFile(home)) as connection:
        account = await connection.sign_in("models@example.org", PASSWORD, name="")
        shown = listed(own, home)
        assert "compact (default)  in memory" in shown
        assert "openvino" in shown
        assert "argus login" not in shown
        supervisor = own.state().pid
        carry_a_model_over(own)
        assert f"{CARRIED}  not loaded" in listed(own, home)
        texts = connection.embedder.EmbedTexts(
            iter([embedder_pb2.EmbedTextsRequest(item_id="1", text="a cat", model=CARRIED)]),
            metadata=(("authorization", f"Bearer {account.access_token}"),),
            timeout=60,
        )
        (answer,) = [answer async for answer in texts]
        assert answer.embedding.model_version == "carried", answer
        assert f"{CARRIED}  in memory" in listed(own, home)
    assert own.state().pid == supervisor
    assert own.state().part("embedder").restarts == 0


async def test_searches_go_over_to_a_model_that_was_carried_over(own: Mesh, home: Path) -> None:
    """After the test above: the model is there, and the first account signed in."""

    def run(*words: str) -> str:
        done = argus(*words, "--server", own.edge_target, ARGUS_CONFIG_DIR=str(home))
        assert done.returncode == 0, done.stderr
        return done.stdout

    pictures = home / "pictures"
    pictures.mkdir()
    for name in ("chelsea.png", "coffee.png"):
        (pictures / name).write_bytes(sample(name))
    run("import", str(pictures))
    assert "Searches use compact: 2 images." in run("reindex")
    told = run("reindex", "--model", CARRIED)
    assert f"Searches use {CARRIED}: 2 images." in told
    assert f"To {CARRIED}: done; it has 2 images." in told
    found = json.loads(run("search", "a cat", "--json"))
    assert found["model"] == CARRIED
    assert found["matches"][0]["image"]["filename"] == "chelsea.png"
    again = json.loads(run("reindex", "--model", CARRIED, "--format", "json"))
    assert again["state"] == "DONE"
    refused = argus(
        "reindex", "--model", "nobody/has-it", "--server", own.edge_target,
        ARGUS_CONFIG_DIR=str(home),
    )  # fmt: skip
    assert refused.returncode == 1
    assert "nobody/has-it" in refused.stderr
