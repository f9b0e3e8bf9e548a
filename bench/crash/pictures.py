"""Pictures of which no two are the same, made fast."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (640, 480)
BLOCKS = (8, 6)


def pictures(into: Path, count: int, seed: int) -> Sequence[Path]:
    """Writes JPEG pictures of coloured blocks; those of two seeds differ, too.

    Args:
        into: A folder; made if it is not there.
        count: How many.
        seed: Of the colours.
    """
    into.mkdir(parents=True, exist_ok=True)
    colours = np.random.default_rng(seed)
    made = []
    for number in range(count):
        blocks = colours.integers(0, 256, (BLOCKS[1], BLOCKS[0], 3), dtype=np.uint8)
        file = into / f"{seed}-{number}.jpg"
        Image.fromarray(blocks).resize(SIZE, Image.Resampling.BICUBIC).save(file, quality=90)
        made.append(file)
    return made
