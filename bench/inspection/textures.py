"""Pieces of real surfaces, to measure speed with where there are no tiles."""

import io
from itertools import cycle, islice

import numpy as np
from PIL import Image
from skimage import data

NAMES = ("brick", "grass", "gravel")
WIDTH, HEIGHT = 320, 240


def pieces(count: int) -> list[bytes]:
    """Distinct pieces of textures, as JPEG; the same for the same count."""
    rng = np.random.default_rng(0)
    made = []
    for name in islice(cycle(NAMES), count):
        whole = getattr(data, name)()
        top = int(rng.integers(0, whole.shape[0] - HEIGHT))
        left = int(rng.integers(0, whole.shape[1] - WIDTH))
        out = io.BytesIO()
        piece = Image.fromarray(whole[top : top + HEIGHT, left : left + WIDTH])
        piece.save(out, "JPEG", quality=90)
        made.append(out.getvalue())
    return made
