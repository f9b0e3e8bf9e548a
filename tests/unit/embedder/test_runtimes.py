import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import openvino
import pytest
import torch
from torch import nn

from services.embedder.errors import ModelUnavailable
from services.embedder.models.runtimes import openvino_network
from services.embedder.models.runtimes.candidate import (
    OPENVINO_BF16,
    OPENVINO_F32,
    TORCH_F32,
    Candidate,
    Layout,
    Measured,
)
from services.embedder.models.runtimes.choice import choose, reason, wanted
from services.embedder.models.runtimes.machine import available, machine_key
from services.embedder.models.runtimes.measure import best_layout
from services.embedder.models.runtimes.openvino_network import OpenVinoNetwork
from services.embedder.models.runtimes.record import Record
from services.embedder.models.runtimes.reference import Reference, least_cosine
from services.embedder.models.runtimes.saved import drawn_images, save_tower
from services.embedder.models.runtimes.tower import measure_towers, open_tower

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

SIDE = 32
MANY = torch.export.Dim("many", min=1, max=64)


class Small(nn.Module):
    """A small convolutional network that tells images apart."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.layers = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2), nn.ReLU()
        )
        self.head = nn.Linear(32 * 7 * 7, 24)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        scaled = pixels.permute(0, 3, 1, 2).float() / 127.5 - 1
        rows = self.head(self.layers(scaled).flatten(1)).float()
        return nn.functional.normalize(rows, dim=-1)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    save_tower(folder, "image", Small(), (drawn_images(SIDE),), dynamic=({0: MANY},), batch=4)
    measure_towers(folder, ["image"], threads=2)
    return folder


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """The built and measured network; files may be replaced."""
    for file in built.iterdir():
        shutil.copy(file, tmp_path)
    return tmp_path


def test_what_runs_it_agrees_with_torch_and_is_explained(folder: Path) -> None:
    tower = open_tower(folder, "image", threads=2)
    reference = Reference.read(folder, "image")
    assert least_cosine(tower(*reference.inputs), reference.answers) >= 0.999
    assert tower.runtime.name.startswith("openvino")
    assert "/s" in tower.runtime.reason
    assert "cosine to reference ≥ " in tower.runtime.reason


@pytest.mark.parametrize("candidate", sorted(available(), key=str), ids=str)
def test_a_forced_runtime_is_taken_and_agrees(folder: Path, candidate: Candidate) -> None:
    if candidate.device != "cpu":
        pytest.skip("a device cannot be forced")
    tower = open_tower(
        folder, "image", threads=2, runtime=candidate.runtime, precision=candidate.precision
    )
    reference = Reference.read(folder, "image")
    assert tower.runtime.name == str(candidate)
    assert "as set" in tower.runtime.reason
    assert least_cosine(tower(*reference.inputs), reference.answers) >= 0.999


def test_a_row_does_not_depend_on_its_batch(folder: Path) -> None:
    images = drawn_images(SIDE)
    tower = open_tower(folder, "image", threads=2)
    apart = np.concatenate([tower(images[i : i + 1], alone=True) for i in range(8)])
    for size in (1, 2, 4, 8):
        together = np.concatenate([tower(images[i : i + size]) for i in range(0, 8, size)])
        assert least_cosine(together, apart) > 0.9999


@pytest.mark.parametrize("copies_bytes", [0, 2**30], ids=["shared weights", "copies"])
def test_lanes_answer_each_caller_its_own(
    folder: Path, copies_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openvino_network, "COPIES_BYTES", copies_bytes)
    network = OpenVinoNetwork(folder / "image.xml", precision="f32", threads=2, lanes=2)
    assert network.lanes == 2
    images = drawn_images(SIDE)
    wanted_rows = Reference.read(folder, "image").answers
    with ThreadPoolExecutor(4) as callers:
        rows = list(callers.map(lambda i: network(images[i % 8 : i % 8 + 1]), range(200)))
    for index, row in enumerate(rows):
        assert least_cosine(row, wanted_rows[index % 8 : index % 8 + 1]) > 0.9999


def test_what_was_measured_is_not_measured_again(folder: Path) -> None:
    first = open_tower(folder, "image", threads=2)
    found = Record(folder, 2).read("image")
    found[first.runtime.name] = found[first.runtime.name].model_copy(
        update={"per_second": 123_456.0, "layout": Layout(max_batch=2, lanes=2)}
    )
    Record(folder, 2).add("image", {one: found[str(one)] for one in available()})
    again = open_tower(folder, "image", threads=2)
    assert "1.23e+05/s" in again.runtime.reason
    assert (again.lanes, again.max_batch) == (2, 2)


def test_another_machine_is_measured_without_torch(folder: Path) -> None:
    Record(folder, 2).file.unlink()
    tower = open_tower(folder, "image", threads=2)
    known = Record(folder, 2).read("image")
    assert set(known) == {str(one) for one in available() if one.runtime == "openvino"}
    assert known[tower.runtime.name].layout
    assert "torch" not in tower.runtime.reason


def test_a_build_measures_torch_too(folder: Path) -> None:
    assert set(Record(folder, 2).read("image")) == {str(candidate) for candidate in available()}
    assert "torch f32" in open_tower(folder, "image", threads=2).runtime.reason


def test_a_damaged_record_is_measured_anew(folder: Path) -> None:
    record = Record(folder, 2)
    record.file.write_text('{"image": {"openvino f32"')
    assert open_tower(folder, "image", threads=2).max_batch >= 1
    assert json.loads(record.file.read_bytes())["image"]


def test_a_network_that_answers_otherwise_is_refused(folder: Path) -> None:
    reference = Reference.read(folder, "image")
    (folder / "image.npz").unlink()
    Reference(reference.inputs, reference.answers[::-1], reference.batch).write(folder, "image")
    with pytest.raises(ModelUnavailable, match="install it anew"):
        open_tower(folder, "image", threads=2)
    Record(folder, 2).file.unlink()
    with pytest.raises(ModelUnavailable, match="cosine"):
        open_tower(folder, "image", threads=2)


@pytest.mark.parametrize("name", ["image.xml", "image.npz", "image.bin"])
def test_damaged_files_are_refused(folder: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    (folder / name).unlink()
    (folder / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelUnavailable, match="anew"):
        open_tower(folder, "image", threads=2)


def test_torch_is_taken_where_openvino_does_not_run_it(folder: Path) -> None:
    (folder / "image.xml").unlink()
    Record(folder, 2).file.unlink()
    tower = open_tower(folder, "image", threads=2)
    assert tower.runtime.name.startswith("torch")


def test_the_fastest_that_agrees_is_chosen() -> None:
    measured = {
        OPENVINO_BF16: Measured(cosine=0.995, per_second=300),
        OPENVINO_F32: Measured(cosine=0.99999, per_second=150, layout=Layout(max_batch=4, lanes=2)),
        TORCH_F32: Measured(cosine=1.0, per_second=40),
    }
    assert choose(measured, list(measured), "image") is OPENVINO_F32
    assert reason(measured, OPENVINO_F32, forced=False) == (
        "openvino f32 150/s, openvino bf16 300 refused for cosine 0.9950, torch f32 40; "
        "cosine to reference ≥ 0.9999; 2 batches side by side"
    )


def test_torch_must_be_well_ahead_on_a_cpu() -> None:
    measured = {
        OPENVINO_F32: Measured(cosine=1.0, per_second=100),
        TORCH_F32: Measured(cosine=1.0, per_second=110),
    }
    assert choose(measured, list(measured), "image") is OPENVINO_F32
    measured[TORCH_F32] = Measured(cosine=1.0, per_second=120)
    assert choose(measured, list(measured), "image") is TORCH_F32


def test_forced_floats_that_disagree_are_refused_with_their_cosine() -> None:
    measured = {OPENVINO_BF16: Measured(cosine=0.9951, per_second=300)}
    with pytest.raises(ModelUnavailable, match=r"openvino bf16 0\.9951"):
        choose(measured, [OPENVINO_BF16], "image")


def test_what_the_processor_cannot_do_cannot_be_forced() -> None:
    with pytest.raises(ModelUnavailable, match="ARGUS_PRECISION"):
        wanted({OPENVINO_F32, TORCH_F32}, "openvino", "bf16")


def test_no_number_never_agrees() -> None:
    nothing = np.full((1, 3), np.nan, np.float32)
    assert not least_cosine(nothing, np.ones((1, 3), np.float32)) >= 0
    assert not least_cosine(np.zeros((1, 3), np.float32), np.ones((1, 3), np.float32)) >= 0


def test_machines_differ_by_threads() -> None:
    assert machine_key(1) != machine_key(2) == machine_key(2)


@pytest.mark.parametrize(
    ("speeds", "batch"),
    [
        # 8 would make others wait; 4 is short, and near enough for what it saves around it.
        ({1: 300.0, 2: 400.0, 4: 385.0, 8: 399.0}, 4),
        ({1: 300.0, 2: 400.0, 4: 360.0, 8: 350.0}, 2),
        # None is short: the smallest of those that are as good as the fastest.
        ({1: 40.0, 2: 72.0, 4: 79.0, 8: 80.0}, 4),
    ],
)
def test_the_batch_is_the_largest_that_is_short_and_nearly_the_fastest(
    speeds: dict[int, float], batch: int
) -> None:
    assert best_layout(speeds, lanes=2) == (max(speeds.values()), batch)


class Pooled(nn.Module):
    """Two convolutions, pooled."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.first = nn.Conv2d(3, 16, 3)
        self.second = nn.Conv2d(16, 32, 3)
        self.head = nn.Linear(32, 24)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        hidden = nn.functional.relu6(self.first(pixels.permute(0, 3, 1, 2).float()))
        pooled = nn.functional.relu6(self.second(hidden)).mean((2, 3))
        return nn.functional.normalize(self.head(pooled), dim=-1)


