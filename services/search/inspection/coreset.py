"""Few patches that stand for many."""

import numpy as np
from numpy.typing import NDArray

from services.search.inspection.model import FloatArray

PROJECTED = 32
"""Dimensions in which distances are compared while choosing (Johnson and Lindenstrauss 1984)."""

_SEED = 0
_AT_ONCE = 4096


def farthest_first(
    patches: FloatArray, size: int, *, chosen: FloatArray | None = None, radius: float = 0.0
) -> NDArray[np.intp]:
    """Chooses patches so that every patch is near to a chosen one.

    Greedy k-centre (Gonzalez 1985), as PatchCore does: each next one is the
    farthest from those chosen. The same patches give the same choice.

    Args:
        patches: To choose from, [n, k].
        size: How many to choose at most.
        chosen: Patches that are chosen already, [m, k].
        radius: Stop when every patch is at most so far from a chosen one, in the projection.

    Returns:
        Indices in the order of choice.
    """
    if not len(patches) or size <= 0:
        return np.zeros(0, np.intp)
    projected = _project(patches)
    squares = np.einsum("nk,nk->n", projected, projected)
    if chosen is None or not len(chosen):
        # The one farthest from the middle: it depends on no order.
        start = int(np.square(projected - projected.mean(0)).sum(1).argmax())
        indices = [start]
        gaps = _gaps(projected, squares, projected[start])
    else:
        indices = []
        gaps, _ = nearest_members(projected, _project(chosen))
    limit = radius**2
    while len(indices) < min(size, len(patches)):
        farthest = int(gaps.argmax())
        if gaps[farthest] <= limit:
            break
        indices.append(farthest)
        np.minimum(gaps, _gaps(projected, squares, projected[farthest]), out=gaps)
    return np.array(indices, np.intp)


def nearest_members(
    patches: FloatArray, members: FloatArray
) -> tuple[FloatArray, NDArray[np.intp]]:
    """Squared distance of each of [n, k] to the nearest of [m, k], and which that is."""
    norms = np.einsum("mk,mk->m", members, members)
    squares = np.empty(len(patches), np.float32)
    found = np.empty(len(patches), np.intp)
    for start in range(0, len(patches), _AT_ONCE):
        part = patches[start : start + _AT_ONCE]
        gaps = part @ (-2 * members.T)
        gaps += norms
        here = gaps.argmin(1)
        found[start : start + _AT_ONCE] = here
        squares[start : start + _AT_ONCE] = gaps[np.arange(len(part)), here]
    return np.maximum(squares + np.einsum("nk,nk->n", patches, patches), 0), found


def coverage(patches: FloatArray, chosen: FloatArray) -> float:
    """Largest distance of a patch to the nearest chosen one, in the projection."""
    if not len(patches):
        return 0.0
    squares, _ = nearest_members(_project(patches), _project(chosen))
    return float(np.sqrt(squares.max()))


def _project(patches: FloatArray) -> FloatArray:
    if patches.shape[1] <= PROJECTED:
        return patches
    drawn = np.random.default_rng(_SEED).standard_normal((patches.shape[1], PROJECTED))
    projected: FloatArray = patches @ (drawn / np.sqrt(PROJECTED)).astype(np.float32)
    return projected


def _gaps(projected: FloatArray, squares: FloatArray, point: FloatArray) -> FloatArray:
    gaps: FloatArray = squares - 2 * (projected @ point) + point @ point
    return np.maximum(gaps, 0)
