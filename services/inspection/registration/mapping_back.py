"""What was found in the reference's place, in the picture as it was sent."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import ndimage

from services.inspection.model import Alignment, FloatArray, Region
from services.inspection.registration.geometry import (
    around,
    polygon_to_picture,
    to_reference,
)

FINER = 2
"""Cells of a map of the picture for each patch, along each side."""


def map_in_picture(anomaly_map: FloatArray, alignment: Alignment) -> FloatArray:
    """An anomaly map of the picture, [2 rows, 2 columns], from that of the reference's place.

    What the reference does not show was not looked at and has no anomaly.

    Args:
        anomaly_map: [rows, columns]
        alignment: How the picture lies.
    """
    rows, columns = anomaly_map.shape
    down, across = np.mgrid[0 : FINER * rows, 0 : FINER * columns] + 0.5
    points = np.stack([across / (FINER * columns), down / (FINER * rows)], axis=-1).reshape(-1, 2)
    x, y = to_reference(points, alignment).T
    moved = ndimage.map_coordinates(
        anomaly_map, [y * rows - 0.5, x * columns - 0.5], order=1, mode="nearest"
    )
    moved[(x < 0) | (x > 1) | (y < 0) | (y > 1)] = 0
    return np.asarray(moved.reshape(FINER * rows, FINER * columns), np.float32)


def regions_in_picture(regions: Sequence[Region], alignment: Alignment) -> list[Region]:
    """Regions in the picture's coordinates; their worst patches stay those of the reference's."""
    found = []
    for region in regions:
        polygon = polygon_to_picture(region.polygon, alignment)
        found.append(replace(region, polygon=polygon, box=around(polygon)))
    return found
