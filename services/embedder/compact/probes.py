"""Drawn inputs, the same on every machine, to compare networks on."""

import numpy as np
from numpy.typing import NDArray

from services.embedder.compact import recipe

TEXTS = (
    "a photo of a cat",
    "rust on the edge of a machined steel part",
    "ships at sea",
    "Zwei rote Äpfel auf einem Tisch, daneben ein Glas Wasser und eine alte Zeitung.",
)


def images() -> NDArray[np.uint8]:
    """Stripes, blobs and noise of growing fineness, [8, 224, 224, 3]."""
    side = recipe.IMAGE_SIZE
    y, x = np.mgrid[0:side, 0:side] / side
    random = np.random.default_rng(7)
    drawn = []
    for index in range(4):
        turns = 2.0 ** (index + 1)
        waves = [
            np.sin(2 * np.pi * turns * (x * np.cos(angle) + y * np.sin(angle)) + angle)
            for angle in (0.3 + index, 1.1 + index, 2.0 + index)
        ]
        drawn.append(np.stack(waves, axis=-1) * 100 + 128)
        cells = random.uniform(0, 255, (2 ** (index + 2), 2 ** (index + 2), 3))
        where = (np.arange(side) * cells.shape[0]) // side
        drawn.append(cells[where][:, where])
    pixels: NDArray[np.uint8] = np.clip(np.stack(drawn), 0, 255).astype(np.uint8)
    return pixels
