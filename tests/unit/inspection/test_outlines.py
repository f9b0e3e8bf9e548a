import numpy as np

from services.inspection.learning.outlines import corners_of, patches_within
from services.inspection.model import Box


def test_patches_whose_middle_is_in_a_box_are_within() -> None:
    within = patches_within([corners_of(Box(0.25, 0.5, 0.75, 1.0))], 4, 8)
    expected = np.zeros((4, 8), bool)
    expected[2:, 2:6] = True
    assert np.array_equal(within, expected)


def test_an_outline_may_have_any_shape_and_several_count_together() -> None:
    # A square with a notch from the left, and a triangle beside it.
    notched = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0), (0.4, 0.5)]
    triangle = [(0.6, 1.0), (1.0, 0.0), (1.0, 1.0)]
    within = patches_within([notched, triangle], 10, 10)
    assert within[0, 0]
    assert within[9, 0]
    assert not within[5, 0], "in the notch"
    assert within[5, 4]
    assert within[9, 9]
    assert not within[0, 6]


def test_what_is_smaller_than_a_patch_lies_in_one() -> None:
    within = patches_within([[(0.31, 0.31), (0.32, 0.31), (0.32, 0.32)]], 10, 10)
    assert np.argwhere(within).tolist() == [[3, 3]]
    at_the_rim = patches_within([[(1.0, 1.0), (1.0, 0.999), (0.999, 1.0)]], 10, 10)
    assert at_the_rim[9, 9]