def _save_pooled(folder: Path, exact_convolutions: int) -> None:
    save_tower(
        folder,
        "image",
        Pooled(),
        (drawn_images(SIDE),),
        dynamic=({0: MANY},),
        batch=4,
        half_weights=False,
        exact_convolutions=exact_convolutions,
    )


def test_marked_layers_compute_in_32_bits_where_others_do_in_16(tmp_path: Path) -> None:
    if OPENVINO_BF16 not in available():
        pytest.skip("this processor has no instructions for bf16")
    _save_pooled(tmp_path, 1)
    network = openvino.Core().compile_model(
        tmp_path / "image.xml", "CPU", {"INFERENCE_PRECISION_HINT": "bf16"}
    )
    facts = [layer.get_rt_info() for layer in network.get_runtime_model().get_ordered_ops()]
    precisions = [
        one["runtimePrecision"].astype(str)
        for one in facts
        if one["layerType"].astype(str) == "Convolution"
    ]
    assert precisions == ["f32", "bf16"]


def test_marked_layers_change_nothing_where_all_compute_in_32_bits(tmp_path: Path) -> None:
    _save_pooled(tmp_path, 1)
    network = OpenVinoNetwork(tmp_path / "image.xml", precision="f32", threads=1)
    assert Reference.read(tmp_path, "image").cosine(network) > 0.9999


def test_a_network_of_too_few_convolutions_cannot_be_marked(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="2 convolutions"):
        _save_pooled(tmp_path, 2)
