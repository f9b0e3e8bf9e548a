import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import approximate_polygon

from services.inspection.pictures.simplify import simplified

POINTS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=40)


@given(POINTS, st.floats(0.3, 5))
def test_no_point_is_farther_away_than_the_tolerance(
    points: list[tuple[int, int]], tolerance: float
) -> None:
    chain = np.array(points, np.float64)
    found = simplified(chain, tolerance)
    assert (found[0] == chain[0]).all()
    assert (found[-1] == chain[-1]).all()
    for point in chain:
        nearest = min(_distance(point, a, b) for a, b in itertools.pairwise(found))
        assert nearest <= tolerance + 1e-9


def test_an_outline_is_simplified_as_scikit_image_does() -> None:
    angles = np.linspace(0, 2 * np.pi, 200)
    outline = np.stack([30 * np.sin(angles) + 3 * np.sin(5 * angles), 20 * np.cos(angles)], axis=1)
    for tolerance in (0.1, 0.6, 3.0):
        expected = approximate_polygon(outline, tolerance)  # type: ignore[no-untyped-call] # no types
        np.testing.assert_array_equal(simplified(outline, tolerance), expected)


def _distance(point: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    along = end - start
    length = float(along @ along)
    place = min(1.0, max(0.0, float((point - start) @ along) / length)) if length else 0.0
    return float(np.linalg.norm(point - start - place * along))
