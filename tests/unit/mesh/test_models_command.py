import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mesh.commands.models import models
from mesh.commands.up import up
from mesh.default_model import default_model
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.options import MeshOptions
from mesh.supervision.ports import Ports
from mesh.supervision.state import new_state, write_state
from mesh.supervision.supervisor import this_process
from services.embedder.model import ModelInfo, PatchInfo
from services.embedder.models.manifest import Manifest
from services.embedder.models.store import find

WORDY = ModelInfo("B-32/tag", "1111aaaa", "b/1", 640, 256, 77)
SEEING = ModelInfo("timm:dino", "2222bbbb", "d/1", 384, 518, 0, PatchInfo(384, 14, 518, 224, 896))


@pytest.fixture(autouse=True)
def _no_choices(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("ARGUS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ARGUS_CONFIG_DIR", str(tmp_path / "config"))


@pytest.fixture
def stocked(layout: Layout) -> Layout:
    """A data folder with two models."""
    for info in (WORDY, SEEING):
        folder = layout.models / info.version
        folder.mkdir()
        Manifest(
            family="open_clip", source=info.model, fingerprint="", info=info, memory_bytes=3 * 2**20
        ).write(folder)
    return layout


def said(layout: Layout, *arguments: str) -> str:
    result = CliRunner().invoke(
        models, [*arguments, "--data-dir", str(layout.data_dir)], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def running_with(layout: Layout, model: str) -> None:
    """As if this process were the supervisor of a mesh that nobody listens for."""
    names = [name for name in Ports.model_fields if not name.startswith("more_")]
    options = MeshOptions(data_dir=layout.data_dir, model=model)
    write_state(layout, new_state(options, Ports(**dict.fromkeys(names, 1)), *this_process()))


def test_the_list_says_what_each_model_is(stocked: Layout) -> None:
    shown = said(stocked, "list")
    assert (
        "B-32/tag on disk, 3 MiB version 1111aaaa, 640 dimensions: "
        "images at 256 pixels, texts of up to 77 tokens" in shown
    )
    assert "2222bbbb, 384 dimensions: images at 518 pixels, patches" in shown


def test_an_empty_folder_is_no_mistake(layout: Layout) -> None:
    assert "compact" in said(layout, "list")


def test_without_a_session_the_list_shows_the_disk_and_says_so(stocked: Layout) -> None:
    running_with(stocked, "compact")
    shown = said(stocked, "list")
    assert "timm:dino on disk" in shown
    assert "argus login" in shown


def test_what_was_chosen_is_kept_and_shown(stocked: Layout) -> None:
    assert default_model(stocked) == "compact"
    told = said(stocked, "use", WORDY.model)
    assert "embedded again" in told
    assert default_model(stocked) == WORDY.model
    assert "B-32/tag (default)" in said(stocked, "list")
    assert "embedded again" not in said(stocked, "use", WORDY.model)


def test_a_model_that_is_not_there_yet_can_be_chosen(layout: Layout) -> None:
    assert "argus models pull ViT-B-32/some_tag" in said(layout, "use", "ViT-B-32/some_tag")
    assert default_model(layout) == "ViT-B-32/some_tag"


def test_choosing_a_model_that_reads_no_words_warns(stocked: Layout) -> None:
    assert "search by text will not work" in said(stocked, "use", SEEING.model)


def test_a_mesh_that_runs_must_be_started_again_for_another_model(stocked: Layout) -> None:
    running_with(stocked, "compact")
    assert "`argus down`" in said(stocked, "use", WORDY.model)


def test_a_local_folder_is_kept_with_its_whole_path(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "open_clip_config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    said(layout, "use", "local-dir:mine")
    assert default_model(layout) == f"local-dir:{tmp_path / 'mine'}"


def test_a_word_that_names_no_model_is_refused_with_what_there_is(stocked: Layout) -> None:
    for command in ("use", "remove"):
        with pytest.raises(MeshError) as caught:
            said(stocked, command, "nonsense")
        assert "nonsense" in str(caught.value)
        assert WORDY.model in caught.value.advice
    assert default_model(stocked) == "compact"
    with pytest.raises(MeshError, match="nonsense"):
        said(stocked, "pull", "nonsense")


def test_a_model_is_removed_unless_it_is_in_use(stocked: Layout) -> None:
    said(stocked, "use", WORDY.model)
    with pytest.raises(MeshError, match="default"):
        said(stocked, "remove", WORDY.model)
    running_with(stocked, SEEING.model)
    with pytest.raises(MeshError, match="embeds with"):
        said(stocked, "remove", SEEING.model)
    assert find(stocked.models, SEEING.model)
    running_with(stocked, "compact")
    said(stocked, "remove", SEEING.model)
    assert find(stocked.models, SEEING.model) is None


def test_up_takes_the_chosen_model_unless_it_is_told_another(
    stocked: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[MeshOptions] = []
    monkeypatch.setattr("mesh.commands.up._run", lambda options, _: taken.append(options))
    said(stocked, "use", WORDY.model)
    up(data_dir=stocked.data_dir)
    up(data_dir=stocked.data_dir, model="compact", embedders=3)
    assert [(one.model, one.embedders) for one in taken] == [(WORDY.model, 1), ("compact", 3)]
    assert default_model(stocked) == WORDY.model
