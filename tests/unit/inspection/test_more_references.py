"""More references never make a bank worse, however many patches there is room to choose from."""

from collections.abc import Callable

import numpy as np
import pytest

from services.inspection.learning import bank_learning
from services.inspection.learning.bank import PatchBank
from services.inspection.learning.bank_learning import learn_bank
from services.inspection.model import FloatArray
from services.inspection.verdict.agreement import auroc

SIDE, CELL, CELLS = 96, 6, 16
Texture = Callable[[int], FloatArray]


def woven(seed: int) -> FloatArray:
    """Cloth: threads both ways, of a pitch and a light that differ from picture to picture."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    pitch = rng.uniform(10, 16, 2)
    phase = rng.uniform(0, 2 * np.pi, 2)
    threads = np.sin(2 * np.pi * pitch[0] * x + phase[0]) * np.sin(
        2 * np.pi * pitch[1] * y + phase[1]
    )
    light = 1 + 0.3 * (x * rng.normal() + y * rng.normal())
    return np.asarray(threads * light + 0.1 * rng.normal(size=threads.shape), np.float32)


def brushed(seed: int) -> FloatArray:
    """Metal: grooves along one direction, which differs a little."""
    rng = np.random.default_rng(seed)
    noise = np.fft.rfft2(rng.normal(size=(SIDE, SIDE)))
    fy, fx = np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None]
    angle = rng.normal(0, 0.1)
    along, across = fx * np.cos(angle) + fy * np.sin(angle), fy * np.cos(angle) - fx * np.sin(angle)
    kept = np.exp(-((along / 0.02) ** 2) - (across / 0.3) ** 2)
    grooves = np.fft.irfft2(noise * kept, (SIDE, SIDE))
    return np.asarray(grooves / grooves.std(), np.float32)


def spoilt(picture: FloatArray, seed: int) -> FloatArray:
    """With a blot somewhere."""
    rng = np.random.default_rng(seed)
    y, x = rng.integers(12, SIDE - 12, 2)
    yy, xx = np.mgrid[:SIDE, :SIDE]
    blot = np.exp(-((yy - y) ** 2 + (xx - x) ** 2) / 18)
    return np.asarray(picture * (1 - blot) + 5 * blot, np.float32)


def features(picture: FloatArray) -> FloatArray:
    """What each cell shows, whatever its phase: spectrum and statistics, [rows, columns, d]."""
    cells = picture.reshape(CELLS, CELL, CELLS, CELL).swapaxes(1, 2)
    spectrum = np.log1p(np.abs(np.fft.rfft2(cells))).reshape(CELLS, CELLS, -1)
    statistics = [cells.mean((2, 3)), cells.std((2, 3)), cells.min((2, 3)), cells.max((2, 3))]
    return np.concatenate([spectrum, np.stack(statistics, -1)], axis=-1).astype(np.float32)


def learnt(texture: Texture, references: int) -> PatchBank:
    grids = [features(texture(seed)) for seed in range(references)]
    return learn_bank(grids, [[] for _ in grids], [str(seed) for seed in range(references)])


def found(bank: PatchBank, texture: Texture) -> float:
    """AUROC of spoilt pictures against others of the same texture."""
    seeds = range(10_000, 10_040)
    normals = [bank.match(features(texture(seed))).score for seed in seeds]
    return auroc(
        normals, [bank.match(features(spoilt(texture(seed), seed))).score for seed in seeds]
    )


@pytest.mark.parametrize("texture", [woven, brushed])
@pytest.mark.parametrize("room", [1_000_000, 2_500])
def test_more_references_never_find_less(
    texture: Texture, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bank_learning, "CHOSEN_FROM", room)
    monkeypatch.setattr(bank_learning, "REDUCED_FROM", room)
    reached = [found(learnt(texture, references), texture) for references in (5, 20, 60)]
    assert reached[1] > reached[0] - 0.02, reached
    assert reached[2] > reached[1] - 0.02, reached
    assert reached[2] > 0.9, reached


def test_what_there_is_no_room_for_is_not_the_same_places_in_each_reference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every cell of a part has a look of its own, and all are learnt by somebody's reference."""
    monkeypatch.setattr(bank_learning, "CHOSEN_FROM", 40 * 64)
    part = 10 * np.random.default_rng(0).normal(size=(CELLS, CELLS, 24)).astype(np.float32)

    def one(seed: int) -> FloatArray:
        return part + np.random.default_rng(1 + seed).normal(0, 0.1, part.shape).astype(np.float32)

    bank = learn_bank(
        [one(seed) for seed in range(40)], [[]] * 40, [str(seed) for seed in range(40)]
    )
    middles = bank.member_boxes[:, :2] + bank.member_boxes[:, 2:]
    cells = {tuple(place) for place in np.floor(middles / 2 * CELLS).astype(int)}
    assert len(cells) == CELLS**2
    assert np.median(bank.match(one(100)).anomaly) < 3
