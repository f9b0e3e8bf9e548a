"""The picture that results are drawn for."""

import io

from PIL import Image

from services.imaging.decode import ImageLimits, decode

MAX_SIDE = 1024
"""Pixels of the longer side of what is drawn, at most."""

REDUCING_GAP = 2.0

THUMBNAIL_SIDE = 256
THUMBNAIL_QUALITY = 80


def drawable(image: bytes, limits: ImageLimits) -> Image.Image:
    """An encoded image as an upright RGB picture in its own aspect, not longer than 1024 pixels.

    Raises:
        InvalidInput: it breaks a limit or cannot be read.
    """
    decoded = decode(image, limits, short_side=MAX_SIDE)
    size = drawn_size(decoded.width, decoded.height)
    if size == decoded.image.size:
        return decoded.image
    return decoded.image.resize(size, Image.Resampling.BICUBIC, reducing_gap=REDUCING_GAP)


def drawn_size(width: int, height: int) -> tuple[int, int]:
    """Width and height that `drawable` makes of an image of those pixels."""
    scale = min(1.0, MAX_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def thumbnail(image: bytes, limits: ImageLimits) -> bytes:
    """An encoded image as a WebP that fits in 256 x 256 pixels.

    Raises:
        InvalidInput: it breaks a limit or cannot be read.
    """
    picture = decode(image, limits, short_side=THUMBNAIL_SIDE).image
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=THUMBNAIL_QUALITY)
    return out.getvalue()
