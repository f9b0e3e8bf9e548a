"""The grid that a heat map is drawn from again."""

import io

import numpy as np
import pytest
from PIL import Image

from services.inspection.pictures.heatmap import heatmap_png
from services.inspection.pictures.kept_grid import anomaly_map_of, grid_of

SIZE = (300, 200)


def levels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png))).astype(np.int64)


@pytest.mark.parametrize("threshold", [0.0, 1e-6, 2.5, 1e6])
def test_the_same_heat_map_is_drawn_again(threshold: float) -> None:
    random = np.random.default_rng(3)
    unit = max(threshold, 1e-9)
    anomaly_map = (random.uniform(0, 6, (12, 18)) * unit).astype(np.float32)

    again = anomaly_map_of(grid_of(anomaly_map, threshold, SIZE), threshold)

    before = levels(heatmap_png(SIZE, anomaly_map, threshold))
    after = levels(heatmap_png(SIZE, again, threshold))
    assert before.shape == after.shape
    # A half has 11 bits: above the top, at four thresholds, it is off by 32 of 65535 levels.
    assert np.abs(before - after).max() <= 33


def test_what_is_beyond_all_bounds_stays_finite() -> None:
    grid = grid_of(np.array([[1e9, 0.0]], np.float32), 1.0, SIZE)
    assert np.isfinite(grid.in_thresholds).all()
    assert (grid.width, grid.height) == SIZE
