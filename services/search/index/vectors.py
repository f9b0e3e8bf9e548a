"""Which vectors an index takes; the same for every engine, so that no engine decides it."""

import math

from services.clients.model import Space, Vector
from services.search.errors import PointRefused, VectorWrong
from services.search.model import ImagePoint

MOST_LENGTH = 1e18
"""Engines square and add up in 32-bit floats, which end at 3e38."""


def check_vector(vector: Vector, space: Space) -> None:
    """Lets a vector of the space pass.

    Raises:
        VectorWrong: it is of another dimension, or has numbers that are none.
    """
    if len(vector) != space.dimension:
        raise VectorWrong(
            f"a vector of {len(vector)} numbers, and the space has {space.dimension}",
            field="vector",
        )
    # What is not a number makes the length none.
    if not math.hypot(*vector) < MOST_LENGTH:
        raise VectorWrong("a vector with numbers that are infinite or none", field="vector")


def check_point(point: ImagePoint, space: Space) -> None:
    """Lets a point pass whose vector is of the space.

    Raises:
        PointRefused: it is not; an engine would keep it, and never find it.
    """
    try:
        check_vector(point.vector, space)
        for crop in point.crops or ():
            check_vector(crop.vector, space)
    except VectorWrong as error:
        raise PointRefused(f"the index does not take the image: {error.message}") from None
