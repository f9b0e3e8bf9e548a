import os
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from services.embedder.errors import ModelUnavailable
from services.embedder.model import ModelInfo
from services.embedder.models import store
from services.embedder.models.manifest import MANIFEST, Manifest
from services.embedder.models.open_clip.recipe import RECIPE
from services.embedder.models.source import family_of, fingerprint, public_name
from services.embedder.models.store import find, install, installed, remove


def put(
    model_dir: Path,
    version: str,
    model: str,
    *,
    source: str = "",
    print_: str = "",
    age_s: int = 0,
) -> Path:
    """Puts a model into its place, without any networks."""
    folder = model_dir / version
    folder.mkdir(parents=True)
    Manifest(
        family="open_clip",
        source=source or model,
        fingerprint=print_,
        info=ModelInfo(model, version, RECIPE, 48, 64, 77),
        memory_bytes=1,
    ).write(folder)
    file = folder / MANIFEST
    changed = file.stat().st_mtime - age_s
    os.utime(file, (changed, changed))
    return folder


@pytest.fixture
def local(tmp_path: Path) -> str:
    """A local model's id; its files are there, though no model."""
    folder = tmp_path / "sources" / "mine"
    folder.mkdir(parents=True)
    (folder / "open_clip_config.json").write_text("{}")
    (folder / "weights.safetensors").write_bytes(b"weights")
    return f"local-dir:{folder}"


def test_a_folder_without_a_manifest_is_no_model(tmp_path: Path) -> None:
    put(tmp_path, "aaaa", "hf-hub:a/b")
    (tmp_path / "bbbb").mkdir()
    (tmp_path / "cccc").mkdir()
    (tmp_path / "cccc" / MANIFEST).write_text('{"family": "open')
    assert [one.manifest.info.model for one in installed(tmp_path)] == ["hf-hub:a/b"]
    assert installed(tmp_path / "nowhere") == []


def test_a_model_put_there_later_is_found(tmp_path: Path) -> None:
    assert find(tmp_path, "hf-hub:a/b") is None
    folder = put(tmp_path, "aaaa", "hf-hub:a/b")
    found = find(tmp_path, "hf-hub:a/b")
    assert found
    assert found.folder == folder


def test_of_two_of_one_id_the_later_counts_and_both_are_removed(tmp_path: Path) -> None:
    put(tmp_path, "aaaa", "hf-hub:a/b", age_s=60)
    put(tmp_path, "bbbb", "hf-hub:a/b")
    put(tmp_path, "cccc", "hf-hub:a/b", age_s=30)
    put(tmp_path, "dddd", "hf-hub:c/d")
    assert [one.folder.name for one in installed(tmp_path)] == ["bbbb", "dddd"]
    assert remove(tmp_path, "hf-hub:a/b")
    assert not remove(tmp_path, "hf-hub:a/b")
    assert [path.name for path in tmp_path.iterdir()] == ["dddd"]


def test_what_is_installed_is_not_built_again(tmp_path: Path, local: str) -> None:
    folder = put(tmp_path, "aaaa", "local-dir:mine", source=local, print_=fingerprint(local))
    assert install(local, tmp_path, threads=1).folder == folder


def test_an_installed_version_that_is_wanted_again_becomes_the_one(
    tmp_path: Path, local: str
) -> None:
    old = put(tmp_path, "aaaa", "local-dir:mine", source=local, print_=fingerprint(local), age_s=60)
    new = put(tmp_path, "bbbb", "local-dir:mine", source=local, print_="other")
    assert [one.folder for one in installed(tmp_path)] == [new]
    assert install(local, tmp_path, threads=1).folder == old
    assert [one.folder for one in installed(tmp_path)] == [old]


def test_changed_files_are_built_anew(
    tmp_path: Path, local: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "aaaa", "local-dir:mine", source=local, print_=fingerprint(local))
    weights = Path(local.removeprefix("local-dir:")) / "weights.safetensors"
    os.utime(weights, (1, 1))
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ModelUnavailable, match="could not be built"):
        install(local, tmp_path, threads=1)


@pytest.mark.parametrize(
    ("source", "model"),
    [
        ("local-dir:/gone/mine", "local-dir:mine"),
        ("ViT-B-32//gone/trained.pt", "ViT-B-32/trained.pt"),
    ],
)
def test_a_model_that_was_carried_here_needs_no_source(
    tmp_path: Path, source: str, model: str
) -> None:
    folder = put(tmp_path, "aaaa", model, source=source, print_="of another machine")
    assert install(model, tmp_path, threads=1).folder == folder


