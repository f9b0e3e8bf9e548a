"""Where an image is anomalous."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import find_contours

from services.inspection.model import Box, FloatArray, Region
from services.inspection.pictures.simplify import simplified
from services.inspection.pictures.upsampling import bilinear

MOST_REGIONS = 32
WORKING_SIDE = 160
"""Cells that the longer side of the working grid has at least, as long as patches are small."""
MOST_CELLS_PER_PATCH = 33
TOLERANCE = 0.6
"""Cells that a simplified outline may lie off the exact one."""
DIAGONALS_TOO = np.ones((3, 3), dtype=bool)

Outline = NDArray[np.float64]
"""(x, y) of corners in fractions of width and height, [corners, 2]; the last joins the first."""


def find_regions(anomaly_map: FloatArray, threshold: float) -> list[Region]:
    """The parts of an image that lie above a threshold, strongest first; at most 32.

    Parts that touch, at a corner too, are one. A part smaller than a patch
    becomes all of its worst patch: features say no more of a place than that.

    Args:
        anomaly_map: Scores of patches, [rows, columns].
        threshold: Patches above it are anomalous, in the unit of the scores.

    Returns:
        Regions without their nearest normal patches. Outlines are simple closed
        polygons whose last point joins the first; a box is that of its outline.
    """
    if not anomaly_map.size or not anomaly_map.max() > threshold:
        return []
    factor = _cells_per_patch(anomaly_map)
    heights = bilinear(anomaly_map, factor) - np.float32(threshold)
    inside = _without_specks(heights > 0, anomaly_map > threshold, factor)
    labels, count = ndimage.label(inside, DIAGONALS_TOO)
    numbers = np.arange(1, count + 1)
    # Interpolation has its maxima at patches' centres, so each part has one; what else lies
    # above the threshold does so by rounding.
    at_centres = labels[factor // 2 :: factor, factor // 2 :: factor]
    scores = np.asarray(ndimage.maximum(anomaly_map, at_centres, numbers))
    real = np.count_nonzero(scores > threshold)
    strongest = numbers[np.argsort(-scores, kind="stable")][: min(real, MOST_REGIONS)]
    peaks = ndimage.maximum_position(anomaly_map, at_centres, strongest)
    cells = np.bincount(labels.ravel())
    slices = ndimage.find_objects(labels)
    regions = []
    for number, (row, column) in zip(strongest, peaks, strict=True):
        within = slices[number - 1]
        outline = _outline(labels[within] == number, heights[within], within, labels.shape)
        left, top = outline.min(axis=0)
        right, bottom = outline.max(axis=0)
        regions.append(
            Region(
                box=Box(float(left), float(top), float(right), float(bottom)),
                polygon=[(float(x), float(y)) for x, y in outline],
                score=float(scores[number - 1]),
                area=float(cells[number] / labels.size),
                peak=(int(row), int(column)),
            )
        )
    return regions


def _cells_per_patch(anomaly_map: FloatArray) -> int:
    """How many cells of the working grid a patch is wide; odd."""
    longer: int = max(anomaly_map.shape)
    wanted = math.ceil(WORKING_SIDE / longer)
    return min(MOST_CELLS_PER_PATCH, wanted | 1)


def _without_specks(
    inside: NDArray[np.bool_], anomalous: NDArray[np.bool_], factor: int
) -> NDArray[np.bool_]:
    """Fills the anomalous patches of all parts that are smaller than a patch.

    Args:
        inside: Cells above the threshold, [rows * factor, columns * factor].
        anomalous: Patches above the threshold, [rows, columns].
        factor: Cells in a patch's width.
    """
    labels, _ = ndimage.label(inside, DIAGONALS_TOO)
    small = np.bincount(labels.ravel()) < factor * factor
    small[0] = False
    specks = anomalous & small[labels[factor // 2 :: factor, factor // 2 :: factor]]
    filled = specks.repeat(factor, axis=0).repeat(factor, axis=1)
    return np.asarray(inside | filled)


def _outline(
    inside: NDArray[np.bool_],
    heights: FloatArray,
    within: tuple[slice, slice],
    shape: tuple[int, ...],
) -> Outline:
    """The outer edge of one part.

    Args:
        inside: Cells of the part in its box, [height, width].
        heights: How far those cells lie above the threshold, [height, width].
        within: Where the box lies in the working grid.
        shape: Rows and columns of the working grid.
    """
    # Cells that were filled lie below the threshold, those of other parts above;
    # half a unit either way puts the edge between cells there.
    # What is nearly on it must not get there by rounding, which would cut the part in two.
    unit = np.float32(heights.max() or 1.0)
    least = unit * np.float32(1e-6)
    signed = np.where(
        inside,
        np.where(heights > 0, np.maximum(heights, least), unit / 2),
        np.where(heights < 0, np.minimum(heights, -least), -unit / 2),
    )
    signed = np.pad(signed / unit, 1, constant_values=-0.5)
    contours = find_contours(signed, 0.0, fully_connected="high")  # type: ignore[no-untyped-call] # no types
    widest = max(contours, key=_enclosed)
    corners = simplified(widest, TOLERANCE)[:-1]
    if len(corners) < 3:
        bottom, right = signed.shape[0] - 1.5, signed.shape[1] - 1.5
        corners = np.array([[0.5, 0.5], [0.5, right], [bottom, right], [bottom, 0.5]])
    first = np.array([within[0].start, within[1].start])
    fractions = (corners - 1 + first + 0.5) / np.array(shape)
    return np.asarray(fractions[:, ::-1].clip(0, 1), dtype=np.float64)


def _enclosed(contour: Outline) -> float:
    """Area inside a closed contour, in cells."""
    y, x = contour.T
    return float(abs(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2)
