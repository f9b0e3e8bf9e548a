"""Telling a part from what it lies on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

from services.inspection.model import FloatArray

MOST_PATCHES = 20_000
"""Patches that the direction is learnt from; of more, every so many."""

LEAST_SEPARATION = 0.78
"""Share of the variance that two humps explain. Otsu's split of one hump explains 0.64 of a
normal distribution and 0.75 of a uniform one."""

LEAST_BORDER = 0.75
"""Share of border patches that must be background, or the split tells other things apart."""

LEAST_PART = 0.02
MOST_PART = 0.95
"""Share of patches that a part takes."""

TOUCHING = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True, slots=True)
class Foreground:
    """Where the part is: patches that lie far enough along a direction of feature space.

    The first principal component of patch features parts an object from an
    even background (AnomalyDINO, Damm et al. 2025, section 3.1).
    """

    mean: FloatArray = field(repr=False)
    """[dimension]"""
    direction: FloatArray = field(repr=False)
    """[dimension], of unit length, from background to part; zeros if all is foreground."""
    threshold: float

    @classmethod
    def everything(cls, dimension: int) -> Self:
        """A mask that leaves nothing out."""
        nothing = np.zeros(dimension, dtype=np.float32)
        return cls(nothing, nothing, -1.0)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """From what `to_arrays` gave."""
        return cls(
            np.asarray(arrays["mean"], dtype=np.float32),
            np.asarray(arrays["direction"], dtype=np.float32),
            float(arrays["threshold"]),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """What it consists of, for an artifact."""
        return {
            "mean": self.mean,
            "direction": self.direction,
            "threshold": np.array(self.threshold),
        }

    @property
    def masks(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.direction.any())

    def mask(self, grid: NDArray[Any]) -> NDArray[np.bool_]:
        """The patches that belong to the part.

        Holes belong to it and so do the patches around it, because a defect may
        look like the background. An image without a part is all foreground.

        Args:
            grid: Patch features, [rows, columns, dimension].

        Returns:
            [rows, columns]
        """
        if not self.masks:
            return np.ones(grid.shape[:2], dtype=bool)
        part = _along(grid, self.mean, self.direction) > self.threshold
        if not part.any():
            return np.ones_like(part)
        part = ndimage.binary_closing(np.pad(part, 1), TOUCHING)[1:-1, 1:-1] | part
        return np.asarray(ndimage.binary_dilation(ndimage.binary_fill_holes(part), TOUCHING))


def learn_foreground(grids: Sequence[NDArray[Any]]) -> Foreground:
    """Learns from references where the part is.

    Everything is foreground where that is not clear: if features do not fall
    into two kinds, or if it is not the one kind that lies at the borders.

    Args:
        grids: Patch features of at least one image, each [rows, columns, dimension].
    """
    everything = Foreground.everything(grids[0].shape[-1])
    patches = np.concatenate([grid.reshape(-1, grid.shape[-1]) for grid in grids])
    patches = patches[:: -(-len(patches) // MOST_PATCHES)].astype(np.float32)
    border = np.concatenate([grid[_border(grid)] for grid in grids]).astype(np.float32)
    mean = patches.mean(axis=0)
    direction = _first_component(patches - mean)
    along, at_border = _along(patches, mean, direction), _along(border, mean, direction)
    if np.median(at_border) > along.mean():
        direction, along, at_border = -direction, -along, -at_border
    if not np.ptp(along) > 0:
        return everything
    threshold = float(threshold_otsu(along))  # type: ignore[no-untyped-call] # no types
    part = along > threshold
    share = float(part.mean())
    apart = float(along[part].mean() - along[~part].mean()) if 0 < share < 1 else 0.0
    separation = share * (1 - share) * apart**2 / float(along.var())
    clear = (
        separation >= LEAST_SEPARATION
        and LEAST_PART <= share <= MOST_PART
        and float((at_border <= threshold).mean()) >= LEAST_BORDER
    )
    return Foreground(mean, direction, threshold) if clear else everything


def _first_component(centred: FloatArray) -> FloatArray:
    """Unit vector of most variance, [dimension]."""
    _, vectors = np.linalg.eigh(centred.T @ centred)
    return np.asarray(vectors[:, -1], dtype=np.float32)


def _along(patches: NDArray[Any], mean: FloatArray, direction: FloatArray) -> FloatArray:
    return np.asarray((patches - mean) @ direction, dtype=np.float32)


def _border(grid: NDArray[Any]) -> NDArray[np.bool_]:
    """The outermost patches, [rows, columns]."""
    inner = np.zeros(grid.shape[:2], dtype=bool)
    inner[1:-1, 1:-1] = True
    return ~inner
