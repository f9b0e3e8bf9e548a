"""Pixels as timm's own evaluation transform gives them, before normalisation."""

from PIL import Image

from services.embedder.model import Pixels
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

    timm scales the whole image and cuts the middle out; sizes and offsets are
    rounded as torchvision rounds them, and the part found by going back.
    """
    short, to = min(width, height), spec.scaled_side
    edges = []
    for length in (width, height):
        squeezed = spec.crop_mode == "squash" or length == short
        scaled = to if squeezed else int(to * length / short)
        start = round((scaled - spec.side) / 2)
        edges.append((start * length / scaled, (start + spec.side) * length / scaled))
    (left, right), (top, bottom) = edges
    return left, top, right, bottom
