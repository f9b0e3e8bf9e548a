"""Defects painted on normal tiles, to choose a method by. The same seed paints the same."""

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from services.inspection.learning.painting import disc, line, noise, own_contrast, wandering

Grey = NDArray[np.float32]


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
    return grey + sign * rng.uniform(3, 7) * own_contrast(grey) * shape


def _crack(rng: np.random.Generator, grey: Grey) -> Grey:
    """A dark line that wanders."""
    return grey - rng.uniform(2.5, 5) * own_contrast(grey) * _line(rng, grey, wander=0.12)


def _scratch(rng: np.random.Generator, grey: Grey) -> Grey:
    """A straight line, mostly bright."""
    sign = 1 if rng.random() < 0.6 else -1
    return grey + sign * rng.uniform(2.5, 5) * own_contrast(grey) * _line(rng, grey, wander=0.01)


def _texture(rng: np.random.Generator, grey: Grey) -> Grey:
    """A patch of the surface that is smoother, noisier or of more contrast."""
    shape = _disc(rng, grey, rng.uniform(14, 35), edge=2.0, ragged=0.2)
    match int(rng.integers(3)):
        case 0:
            other = ndimage.gaussian_filter(grey, rng.uniform(2, 4))
        case 1:
            grains = noise(rng, grey.shape, rng.uniform(0.6, 2))
            other = grey + grains * own_contrast(grey) * rng.uniform(1, 2)
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


def _disc(
    rng: np.random.Generator, grey: Grey, radius: float, *, edge: float, ragged: float
) -> Grey:
    """A round shape anywhere."""
    height, width = grey.shape
    middle_y, middle_x = rng.uniform(0.1, 0.9, 2) * (height, width)
    return disc(rng, (height, width), (middle_y, middle_x), radius, edge=edge, ragged=ragged)


def _line(rng: np.random.Generator, grey: Grey, *, wander: float) -> Grey:
    """A thin line anywhere."""
    height, width = grey.shape
    angles = wandering(rng, int(rng.uniform(50, 240)), wander)
    start_y, start_x = rng.uniform(0.12, 0.88, 2) * (height, width)
    return line((height, width), (start_y, start_x), angles, blur=rng.uniform(0.6, 1.2))
