import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from skimage.measure import points_in_poly

from services.inspection.model import FloatArray
from services.inspection.pictures.regions import MOST_REGIONS, find_regions

MAPS = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 20), st.integers(1, 40)),
    elements=st.floats(0, 4, width=32),
)


def quiet(rows: int = 16, columns: int = 16, level: float = 0.2) -> FloatArray:
    return np.full((rows, columns), level, dtype=np.float32)


@settings(max_examples=150, deadline=None)
@given(MAPS, st.floats(0, 3))
@example(np.array([[2, 0], [1.5, 1.5]], np.float32), 1.5)
@example(np.array([[0, 0], [0, 0], [1, 0], [1e-45, 0], [2, 0]], np.float32), 0.0)
def test_regions_are_what_lies_above_the_threshold(values: FloatArray, threshold: float) -> None:
    regions = find_regions(values, threshold)
    assert len(regions) <= MOST_REGIONS
    assert bool(regions) == bool((values > threshold).any())
    scores = [region.score for region in regions]
    assert scores == sorted(scores, reverse=True)
    if regions:
        assert scores[0] == values.max()
    for region in regions:
        assert region.score > threshold
        assert values[region.peak] == np.float32(region.score)
        assert len(region.polygon) >= 3
        assert region.polygon[0] != region.polygon[-1]
        points = np.array(region.polygon)
        assert points.min() >= 0
        assert points.max() <= 1
        box = region.box
        assert (box.left, box.top) == tuple(points.min(axis=0))
        assert (box.right, box.bottom) == tuple(points.max(axis=0))
        assert box.left < box.right
        assert box.top < box.bottom
        assert 0 < region.area <= 1
        rows, columns = values.shape
        row, column = region.peak
        assert box.left <= (column + 0.5) / columns <= box.right
        assert box.top <= (row + 0.5) / rows <= box.bottom


def test_an_outline_follows_the_part() -> None:
    values = quiet(20, 30)
    values[5:9, 10:20] = 2.0
    (region,) = find_regions(values, 1.0)
    assert region.box.left == pytest.approx(10 / 30, abs=0.02)
    assert region.box.right == pytest.approx(20 / 30, abs=0.02)
    assert region.box.top == pytest.approx(5 / 20, abs=0.02)
    assert region.box.bottom == pytest.approx(9 / 20, abs=0.02)
    assert region.area == pytest.approx(40 / 600, rel=0.1)


def test_an_outline_is_not_the_box_of_what_is_bent() -> None:
    values = quiet()
    values[2:14, 3] = values[13, 3:13] = 2.0
    (region,) = find_regions(values, 1.0)
    points = np.array(region.polygon)
    at = np.array([[3.5 / 16, 4 / 16], [10 / 16, 13.5 / 16], [10 / 16, 5 / 16]])
    inside = points_in_poly(at, points)  # type: ignore[no-untyped-call] # scikit-image has no types
    assert inside.tolist() == [True, True, False]
    assert region.area < 0.15


def test_a_hole_is_inside_the_outline_and_not_in_the_area() -> None:
    values = quiet()
    values[3:13, 3:13] = 2.0
    values[5:11, 5:11] = 0.1
    (region,) = find_regions(values, 1.0)
    assert region.box.right - region.box.left == pytest.approx(10 / 16, abs=0.03)
    assert region.area == pytest.approx(64 / 256, rel=0.15)


def test_a_speck_is_one_patch() -> None:
    values = quiet()
    values[6, 9] = 1.01
    (region,) = find_regions(values, 1.0)
    assert region.peak == (6, 9)
    assert region.area == pytest.approx(1 / 256, rel=0.2)
    assert region.box.left == pytest.approx(9 / 16, abs=0.01)
    assert region.box.bottom == pytest.approx(7 / 16, abs=0.01)


def test_specks_that_touch_are_one() -> None:
    values = quiet()
    values[6, 9] = values[7, 10] = 1.01
    assert len(find_regions(values, 1.0)) == 1
    values[7, 10] = 0.2
    values[6, 12] = 1.02
    assert [region.peak for region in find_regions(values, 1.0)] == [(6, 12), (6, 9)]


def test_what_touches_the_edge_ends_there() -> None:
    values = quiet()
    values[0, 0] = values[15, 15] = 3.0
    first, last = find_regions(values, 1.0)
    assert (first.box.left, first.box.top) == (0, 0)
    assert (last.box.right, last.box.bottom) == (1, 1)


def test_only_the_strongest_are_kept() -> None:
    values = quiet(24, 24)
    values[::3, ::3] = np.linspace(2, 3, 64, dtype=np.float32).reshape(8, 8)
    regions = find_regions(values, 1.0)
    assert len(regions) == MOST_REGIONS
    assert regions[0].peak == (21, 21)
    assert regions[-1].score >= np.sort(values.ravel())[-32]


def test_a_map_of_one_patch() -> None:
    assert find_regions(quiet(1, 1), 0.2) == []
    (region,) = find_regions(quiet(1, 1), 0.1)
    assert (region.box.left, region.box.top, region.box.right, region.box.bottom) == (0, 0, 1, 1)
    assert region.area == 1
    assert region.peak == (0, 0)
