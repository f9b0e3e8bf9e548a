"""Defects painted on normal tiles, to choose a method by. The same seed paints the same."""

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Grey = NDArray[np.float32]

LEAST_CONTRAST = 4.0
"""Grey levels that the surface's own contrast counts as, at least."""
SURFACE = 8.0
"""Deviation in pixels of the blur above which structure is the surface's own contrast."""


def paint(content: bytes, kind: str, seed: int) -> bytes:
    """A tile with one defect.

    Args:
        content: An encoded image.
        kind: One of `KINDS`.
        seed: Of where it is, its size and its strength.

    Returns:
        A grey PNG of the same size.
    """
    with Image.open(io.BytesIO(content)) as opened:
        grey = np.asarray(opened.convert("L"), np.float32)
    drawn = KINDS[kind](np.random.default_rng((seed, list(KINDS).index(kind))), grey)
    out = io.BytesIO()
    Image.fromarray(drawn.clip(0, 255).round().astype(np.uint8)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _blob(rng: np.random.Generator, grey: Grey) -> Grey:
    """A small round spot, mostly dark."""
    radius = rng.uniform(2, 7)
    shape = _disc(rng, grey, radius, edge=0.7, ragged=0.1)
    sign = -1 if rng.random() < 0.7 else 1
    return grey + sign * rng.uniform(3, 7) * _contrast(grey) * shape


def _crack(rng: np.random.Generator, grey: Grey) -> Grey:
    """A dark line that wanders."""
    return grey - rng.uniform(2.5, 5) * _contrast(grey) * _line(rng, grey, wander=0.12)


def _scratch(rng: np.random.Generator, grey: Grey) -> Grey:
    """A straight line, mostly bright."""
    sign = 1 if rng.random() < 0.6 else -1
    return grey + sign * rng.uniform(2.5, 5) * _contrast(grey) * _line(rng, grey, wander=0.01)


def _texture(rng: np.random.Generator, grey: Grey) -> Grey:
    """A patch of the surface that is smoother, noisier or of more contrast."""
    shape = _disc(rng, grey, rng.uniform(14, 35), edge=2.0, ragged=0.2)
    match int(rng.integers(3)):
        case 0:
            other = ndimage.gaussian_filter(grey, rng.uniform(2, 4))
        case 1:
            noise = _noise(rng, grey, rng.uniform(0.6, 2))
            other = grey + noise * _contrast(grey) * rng.uniform(1, 2)
        case _:
            smooth = ndimage.gaussian_filter(grey, 4)
            other = smooth + (grey - smooth) * rng.uniform(1.8, 2.8)
    mixed: Grey = grey * (1 - shape) + other * shape
    return mixed


KINDS: dict[str, Callable[[np.random.Generator, Grey], Grey]] = {
    "blob": _blob,
    "crack": _crack,
    "scratch": _scratch,
    "texture": _texture,
}


def _contrast(grey: Grey) -> float:
    own = float(np.std(grey - ndimage.gaussian_filter(grey, SURFACE)))
    return max(LEAST_CONTRAST, own)


def _noise(rng: np.random.Generator, grey: Grey, blur: float) -> Grey:
    noise = ndimage.gaussian_filter(rng.standard_normal(grey.shape), blur)
    return np.asarray(noise / noise.std(), np.float32)


def _disc(
    rng: np.random.Generator, grey: Grey, radius: float, *, edge: float, ragged: float
) -> Grey:
    """How much each pixel belongs to a round shape, 0 to 1."""
    height, width = grey.shape
    middle_y, middle_x = rng.uniform(0.1, 0.9, 2) * (height, width)
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(y - middle_y, x - middle_x)
    distance = distance + _noise(rng, grey, max(3.0, radius / 4)) * radius * ragged
    return np.asarray(1 / (1 + np.exp(((distance - radius) / edge).clip(-50, 50))), np.float32)


def _line(rng: np.random.Generator, grey: Grey, *, wander: float) -> Grey:
    """How much each pixel belongs to a thin line, 0 to 1."""
    height, width = grey.shape
    steps = int(rng.uniform(50, 240))
    angles = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, wander, steps))
    start_y, start_x = rng.uniform(0.12, 0.88, 2) * (height, width)
    y = (start_y + np.cumsum(np.sin(angles)) / 2).round().astype(int)
    x = (start_x + np.cumsum(np.cos(angles)) / 2).round().astype(int)
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    line = np.zeros(grey.shape, np.float32)
    line[y[inside], x[inside]] = 1
    line = ndimage.gaussian_filter(line, rng.uniform(0.6, 1.2))
    return np.asarray(line / max(float(line.max()), 1e-6), np.float32)
