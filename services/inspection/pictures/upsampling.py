"""Anomaly maps with a value for each patch, made finer."""

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from services.inspection.model import FloatArray


def bilinear(values: FloatArray, factor: int) -> FloatArray:
    """A map in which each patch is `factor` cells wide and high.

    Args:
        values: [rows, columns]
        factor: Odd, so that a patch has a cell at its centre, which gets its value.

    Returns:
        [rows * factor, columns * factor]; constant outside the outermost centres.
    """
    rows, columns = values.shape
    return np.asarray(
        _linear_weights(rows, factor) @ values @ _linear_weights(columns, factor).T,
        dtype=np.float32,
    )


def smooth(values: FloatArray, height: int, width: int) -> FloatArray:
    """A map of pixels that has no edges between patches and no value that no patch has.

    Monotone cubic interpolation (Fritsch and Carlson 1980), down the columns
    and then along the rows: it does not overshoot, so that the highest pixel is
    the worst patch. Where a side has at least as many pixels as patches, the
    pixel nearest to a patch's centre gets exactly its value.

    Args:
        values: [rows, columns]
        height: Of the result, in pixels.
        width: Of the result, in pixels.

    Returns:
        [height, width]
    """
    rows_first = _along(_along(values, height).T, width)
    return np.asarray(rows_first.T, dtype=np.float32)


def _linear_weights(patches: int, factor: int) -> FloatArray:
    """What each of `patches` values adds to each cell, [patches * factor, patches]."""
    places = (np.arange(patches * factor) + 0.5) / factor - 0.5
    distances = np.abs(places.clip(0, patches - 1)[:, None] - np.arange(patches))
    return np.asarray(np.maximum(0, 1 - distances), dtype=np.float32)


def _along(values: FloatArray, size: int) -> FloatArray:
    """Interpolates [patches, n] down to [size, n]."""
    patches = len(values)
    if patches == 1:
        return np.repeat(values, size, axis=0)
    knots = np.arange(patches)
    slopes = PchipInterpolator(knots, values, axis=0).derivative()(knots)
    of_values, of_slopes = _hermite_weights(_places(patches, size), patches)
    # As products of matrices five times faster than evaluating the curves.
    return np.asarray(of_values @ values + of_slopes @ slopes, dtype=np.float32)


def _hermite_weights(
    places: NDArray[np.float64], patches: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What patches' values and slopes add at each place, each [places, patches]."""
    before = np.floor(places).astype(np.int64).clip(0, patches - 2)
    t = places - before
    of_values, of_slopes = np.zeros((2, len(places), patches))
    each = np.arange(len(places))
    of_values[each, before] = (1 + 2 * t) * (1 - t) ** 2
    of_values[each, before + 1] = t**2 * (3 - 2 * t)
    of_slopes[each, before] = t * (1 - t) ** 2
    of_slopes[each, before + 1] = t**2 * (t - 1)
    return of_values, of_slopes


def _places(patches: int, size: int) -> NDArray[np.float64]:
    """Where each pixel lies on the axis on which patch k's centre is at k, [size]."""
    if size < patches:
        return np.asarray(((np.arange(size) + 0.5) * patches / size - 0.5).clip(0, patches - 1))
    centres = np.floor((np.arange(patches) + 0.5) * size / patches)
    places: NDArray[np.float64] = np.interp(np.arange(size), centres, np.arange(patches))
    return places
