"""The part of a picture that is looked for."""

import io
import math

from PIL import Image

from services.imaging.decode import ImageLimits, decode
from services.search.errors import RegionTooSmall
from services.search.model import Region

MIN_SIDE = 8
"""Pixels of a region's shorter side, at least."""

MOST_PIXELS = 4_000_000
"""Of a region that is embedded; models look at far fewer."""


def cropped(image: bytes, region: Region, limits: ImageLimits, *, field: str = "") -> bytes:
    """The region of an encoded image, as a PNG; every pixel that it touches is in it.

    Args:
        image: The file's bytes.
        region: Where, in the picture as a person sees it.
        limits: What the whole image may measure.
        field: Path of the region in the request.

    Raises:
        RegionTooSmall: it has too few pixels.
        InvalidInput: the image breaks a limit or cannot be read.
    """
    picture = decode(image, limits).image
    box = _pixels(region, picture.width, picture.height)
    width, height = box[2] - box[0], box[3] - box[1]
    if min(width, height) < MIN_SIDE:
        raise RegionTooSmall(
            f"the region has {width}x{height} pixels of the image; "
            f"each side needs at least {MIN_SIDE}",
            field=field,
            metadata={"min_side": str(MIN_SIDE)},
        )
    part = picture.crop(box)
    if width * height > MOST_PIXELS:
        scale = math.sqrt(MOST_PIXELS / (width * height))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        part = part.resize(size, Image.Resampling.BOX)
    out = io.BytesIO()
    part.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _pixels(region: Region, width: int, height: int) -> tuple[int, int, int, int]:
    """Left, upper, right and lower edge in pixels."""
    return (
        min(math.floor(region.left * width), width - 1),
        min(math.floor(region.top * height), height - 1),
        max(math.ceil(region.right * width), 1),
        max(math.ceil(region.bottom * height), 1),
    )
