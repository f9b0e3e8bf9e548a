"""Few patches that stand for many."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.inspection.model import FloatArray

PROJECTED = 32
"""Dimensions in which distances are compared while choosing (Johnson and Lindenstrauss 1984)."""

BLOCK = 256
"""Patches that are farthest away, among which the next ones to choose are looked for."""

_SEED = 0
_AT_ONCE = 2**18
"""Distances that are held at once, so that they stay in the processor's cache."""
_POINTS_AT_ONCE = 2048
"""Points that patches are compared with at once; products of fewer use less of the processor."""


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
    return choose(patches, size, chosen=chosen, radius=radius).indices


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen."""

    indices: NDArray[np.intp]
    """In the order of choice."""
    radius: float
    """Largest distance of a patch to the nearest chosen one, in the projection."""


def choose(
    patches: FloatArray, size: int, *, chosen: FloatArray | None = None, radius: float = 0.0
) -> Choice:
    """As `farthest_first`, and tells how far the choice reaches."""
    if not len(patches) or size <= 0:
        return Choice(np.zeros(0, np.intp), 0.0)
    projected = _project(patches)
    indices: list[int] = []
    if chosen is None or not len(chosen):
        # The one farthest from the middle: it depends on no order.
        indices.append(int(np.square(projected - projected.mean(0)).sum(1).argmax()))
        chosen_first = projected[indices]
    else:
        chosen_first = _project(chosen)
    gaps, _ = NearestPoints(chosen_first).nearest(projected)
    # Rounding may tell a point that it is some way from itself.
    gaps[indices] = 0
    while found := _farthest(projected, gaps, min(size, len(patches)) - len(indices), radius**2):
        indices += found
        nearer, _ = NearestPoints(projected[found]).nearest(projected)
        np.minimum(gaps, nearer, out=gaps)
        gaps[found] = 0
    return Choice(np.array(indices, np.intp), float(np.sqrt(gaps.max())))


def choose_in_parts(
    threads: Executor, patches: FloatArray, parts: Sequence[NDArray[np.intp]], size: int
) -> Choice:
    """Chooses in each part by itself, in proportion to its patches.

    Choices of parts are together a choice of all that reaches nearly as far
    (composable core-sets: Malkomes et al. 2015), and each is one that the others
    had no part in. It costs the sum of the parts' squares.

    Args:
        threads: Where parts are worked on side by side.
        patches: To choose from, [n, k].
        parts: Places of some patches, disjoint.
        size: How many to choose at most of all; as many as there are parts at least.

    Returns:
        The choices one after the other; the radius is the largest of a part.
    """
    ends = np.cumsum([len(part) for part in parts])
    most = np.diff(np.maximum(ends * size // ends[-1], np.arange(len(parts)) + 1), prepend=0)
    choices = threads.map(lambda part, count: choose(patches[part], int(count)), parts, most)
    found = [
        (part[choice.indices], choice.radius) for part, choice in zip(parts, choices, strict=True)
    ]
    return Choice(
        np.concatenate([indices for indices, _ in found]), max(radius for _, radius in found)
    )


def _farthest(projected: FloatArray, gaps: FloatArray, most: int, limit: float) -> list[int]:
    """The next ones to choose, as many as can be told at once.

    A choice brings patches nearer and none farther, so as long as the farthest
    of a block is as far as the block's last one was, it is the farthest of all.
    """
    first = max(0, len(gaps) - BLOCK)
    block = np.argpartition(gaps, first)[first:] if first else np.arange(len(gaps))
    least = float(gaps[block].min()) if first else 0.0
    points = projected[block]
    norms = np.einsum("nk,nk->n", points, points)
    between = np.maximum(norms[:, None] + norms - 2 * (points @ points.T), 0)
    left = gaps[block]
    found: list[int] = []
    while len(found) < most:
        farthest = int(left.argmax())
        if left[farthest] <= limit or left[farthest] < least:
            break
        found.append(int(block[farthest]))
        np.minimum(left, between[farthest], out=left)
        left[farthest] = -1
    return found


class NearestPoints:
    """Finds the nearest of some points, exactly.

    Args:
        points: [m, k], at least one.
    """

    def __init__(self, points: FloatArray) -> None:
        self.points = points
        self.step = max(1, _AT_ONCE // min(len(points), _POINTS_AT_ONCE))
        """Patches that are compared at once."""
        norms = np.einsum("mk,mk->m", points, points)
        # With the norm as one more dimension a single product gives all that differs.
        turned = np.concatenate([-2 * points.T, norms[None]])
        self._blocks = [
            np.ascontiguousarray(turned[:, start : start + _POINTS_AT_ONCE])
            for start in range(0, len(points), _POINTS_AT_ONCE)
        ]

    def nearest(self, patches: FloatArray) -> tuple[FloatArray, NDArray[np.intp]]:
        """Squared distance of each of [n, k] to the nearest point, and which that is."""
        squares = np.full(len(patches), np.inf, np.float32)
        found = np.zeros(len(patches), np.intp)
        for start in range(0, len(patches), self.step):
            part = patches[start : start + self.step]
            extended = np.concatenate([part, np.ones((len(part), 1), part.dtype)], axis=1)
            rows = np.arange(len(part))
            least, where = squares[start : start + self.step], found[start : start + self.step]
            for place, block in enumerate(self._blocks):
                gaps = extended @ block
                here = gaps.argmin(1)
                gap = gaps[rows, here]
                nearer = gap < least
                least[nearer] = gap[nearer]
                where[nearer] = here[nearer] + place * _POINTS_AT_ONCE
        return np.maximum(squares + np.einsum("nk,nk->n", patches, patches), 0), found


def _project(patches: FloatArray) -> FloatArray:
    if patches.shape[1] <= PROJECTED:
        return patches
    drawn = np.random.default_rng(_SEED).standard_normal((patches.shape[1], PROJECTED))
    projected: FloatArray = patches @ (drawn / np.sqrt(PROJECTED)).astype(np.float32)
    return projected
