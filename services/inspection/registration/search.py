"""Where a picture shows what the reference shows: how far it is shifted and turned.

First the peak of a half-whitened correlation (between plain and phase
correlation, Kuglin and Hines 1975: noise does not drown it), for every few
degrees if it may be turned; then Gauss-Newton steps to a fraction of a pixel
(inverse compositional, Baker and Matthews 2004), in which what differs by much
weighs less, so that a missing component does not move the rest.

How well it fits is what most of the structure agrees on: the median, weighted
by structure, of the correlations of small blocks. A defect changes few of them.
"""

from dataclasses import dataclass, field
from functools import cached_property
from math import ceil, cos, radians, sin

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from services.inspection.model import FloatArray

SIDE = 128
"""Pixels of the shorter side that pictures are compared at."""

MOST_SHIFT = 0.2
"""Of a side that a picture may be shifted by."""

MOST_ROTATION = 20.0
"""Degrees that a picture may be turned by."""

COARSER = 2
"""Pixels that are one where the first look is taken."""

STEP_DEGREES = 4.0
"""Between angles that are looked at first: what lies between is still near enough."""

COARSE = 10.0
"""Deviation in pixels of the blur that is taken away: uneven light."""

BLOCK = 16
"""Pixels of a block that fits or does not."""

LEAST_INSIDE = 0.8
"""Of a block that has to be in the picture to say whether it fits."""

STEPS = 25
ENOUGH = 0.01
"""Of a pixel that a step moves a corner by, below which there is no further one."""

FAR = 1.5
"""Deviations from which a difference counts no more than that."""

CANDIDATES = 2
"""Places that are looked at closely."""

_LEAST_STRUCTURE = 0.5
"""Grey levels of deviation below which a block is even."""


@dataclass(frozen=True, slots=True)
class Move:
    """From a pixel of the reference to one of the picture, about the middles: turned, shifted."""

    degrees: float
    down: float
    across: float
    """Pixels, as `down`."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where it fits best, and how well."""

    move: Move
    confidence: float
    """-1 to 1."""


