"""Which parts of an image get vectors of their own."""

import math

from services.embedder.model import Box

MAX_PER_ROW = 8
"""Most squares in a row or column; of longer images the squares then leave gaps."""

PixelBox = tuple[float, float, float, float]
"""Left, top, right and bottom edge in pixels; whole numbers lie between pixels."""


def crop_boxes(width: float, height: float) -> list[PixelBox]:
    """Squares at two scales that cover an image.

    Their sides are the image's shorter side and half of it. Along each axis
    they are spread evenly from edge to edge with an overlap of half a square
    or more; an axis as long as a square holds one. Up to 8 squares lie in a
    row, so an image gets 10 squares (if it is a square) to 32.

    Args:
        width: Of the image, positive.
        height: Of the image, positive.

    Returns:
        The larger squares first, each scale row by row from the upper left.
    """
    short = min(width, height)
    boxes = []
    for side in (short, short / 2):
        lefts, tops = _spread(width, side, per_side=2), _spread(height, side, per_side=2)
        boxes += [(left, top, left + side, top + side) for top in tops for left in lefts]
    return boxes


def tile_boxes(width: float, height: float) -> list[PixelBox]:
    """The least squares of half an image's shorter side that cover it.

    They are spread evenly from edge to edge, two in a row of the shorter side, as many as
    leave no gap in one of the longer, at most 8: an image gets 4 (if it is a square) to 16.

    Args:
        width: Of the image, positive.
        height: Of the image, positive.

    Returns:
        Row by row from the upper left.
    """
    side = min(width, height) / 2
    lefts, tops = _spread(width, side, per_side=1), _spread(height, side, per_side=1)
    return [(left, top, left + side, top + side) for top in tops for left in lefts]


def as_box(box: PixelBox, width: float, height: float) -> Box:
    """A part of an image of that size in fractions of it."""
    left, top, right, bottom = box
    return Box(
        left=left / width,
        top=top / height,
        right=min(1.0, right / width),
        bottom=min(1.0, bottom / height),
    )


def _spread(length: float, side: float, *, per_side: int) -> list[float]:
    """Where squares begin along an axis, so many at least within each side's length."""
    room = length - side
    count = min(MAX_PER_ROW, 1 + math.ceil(per_side * room / side))
    if count == 1:
        return [0.0]
    # The last one is set, not summed up to, so that it ends at the edge exactly.
    return [room * index / (count - 1) for index in range(count - 1)] + [room]
