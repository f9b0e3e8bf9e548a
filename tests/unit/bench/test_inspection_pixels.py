import numpy as np
import pytest

from bench.inspection.pixels import PRO_LIMIT, PixelCounts
from services.inspection.verdict.agreement import auroc


def one_image() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    anomaly = rng.random((40, 50)).astype(np.float32)
    mask = np.zeros((40, 50), np.bool_)
    mask[2:6, 3:9] = True
    mask[20:35, 20:45] = True
    anomaly[mask] += 0.3
    return anomaly, mask


def test_areas_are_those_of_ranks() -> None:
    anomaly, mask = one_image()
    counts = PixelCounts(float(anomaly.max()))
    counts.add(anomaly, mask)
    assert counts.auroc() == pytest.approx(auroc(anomaly[~mask], anomaly[mask]), abs=1e-4)


def test_pixels_of_images_add_up() -> None:
    anomaly, mask = one_image()
    top = float(anomaly.max())
    apart, together = [PixelCounts(top), PixelCounts(top)], PixelCounts(top)
    for counts, where in zip(apart, (mask, None), strict=True):
        counts.add(anomaly, where)
        together.add(anomaly, where)
    added = apart[0] + apart[1]
    assert added.auroc() == together.auroc()
    assert added.pro() == together.pro()
    assert added.regions == 2


def test_each_region_weighs_the_same() -> None:
    anomaly, mask = one_image()
    found = np.zeros_like(anomaly)
    found[2:6, 3:9] = 1
    counts = PixelCounts(1.0)
    counts.add(found, mask)
    # One region wholly found at once, and the other only by chance.
    rates = 0.5 + 0.5 * PRO_LIMIT / 2
    assert counts.pro() == pytest.approx(rates, abs=0.01)


def test_a_perfect_map_is_perfect() -> None:
    _, mask = one_image()
    counts = PixelCounts(1.0)
    counts.add(mask.astype(np.float32), mask)
    assert counts.auroc() == pytest.approx(1)
    assert counts.pro() == pytest.approx(1)
