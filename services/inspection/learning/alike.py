"""Which pictures show the same part: those whose fine structure is alike.

Light and exposure change what is coarse and how strong the rest is, and leave the
scratches, stains and grain of a part where they are. So pictures are compared by the
correlation of what is fine, its strength evened out, without the lines that run straight
across: edges of the part and marks of grinding are alike on all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from scipy.cluster import hierarchy

from services.imaging.decode import ImageLimits, decode
from services.imaging.resize import enough_for
from services.inspection.model import FloatArray

SIDE = 64
"""Pixels of the square that pictures are compared in, whatever their shape."""

COARSE = 2.0
"""Deviation, in those pixels, of the blur that is taken away."""

AROUND = 8.0
"""Deviation of the blur that tells how strong the structure is around a pixel."""

ALIKE = 0.2
"""Mean correlation from which on pictures show the same part; of different parts it is near 0."""

LIKE_SIZE = 1.1
"""By how much widths and heights of pictures of one part differ at most, as a ratio."""

BLOCK = 512
"""Pictures that are compared with all others at once."""

_LEAST = 1.0
"""Grey levels below which structure is noise."""

_APART = 2.0
"""Distance of pictures that cannot show the same part; that of others is 1 - correlation."""


@dataclass(frozen=True, slots=True)
class Grain:
    """A picture's fine structure."""

    values: FloatArray = field(repr=False)
    """Of mean 0 and unit length, [SIDE²]; zeros if it has none."""
    width: int
    """Pixels of the picture as seen."""
    height: int
    """Pixels of the picture as seen."""


def grain_of(image: bytes, limits: ImageLimits) -> Grain:
    """The fine structure of an encoded image.

    Raises:
        InvalidInput: the image breaks a limit or cannot be read.
    """
    decoded = decode(image, limits, short_side=enough_for(SIDE), grey_stays=True)
    square = decoded.image.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    grey = np.asarray(square, np.float32)
    fine = grey - ndimage.gaussian_filter(grey, COARSE)
    fine /= np.sqrt(ndimage.gaussian_filter(np.square(fine), AROUND)) + _LEAST
    fine -= fine.mean(0)
    fine -= fine.mean(1, keepdims=True)
    length = float(np.linalg.norm(fine))
    values = fine.ravel() / length if length > _LEAST else np.zeros(SIDE**2)
    return Grain(np.asarray(values, np.float32), decoded.width, decoded.height)


def parts_alike(grains: Sequence[Grain]) -> NDArray[np.intp]:
    """Number of the part that each picture shows, from 0, [n].

    Groups are joined as long as their pictures correlate on the mean (average linkage), so
    that a few look-alikes do not chain parts together.

    Args:
        grains: At least one. It takes memory and time in proportion to their number squared.
    """
    count = len(grains)
    if count == 1:
        return np.zeros(1, np.intp)
    values = np.stack([grain.values for grain in grains])
    sizes = np.log([[grain.width, grain.height] for grain in grains])
    apart = np.empty((count, count), np.float32)
    for start in range(0, count, BLOCK):
        block = slice(start, start + BLOCK)
        unlike = np.abs(sizes[block, None] - sizes).max(-1) > np.log(LIKE_SIZE)
        apart[block] = np.where(unlike, _APART, np.maximum(0, 1 - values[block] @ values.T))
    tree = hierarchy.linkage(apart[np.triu_indices(count, 1)], "average")
    return np.asarray(hierarchy.fcluster(tree, 1 - ALIKE, "distance") - 1, np.intp)
