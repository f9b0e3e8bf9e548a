"""Pictures whose grey levels have the same mean and deviation."""

import numpy as np
from numpy.typing import NDArray

MEAN = 110.0
"""Mean grey level, of 255."""

DEVIATION = 40.0
"""Standard deviation of the grey levels."""

LEAST_DEVIATION = 3.0
"""Added to a picture's own deviation, so that the noise of an even one is not blown up."""

_GREY = np.array([0.299, 0.587, 0.114], np.float32)


def with_standard_levels(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture shifted and stretched to the standard mean and nearly the standard deviation.

    All channels alike, so that hues stay; levels out of range are cut.

    Args:
        pixels: RGB, [height, width, 3].

    Returns:
        [height, width, 3]
    """
    grey = pixels.reshape(-1, 3) @ _GREY
    gain = DEVIATION / (float(grey.std(dtype=np.float64)) + LEAST_DEVIATION)
    levels = (np.arange(256) - float(grey.mean(dtype=np.float64))) * gain + MEAN
    looked_up: NDArray[np.uint8] = levels.clip(0, 255).round().astype(np.uint8)[pixels]
    return looked_up
