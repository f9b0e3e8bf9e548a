"""Grey levels with the same mean and deviation, whatever the exposure."""

import numpy as np
from skimage import data

from services.imaging.standard_levels import DEVIATION, MEAN, with_standard_levels


def test_exposures_of_one_picture_become_nearly_the_same() -> None:
    coffee = data.coffee()  # type: ignore[no-untyped-call] # no types
    picture = np.asarray(coffee[::4, ::4], np.float32) * 0.5 + 30
    seen = [
        with_standard_levels((picture * gain + shift).round().astype(np.uint8)).astype(int)
        for gain, shift in ((1.0, 0), (1.3, 10), (0.7, 5))
    ]
    assert max(np.abs(one - seen[0]).mean() for one in seen) < 3
    grey = seen[0] @ [0.299, 0.587, 0.114]
    assert abs(grey.mean() - MEAN) < 3
    assert 0.8 * DEVIATION < grey.std() < 1.05 * DEVIATION


def test_an_even_picture_stays_even() -> None:
    even = np.full((8, 9, 3), (200, 10, 60), np.uint8)
    even[0, 0] += 1
    seen = with_standard_levels(even).astype(int)
    assert seen.shape == even.shape
    assert np.abs(seen - seen[4, 4]).max() <= DEVIATION
    assert with_standard_levels(np.zeros((2, 2, 3), np.uint8)).tolist() == [[[110] * 3] * 2] * 2
