"""Which photographs show the same tile: correlation of what is fine in them."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from bench.inspection.tiles import Tiles

SIDE = 96
"""Pixels of both sides that pictures are compared at."""

COARSE = 4.0
"""Deviation of the blur that is taken away, in these pixels: light and grinding go."""

ALIKE = 0.3
"""Correlation above which two pictures of like size show the same tile. Pairs were not checked by
eye, and chains of pairs are one tile, so that more are told to be the same than are."""

LIKE_SIZE = 0.03
"""How much the logarithms of both sides may differ."""

SHIFT = 3
"""Pixels that one may be shifted by."""


def parts_of(tiles: Tiles) -> NDArray[np.intp]:
    """The number of the tile that each normal photograph shows, [n]; equal for the same one."""
    pictures, sizes = [], []
    for tile in tiles.normals:
        with Image.open(io.BytesIO(tile.content)) as opened:
            grey = opened.convert("L")
            sizes.append(np.log(grey.size))
            small = np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.BILINEAR), np.float32)
        fine = small - ndimage.gaussian_filter(small, COARSE)
        pictures.append(fine / max(float(fine.std()), 1e-6))
    count = len(pictures)
    inner = slice(SHIFT, SIDE - SHIFT)
    middles = np.array([one[inner, inner].ravel() for one in pictures])
    middles -= middles.mean(1, keepdims=True)
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    apart = np.abs(np.array(sizes)[:, None] - np.array(sizes)[None]).max(-1)
    best = np.full((count, count), -1.0, np.float32)
    for down in range(-SHIFT, SHIFT + 1):
        for right in range(-SHIFT, SHIFT + 1):
            shifted = np.array(
                [np.roll(one, (down, right), (0, 1))[inner, inner].ravel() for one in pictures]
            )
            shifted -= shifted.mean(1, keepdims=True)
            shifted /= np.linalg.norm(shifted, axis=1, keepdims=True)
            np.maximum(best, middles @ shifted.T, out=best)
    same = (best > ALIKE) & (apart < LIKE_SIZE)
    labels = np.arange(count)
    # Whoever is alike is one tile, through others too.
    for _ in range(count):
        least = np.where(same | same.T | np.eye(count, dtype=bool), labels[None], count).min(1)
        if np.array_equal(least, labels):
            break
        labels = least
    return labels
