"""Pictures of a part: brushed metal, alike and never the same, and what may be wrong with it."""

import numpy as np
from PIL import Image

from tests.support.pictures import encoded

SIDE = 96
DEFECT = (0.25, 0.5, 0.5, 0.75)
"""Where the defect of a defective part is: left, top, right, bottom in fractions."""


def part(
    seed: int,
    *,
    size: tuple[int, int] = (SIDE, SIDE),
    shade: int = 130,
    defect: str = "",
    mode: str = "RGB",
    format_: str = "PNG",
) -> bytes:
    """A normal part; with `defect`, a patch of that colour on it."""
    width, height = size
    random = np.random.default_rng(seed)
    coarse = random.normal(shade, 8, (6, 6, 3)).clip(0, 255).astype(np.uint8)
    picture = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    grain = random.normal(0, 4, (height, width, 1))
    picture = Image.fromarray((np.asarray(picture) + grain).clip(0, 255).astype(np.uint8))
    if defect:
        left, top, right, bottom = DEFECT
        box = (
            round(left * width), round(top * height), round(right * width), round(bottom * height),
        )  # fmt: skip
        picture.paste(Image.new("RGB", (box[2] - box[0], box[3] - box[1]), defect), box)
    return encoded(picture.convert(mode), format_)
