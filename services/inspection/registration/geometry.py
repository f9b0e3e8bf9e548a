"""Points of a picture in the reference's coordinates, and back."""

from collections.abc import Sequence
from math import cos, radians, sin

import numpy as np
from numpy.typing import ArrayLike, NDArray

from services.inspection.model import Alignment, Box, Polygon

Points = NDArray[np.float64]
"""(x, y) in fractions of width and height, [n, 2]."""

EDGE = 0.01
"""Of a side of the picture that counts as its edge: nothing there is inspected once it moved."""

_MIDDLE = 0.5


def to_picture(points: ArrayLike, alignment: Alignment) -> Points:
    """Where points of the reference, [n, 2], lie in the picture; maybe outside of it."""
    turned = _scaled(points, alignment) @ _turn(alignment).T
    shift = np.array([alignment.shift_x, alignment.shift_y])
    return np.asarray(turned / _sides(alignment) + shift + _MIDDLE)


def to_reference(points: ArrayLike, alignment: Alignment) -> Points:
    """Where points of the picture, [n, 2], lie in the reference; the inverse of `to_picture`."""
    shift = np.array([alignment.shift_x, alignment.shift_y])
    turned = _scaled(np.asarray(points, np.float64) - shift, alignment) @ _turn(alignment)
    return np.asarray(turned / _sides(alignment) + _MIDDLE)


def polygon_to_picture(polygon: Polygon, alignment: Alignment) -> Polygon:
    """An outline of the reference in the picture; what lies outside is drawn to its edge."""
    return _as_polygon(to_picture(np.array(polygon), alignment).clip(0, 1))


def polygon_to_reference(polygon: Polygon, alignment: Alignment) -> Polygon:
    """An outline of the picture in the reference's coordinates."""
    return _as_polygon(to_reference(np.array(polygon), alignment).clip(0, 1))


def seen_of_reference(alignment: Alignment) -> Polygon:
    """What of the reference a picture shows, as an outline; maybe partly outside of it."""
    low, high = EDGE, 1 - EDGE
    corners = [(low, low), (high, low), (high, high), (low, high)]
    return _as_polygon(to_reference(corners, alignment))


def boxes_to_picture(boxes: ArrayLike, alignment: Alignment) -> NDArray[np.float32]:
    """The boxes around what boxes of the reference, [n, 4], are in the picture, within it."""
    left, top, right, bottom = np.asarray(boxes, np.float64).T
    corners = np.stack([left, top, right, top, right, bottom, left, bottom], axis=1)
    moved = to_picture(corners.reshape(-1, 2), alignment).reshape(-1, 4, 2).clip(0, 1)
    return np.concatenate([moved.min(1), moved.max(1)], axis=1).astype(np.float32)


def around(polygon: Polygon) -> Box:
    """The smallest box around an outline."""
    corners = np.asarray(polygon, np.float64)
    (left, top), (right, bottom) = corners.min(0).tolist(), corners.max(0).tolist()
    return Box(left, top, right, bottom)


def _scaled(points: ArrayLike, alignment: Alignment) -> Points:
    """Points from the middle, in heights."""
    return np.asarray((np.asarray(points, np.float64) - _MIDDLE) * _sides(alignment))


def _sides(alignment: Alignment) -> Points:
    return np.array([alignment.aspect, 1.0])


def _turn(alignment: Alignment) -> Points:
    angle = radians(alignment.rotation_degrees)
    return np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])


def _as_polygon(points: Points) -> Sequence[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in points]
