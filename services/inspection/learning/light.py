"""How much light, contrast and detail a frame has, and how it is spread: a few numbers."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.imaging.resize import REDUCING_GAP
from services.inspection.model import FloatArray

SIDE = 64
"""Pixels of the shorter side that a frame is looked at in."""

CELL = 8
"""Pixels of the side of a part of it."""

MOST_ASPECT = 16
"""Longer frames are squeezed to it."""

SHARES = (0.1, 0.5, 0.9)
"""Of the parts, those whose level and contrast are noted."""

LEAST_LEVEL = 4.0
LEAST_CONTRAST = 2.0
LEAST_STEP = 1.0
"""Grey levels added before logarithms are taken: less is noise."""

NUMBERS = 3 + 2 * len(SHARES)


def light_of(picture: Image.Image) -> FloatArray:
    """Logarithms of grey levels, [NUMBERS]; a difference of 0.1 is one of a tenth.

    The mean, the deviation and the mean step between neighbours; and of the
    parts' levels and contrasts the low, the middle and the high ones.

    Args:
        picture: Mode RGB or L.
    """
    grey = _small(picture)
    steps = np.concatenate([np.abs(np.diff(grey, axis=axis)).ravel() for axis in (0, 1)])
    rows, columns = grey.shape[0] // CELL, grey.shape[1] // CELL
    cells = grey[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL)
    levels, contrasts = cells.mean((1, 3)), cells.std((1, 3))
    return np.concatenate(
        [
            np.log([grey.mean() + LEAST_LEVEL]),
            np.log([grey.std() + LEAST_CONTRAST]),
            np.log([steps.mean() + LEAST_STEP]),
            np.log(np.quantile(levels, SHARES) + LEAST_LEVEL),
            np.log(np.quantile(contrasts, SHARES) + LEAST_CONTRAST),
        ]
    ).astype(np.float32)


def _small(picture: Image.Image) -> NDArray[np.float64]:
    picture = picture.convert("L")
    aspect = max(picture.size) / min(picture.size)
    long = math.ceil(SIDE * min(aspect, MOST_ASPECT))
    size = (long, SIDE) if picture.width >= picture.height else (SIDE, long)
    small = picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=REDUCING_GAP)
    return np.asarray(small, np.float64)
