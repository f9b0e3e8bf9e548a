"""Defects painted into pictures: their shapes, and marks of a size and a contrast.

Contrast is in units of the picture's own: the deviation of its structure that
is smaller than a few pixels, so that a mark of 1 is lost in what is normal.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Levels = NDArray[np.float32]

LEAST_CONTRAST = 4.0
"""Grey levels that a picture's own contrast counts as, at least."""

SURFACE = 8.0
"""Deviation in pixels of the blur above which structure is a surface's own contrast."""

LEAST_WIDTH = 1.5
"""Of lines, in pixels of the original."""

LONG = 12
"""How many times as long as wide lines are, if that is wider."""


def own_contrast(grey: Levels) -> float:
    """A picture's own contrast in grey levels, from [height, width]."""
    own = float(np.std(grey - ndimage.gaussian_filter(grey, SURFACE)))
    return max(LEAST_CONTRAST, own)


def noise(rng: np.random.Generator, shape: tuple[int, ...], blur: float) -> Levels:
    """Noise of mean 0 and deviation 1, of grains as large as the blur."""
    drawn = ndimage.gaussian_filter(rng.standard_normal(shape), blur)
    return np.asarray(drawn / max(float(drawn.std()), 1e-6), np.float32)


def disc(
    rng: np.random.Generator,
    shape: tuple[int, int],
    middle: tuple[float, float],
    radius: float,
    *,
    edge: float,
    ragged: float,
) -> Levels:
    """How much each pixel belongs to a round shape, 0 to 1.

    Args:
        rng: Of how ragged it is where.
        shape: Of the result.
        middle: Row and column.
        radius: In pixels.
        edge: Pixels over which it ends.
        ragged: Deviation of the radius as a part of it.
    """
    y, x = np.ogrid[: shape[0], : shape[1]]
    distance = np.hypot(y - middle[0], x - middle[1])
    distance = distance + noise(rng, shape, max(3.0, radius / 4)) * radius * ragged
    return np.asarray(1 / (1 + np.exp(((distance - radius) / edge).clip(-50, 50))), np.float32)


def line(
    shape: tuple[int, int], start: tuple[float, float], angles: NDArray[np.float64], *, blur: float
) -> Levels:
    """How much each pixel belongs to a thin line, 0 to 1.

    Args:
        shape: Of the result.
        start: Row and column.
        angles: Where each half pixel of it goes, in radians.
        blur: Of its width, in pixels.
    """
    y = (start[0] + np.cumsum(np.sin(angles)) / 2).round().astype(int)
    x = (start[1] + np.cumsum(np.cos(angles)) / 2).round().astype(int)
    inside = (y >= 0) & (y < shape[0]) & (x >= 0) & (x < shape[1])
    drawn = np.zeros(shape, np.float32)
    drawn[y[inside], x[inside]] = 1
    drawn = ndimage.gaussian_filter(drawn, blur)
    return np.asarray(drawn / max(float(drawn.max()), 1e-6), np.float32)


def wandering(rng: np.random.Generator, steps: int, wander: float) -> NDArray[np.float64]:
    """Angles of a way that begins anywhere and turns a little at each step, [steps]."""
    return rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, wander, steps))


def mark(
    levels: Levels, kind: str, *, size: float, contrast: float, unit: float, scale: float, seed: int
) -> Levels:
    """A part of a picture with a mark in the middle of it.

    Args:
        levels: [height, width, channels].
        kind: One of `KINDS`.
        size: Its length or diameter, in pixels of the original.
        contrast: How much it stands out, in units.
        unit: The picture's own contrast, in levels.
        scale: Pixels of these levels for each of the original; what is thinner than a pixel is
            fainter.
        seed: Of its direction and shape.
    """
    rng = np.random.default_rng(seed)
    return KINDS[kind](rng, levels, size * scale, contrast * unit, scale)


_Mark = Callable[[np.random.Generator, Levels, float, float, float], Levels]


def _scratch(
    rng: np.random.Generator, levels: Levels, size: float, strength: float, scale: float
) -> Levels:
    """A straight line, mostly bright."""
    return levels + _sign(rng, 0.6) * strength * _stroke(rng, levels, size, scale, wander=0.01)


def _crack(
    rng: np.random.Generator, levels: Levels, size: float, strength: float, scale: float
) -> Levels:
    """A dark line that wanders."""
    return levels - strength * _stroke(rng, levels, size, scale, wander=0.12)


def _spot(
    rng: np.random.Generator, levels: Levels, size: float, strength: float, scale: float
) -> Levels:
    """A round spot, mostly dark."""
    shape = _round(rng, levels, size, edge=0.7 * min(1.0, scale), ragged=0.1)
    return levels - _sign(rng, 0.7) * strength * shape


def _smear(
    rng: np.random.Generator, levels: Levels, size: float, strength: float, scale: float
) -> Levels:
    """A film over the surface: smoother, and a third as much brighter or darker."""
    del scale
    shape = _round(rng, levels, size, edge=max(0.7, size / 12), ragged=0.2)
    smooth = ndimage.gaussian_filter(levels, (3, 3, 0)) + _sign(rng, 0.5) * strength / 3
    mixed: Levels = levels * (1 - shape) + smooth * shape
    return mixed


KINDS: dict[str, _Mark] = {
    "scratch": _scratch,
    "spot": _spot,
    "crack": _crack,
    "smear": _smear,
}


def _stroke(
    rng: np.random.Generator, levels: Levels, length: float, scale: float, *, wander: float
) -> Levels:
    """A line through the middle, [height, width, 1]."""
    height, width, _ = levels.shape
    wide = max(LEAST_WIDTH * scale, length / LONG)
    angles = wandering(rng, max(1, round(2 * length)), wander)
    start = (
        height / 2 - float(np.sin(angles).sum()) / 4,
        width / 2 - float(np.cos(angles).sum()) / 4,
    )
    drawn = line((height, width), start, angles, blur=max(0.5, wide / 2))
    return drawn[..., None] * np.float32(min(1.0, wide) * min(1.0, length))


def _round(
    rng: np.random.Generator, levels: Levels, size: float, *, edge: float, ragged: float
) -> Levels:
    """A disc in the middle, [height, width, 1]."""
    height, width, _ = levels.shape
    middle = (height / 2 + rng.uniform(-0.5, 0.5), width / 2 + rng.uniform(-0.5, 0.5))
    return disc(rng, (height, width), middle, size / 2, edge=edge, ragged=ragged)[..., None]


def _sign(rng: np.random.Generator, share: float) -> int:
    """1 in a share of cases, -1 in the others."""
    return 1 if rng.random() < share else -1
