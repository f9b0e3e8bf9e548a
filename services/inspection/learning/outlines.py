"""Which patches of an image lie within outlines."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.inspection.model import Box, Polygon


def corners_of(box: Box) -> Polygon:
    """A box as an outline."""
    return (
        (box.left, box.top),
        (box.right, box.top),
        (box.right, box.bottom),
        (box.left, box.bottom),
    )


def patches_within(outlines: Sequence[Polygon], rows: int, columns: int) -> NDArray[np.bool_]:
    """The patches whose middle lies within one of the outlines, [rows, columns].

    Of an outline that is too small or too thin to have a patch's middle in it, the patches
    that its corners lie in.

    Args:
        outlines: Corners in fractions of width and height.
        rows: Of patches.
        columns: Of patches.
    """
    down, across = np.mgrid[0:rows, 0:columns]
    x, y = (across + 0.5) / columns, (down + 0.5) / rows
    within = np.zeros((rows, columns), np.bool_)
    for outline in outlines:
        inside = _inside(np.asarray(outline, dtype=np.float64), x, y)
        if not inside.any():
            corners = np.asarray(outline, dtype=np.float64)
            inside[
                (corners[:, 1] * rows).astype(int).clip(0, rows - 1),
                (corners[:, 0] * columns).astype(int).clip(0, columns - 1),
            ] = True
        within |= inside
    return within


def _inside(
    corners: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether points lie within an outline an odd number of times (ray casting)."""
    inside = np.zeros(x.shape, np.bool_)
    for (from_x, from_y), (to_x, to_y) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if from_y == to_y:
            continue
        crosses = (from_y > y) != (to_y > y)
        inside ^= crosses & (x < from_x + (y - from_y) * (to_x - from_x) / (to_y - from_y))
    return inside
