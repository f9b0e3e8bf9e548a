"""Frames of real surfaces and scenes, and what a camera that fails makes of them."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage import data

from tests.support import pictures

Picture = NDArray[np.uint8]


def encoded(picture: Picture) -> bytes:
    """A PNG."""
    return pictures.encoded(Image.fromarray(picture), compress_level=1)


def decoded(content: bytes) -> Picture:
    """Its pixels."""
    with Image.open(io.BytesIO(content)) as opened:
        return np.asarray(opened)


def crops(name: str, count: int, *, height: int = 240, width: int = 320) -> list[Picture]:
    """Pieces of a texture that comes with scikit-image."""
    whole = getattr(data, name)()
    random = np.random.default_rng(0)
    corners = [
        random.integers(0, (whole.shape[0] - height, whole.shape[1] - width)) for _ in range(count)
    ]
    return [whole[top : top + height, left : left + width] for top, left in corners]


def failing(frame: Picture, seed: int = 0) -> dict[str, Picture]:
    """What comes of a frame, by what is wrong with the camera, the light or the line."""
    random = np.random.default_rng(seed)
    height, width = frame.shape[:2]
    levels = frame.astype(np.float32)
    capped, halved = frame.copy(), frame.copy()
    capped[: round(0.75 * height)] = 0
    halved[:, : round(0.6 * width)] = 255
    blur = (16, 16, 0)[: frame.ndim]
    made = {
        "black": np.zeros_like(levels),
        "white": np.full_like(levels, 255),
        "grey": np.full_like(levels, 128),
        "dark and noisy": np.abs(random.normal(0, 3, frame.shape)),
        "noise": random.integers(0, 256, frame.shape),
        "defocused": ndimage.gaussian_filter(levels, blur),
        "inverted": 255 - levels,
        "a third of the light": levels / 3,
        "lens cap": capped,
        "burnt out in part": halved,
    }
    return {
        name: np.asarray(pixels).clip(0, 255).round().astype(np.uint8)
        for name, pixels in made.items()
    }