@dataclass(frozen=True)
class Search:
    """Looks for a reference in pictures of its size."""

    grey: FloatArray = field(repr=False)
    """The reference's grey levels, [height, width]."""
    turns: bool
    """Whether pictures may be turned, too."""

    def __call__(self, grey: FloatArray) -> Found:
        """Where a picture, [height, width], shows the reference best, within what is looked at."""
        fine, coarse = _fine(grey), _fine(_shrunk(grey))
        found = []
        for move in self._first(coarse):
            near = _refined(self._coarse, coarse, move, self._columns)
            near = Move(near.degrees, near.down * COARSER, near.across * COARSER)
            exact = _refined(self._fine, fine, near, self._columns)
            found.append(Found(exact, self._confidence(grey, exact)))
        return max(found, key=lambda one: one.confidence)

    def _first(self, coarse: FloatArray) -> list[Move]:
        """The best places at a coarse look, the best first."""
        height, width = coarse.shape
        seen = fft.rfft2(coarse * _window(coarse.shape), self._padded)
        reach = ceil(MOST_SHIFT * height), ceil(MOST_SHIFT * width)
        peaks = []
        for degrees, spectrum in self._spectra:
            product = seen * np.conj(spectrum)
            strength = np.sqrt(np.abs(product))
            surface = fft.irfft2(product / np.maximum(strength, 1e-6), self._padded)
            near = np.roll(surface, reach, (0, 1))[: 2 * reach[0] + 1, : 2 * reach[1] + 1]
            row, column = np.unravel_index(int(near.argmax()), near.shape)
            down, across = float(row) - reach[0], float(column) - reach[1]
            peaks.append((float(near.max()), Move(degrees, down, across)))
        peaks.sort(key=lambda peak: -peak[0])
        return [move for _, move in peaks[:CANDIDATES]]

    def _confidence(self, grey: FloatArray, move: Move) -> float:
        height, width = grey.shape
        reach = max(abs(move.down) / height, abs(move.across) / width)
        if reach > MOST_SHIFT or abs(move.degrees) > MOST_ROTATION:
            return 0.0
        moved, inside = _moved(ndimage.gaussian_filter(grey, 1.0), move)
        own = _Blocks.of(self._smooth)
        theirs = _Blocks.of(moved)
        together = _means(self._smooth * moved) - own.mean * theirs.mean
        fits = together / np.maximum(own.deviation * theirs.deviation, _LEAST_STRUCTURE**2)
        counts = _means(inside.astype(np.float32)) >= LEAST_INSIDE
        weights = np.where(counts & (own.deviation > _LEAST_STRUCTURE), own.deviation, 0)
        return _weighted_median(fits.ravel(), weights.ravel())

    @cached_property
    def _smooth(self) -> FloatArray:
        return np.asarray(ndimage.gaussian_filter(self.grey, 1.0), np.float32)

    @cached_property
    def _fine(self) -> FloatArray:
        return _fine(self.grey)

    @cached_property
    def _coarse(self) -> FloatArray:
        return _fine(_shrunk(self.grey))

    @property
    def _columns(self) -> int:
        """Parameters of a move."""
        return 3 if self.turns else 2

    @cached_property
    def _padded(self) -> tuple[int, int]:
        height, width = self._coarse.shape
        return (
            fft.next_fast_len(ceil(height * (1 + MOST_SHIFT)) + 1, real=True),
            fft.next_fast_len(ceil(width * (1 + MOST_SHIFT)) + 1, real=True),
        )

    @cached_property
    def _spectra(self) -> list[tuple[float, NDArray[np.complex64]]]:
        """Of the reference at each angle that is looked at first."""
        count = int(MOST_ROTATION // STEP_DEGREES) if self.turns else 0
        window = _window(self._coarse.shape)
        found = []
        for degrees in (STEP_DEGREES * step for step in range(-count, count + 1)):
            # As it would be seen: the move from the turned one to it, undone.
            turned, _ = _moved(self._coarse, Move(-degrees, 0, 0))
            found.append((degrees, fft.rfft2(turned * window, self._padded)))
        return found


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Means and deviations of a picture's blocks."""

    mean: FloatArray
    deviation: FloatArray

    @classmethod
    def of(cls, grey: FloatArray) -> "_Blocks":
        mean = _means(grey)
        return cls(mean, np.sqrt(np.maximum(_means(grey**2) - mean**2, 0)))


def _means(values: FloatArray) -> FloatArray:
    """Of blocks of a picture; a rest at its edges is left out."""
    rows, columns = (side // BLOCK for side in values.shape)
    cut = values[: rows * BLOCK, : columns * BLOCK].astype(np.float64)
    return np.asarray(cut.reshape(rows, BLOCK, columns, BLOCK).mean((1, 3)), np.float32)


def _fine(grey: FloatArray) -> FloatArray:
    """Structure without uneven light, of mean 0 and deviation 1; zeros if there is none."""
    smooth = ndimage.gaussian_filter(grey, 0.7)
    structure = smooth - ndimage.gaussian_filter(grey, COARSE)
    deviation = float(structure.std())
    scaled = (structure - structure.mean()) / max(deviation, _LEAST_STRUCTURE)
    return np.asarray(scaled, np.float32)


def _shrunk(grey: FloatArray) -> FloatArray:
    rows, columns = (side // COARSER for side in grey.shape)
    cut = grey[: rows * COARSER, : columns * COARSER]
    return np.asarray(cut.reshape(rows, COARSER, columns, COARSER).mean((1, 3)), np.float32)


def _window(shape: tuple[int, ...]) -> FloatArray:
    """Falls off towards the edges, which would else be the strongest structure."""
    sides = [np.minimum(1, np.hanning(side) * 4) for side in shape]
    return np.asarray(np.outer(*sides), np.float32)


def _coordinates(shape: tuple[int, ...], move: Move) -> NDArray[np.float64]:
    """Rows and columns of the picture at each pixel of the reference, [2, height, width]."""
    height, width = shape
    down = np.arange(height)[:, None] - (height - 1) / 2
    across = np.arange(width)[None, :] - (width - 1) / 2
    c, s = cos(radians(move.degrees)), sin(radians(move.degrees))
    rows = s * across + c * down + move.down + (height - 1) / 2
    columns = c * across - s * down + move.across + (width - 1) / 2
    return np.stack([rows, columns])


def _moved(grey: FloatArray, move: Move) -> tuple[FloatArray, NDArray[np.bool_]]:
    """A picture in the reference's place, and what of that is in the picture."""
    where = _coordinates(grey.shape, move)
    moved = ndimage.map_coordinates(grey, where, order=1, mode="nearest")
    rows, columns = where
    height, width = grey.shape
    inside = (rows >= 0) & (rows <= height - 1) & (columns >= 0) & (columns <= width - 1)
    return np.asarray(moved, np.float32), np.asarray(inside)


def _refined(reference: FloatArray, picture: FloatArray, move: Move, columns: int) -> Move:
    """A move from which no small step is better."""
    height, width = reference.shape
    by_row, by_column = np.gradient(reference)
    down = np.arange(height)[:, None] - (height - 1) / 2
    across = np.arange(width)[None, :] - (width - 1) / 2
    turn = by_row * across - by_column * down
    slopes = np.stack([by_row, by_column, turn], axis=-1)[..., :columns]
    for _ in range(STEPS):
        moved, inside = _moved(picture, move)
        some = slopes[inside].astype(np.float64)
        if len(some) < reference.size // 4:
            break
        known, seen = reference[inside], moved[inside]
        apart = (seen - seen.mean()) / max(float(seen.std()), 1e-6)
        apart = apart - (known - known.mean()) / max(float(known.std()), 1e-6)
        curvature = some.T @ some
        scale = float(np.trace(curvature)) / columns
        if scale <= 0:
            break
        step = np.linalg.solve(
            curvature + 1e-6 * scale * np.eye(columns), some.T @ apart.clip(-FAR, FAR)
        )
        back, over, radians_ = (*step, 0.0)[:3]
        turned = move.degrees - float(np.degrees(radians_))
        c, s = cos(radians(turned)), sin(radians(turned))
        move = Move(
            turned,
            move.down - float(s * over + c * back),
            move.across - float(c * over - s * back),
        )
        if abs(back) + abs(over) + abs(radians_) * max(height, width) / 2 < ENOUGH:
            break
    return move


def _weighted_median(values: FloatArray, weights: FloatArray) -> float:
    """0 without weights."""
    order = np.argsort(values)
    total = np.cumsum(weights[order], dtype=np.float64)
    if not len(total) or total[-1] <= 0:
        return 0.0
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
