"""The picture that results are drawn for."""

from PIL import Image

from services.imaging.decode import ImageLimits, decode

MAX_SIDE = 1024
"""Pixels of the longer side of what is drawn, at most."""

REDUCING_GAP = 2.0


def drawable(image: bytes, limits: ImageLimits) -> Image.Image:
    """An encoded image as an upright RGB picture in its own aspect, not longer than 1024 pixels.

    Raises:
        InvalidInput: it breaks a limit or cannot be read.
    """
    decoded = decode(image, limits, short_side=MAX_SIDE)
    scale = MAX_SIDE / max(decoded.width, decoded.height)
    if scale >= 1:
        return decoded.image
    size = (max(1, round(decoded.width * scale)), max(1, round(decoded.height * scale)))
    return decoded.image.resize(size, Image.Resampling.BICUBIC, reducing_gap=REDUCING_GAP)
