"""Pixels as an OpenCLIP model's own evaluation transform gives them, before normalisation.

The same as `open_clip.image_transform(is_train=False)` for a square: Pillow's
resampling of 8-bit pixels, sizes rounded as torchvision rounds them. Only what
is seen is resampled, so an image of any aspect takes the memory of a square.
"""

import numpy as np
from PIL import Image

from services.embedder.model import Pixels
from services.embedder.models.open_clip.spec import PixelSpec
from services.embedder.models.squares import middle

_FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


def prepared(image: Image.Image, spec: PixelSpec) -> Pixels:
    """An RGB image of any size to what the network sees, 8-bit RGB, [side, side, 3]."""
    side, filter_ = spec.side, _FILTERS[spec.interpolation]
    if spec.resize_mode == "squash":
        return np.asarray(image.resize((side, side), filter_))
    if spec.resize_mode == "longest":
        longest = max(image.size)
        width, height = (max(1, round(length * side / longest)) for length in image.size)
        canvas = Image.new("RGB", (side, side), _colour(spec.fill_color))
        small = image.resize((width, height), filter_)
        canvas.paste(small, ((side - width) // 2, (side - height) // 2))
        return np.asarray(canvas)
    starts, ends = zip(
        *(middle(length, min(image.size), scaled_to=side, side=side) for length in image.size),
        strict=True,
    )
    return np.asarray(image.resize((side, side), filter_, box=(*starts, *ends)))


def _colour(fill: int | tuple[int, int, int]) -> tuple[int, int, int]:
    return (fill, fill, fill) if isinstance(fill, int) else fill
