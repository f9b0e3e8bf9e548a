"""Pixels as timm's own evaluation transform gives them, before normalisation."""

from PIL import Image

from services.embedder.model import Pixels
from services.embedder.models.squares import middle
from services.embedder.models.timm.spec import PixelSpec
from services.imaging.resize import resized

FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
}


def prepared(image: Image.Image, spec: PixelSpec) -> Pixels:
    """An RGB image of any size to what the network sees, 8-bit RGB, [side, side, 3]."""
    box = seen_box(*image.size, spec)
    return resized(image, spec.side, spec.side, box=box, resample=FILTERS[spec.interpolation])


def seen_box(width: int, height: int, spec: PixelSpec) -> tuple[float, float, float, float]:
    """Edges, in pixels, of what is seen of an image of that size.

    timm scales the whole image and cuts the middle out; the part is found by
    going back.
    """
    edges = []
    for length in (width, height):
        short = length if spec.crop_mode == "squash" else min(width, height)
        edges.append(middle(length, short, scaled_to=spec.scaled_side, side=spec.side))
    (left, right), (top, bottom) = edges
    return left, top, right, bottom