def test_a_build_that_fails_leaves_nothing_behind(
    tmp_path: Path, local: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    killed, at_work = models / f"{store.WORK}killed", models / f"{store.WORK}at-work"
    for folder in (killed, at_work):
        folder.mkdir(parents=True)
    os.utime(killed, (0, 0))
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ModelUnavailable, match="the log says why"):
        install(local, models, threads=1)
    assert list(models.iterdir()) == [at_work]


def test_a_build_that_is_refused_says_why(tmp_path: Path, local: str) -> None:
    with pytest.raises(ModelUnavailable, match="configuration and weights fit"):
        install(local, tmp_path / "models", threads=1)
    assert list((tmp_path / "models").iterdir()) == []


def test_a_stopped_build_ends_at_once_and_leaves_nothing(tmp_path: Path, local: str) -> None:
    stop = threading.Event()
    before = set(psutil.Process().children())

    def report(step: str) -> None:
        if step.startswith("getting"):
            stop.set()

    with pytest.raises(ModelUnavailable, match="stopped"):
        install(local, tmp_path / "models", threads=1, report=report, stop=stop)
    assert list((tmp_path / "models").iterdir()) == []
    assert set(psutil.Process().children()) <= before


def test_a_build_ends_with_who_asked_for_it(tmp_path: Path, local: str) -> None:
    models = tmp_path / "models"
    program = f"""
from pathlib import Path
from services.embedder.models.store import install
install({local!r}, Path({str(models)!r}), threads=1, report=lambda step: print(step, flush=True))
"""
    caller = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert caller.stdout
    with caller.stdout:
        while not caller.stdout.readline().startswith(b"getting"):
            assert caller.poll() is None
    (build,) = psutil.Process(caller.pid).children()
    caller.kill()
    caller.wait()
    _, alive = psutil.wait_procs([build], timeout=30)
    # Where nothing collects orphans, what is left of one is a zombie.
    assert all(process.status() == psutil.STATUS_ZOMBIE for process in alive)
    assert list(models.iterdir()) == []


def test_the_same_weights_under_two_names_are_two_models(tmp_path: Path) -> None:
    first = Manifest.read(put(tmp_path / "work", "1", "local-dir:mine"))
    second = first.model_copy(
        update={"info": ModelInfo("local-dir:yours", "1", RECIPE, 48, 64, 77), "source": "x"}
    )
    models = tmp_path / "models"
    for number, manifest in enumerate((first, second, first, second)):
        work = models / f"{store.WORK}{number}"
        work.mkdir(parents=True)
        manifest.write(work)
        store._put(work, models, manifest)
    names = [one.manifest.info.model for one in installed(models)]
    assert names == ["local-dir:mine", "local-dir:yours"]
    assert len(list(models.iterdir())) == 2


@pytest.mark.parametrize("source", ["justaname", "/", "", "timm:", "hf-hub:", "ViT-B-32/"])
def test_what_names_no_model_is_said_at_once(source: str, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="names no model: write `compact`"):
        install(source, tmp_path, threads=1)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_model_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="no such folder"):
        install("local-dir:/nowhere", tmp_path, threads=1)
    with pytest.raises(ModelUnavailable, match="holds no model"):
        install(f"local-dir:{tmp_path}", tmp_path, threads=1)


def test_ids_name_their_family_and_no_path(tmp_path: Path, local: str) -> None:
    checkpoint = tmp_path / "trained.pt"
    checkpoint.write_bytes(b"")
    other = tmp_path / "sources" / "dino"
    other.mkdir()
    (other / "config.json").write_text("{}")
    assert [family_of(one) for one in ("compact", "timm:vit", f"local-dir:{other}")] == [
        "compact",
        "timm",
        "timm",
    ]
    for source, public in (
        ("ViT-B-32/laion2b_s34b_b79k", "ViT-B-32/laion2b_s34b_b79k"),
        ("hf-hub:a/b", "hf-hub:a/b"),
        (f"ViT-B-32/{checkpoint}", "ViT-B-32/trained.pt"),
        (local, "local-dir:mine"),
        (local + "/", "local-dir:mine"),
    ):
        assert family_of(source) == "open_clip"
        assert public_name(source) == public
