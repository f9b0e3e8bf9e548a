"""The benchmark's simulated calibrations, and telling tiles that are the same."""

import io

import numpy as np
from PIL import Image
from scipy import ndimage

from bench.inspection.coverage import measure_coverage
from bench.inspection.same_parts import parts_of
from bench.inspection.tiles import Tile, Tiles
from services.inspection.learning.bank_learning import learn_bank
from services.inspection.learning.banks import TwoBanks
from services.inspection.model import View


def test_simulated_calibrations_hold_the_true_rate_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    grids = rng.normal(size=(20, 2, 6, 6, 8)).astype(np.float32)
    first, second = (
        learn_bank([one[bank] for one in grids], [[]] * 20, [str(n) for n in range(20)])
        for bank in (0, 1)
    )
    found = measure_coverage(TwoBanks(first, second, View(0.5)))
    assert {one.references for one in found} == {50, 20}
    assert all(one.inside > 0.85 * one.simulated for one in found)
    assert all(0 < one.mean_rate < 2 * one.target for one in found)


def test_the_same_tile_is_told_in_other_light() -> None:
    rng = np.random.default_rng(2)
    surfaces = [ndimage.gaussian_filter(rng.normal(size=(120, 140)), 1.2) for _ in range(3)]

    def photograph(surface: int, gain: float, shift: int) -> Tile:
        light = np.linspace(60, 60 + shift, 140)
        levels = 90 + 200 * gain * np.roll(surfaces[surface], 2, 1) + light
        out = io.BytesIO()
        Image.fromarray(levels.clip(0, 255).astype(np.uint8)).save(out, "PNG")
        return Tile(out.getvalue())

    shown = [photograph(0, 1, 0), photograph(1, 1, 0), photograph(0, 0.6, 40), photograph(2, 1, 9)]
    parts = parts_of(Tiles(shown, {}))
    assert parts[0] == parts[2]
    assert len(set(parts.tolist())) == 3
