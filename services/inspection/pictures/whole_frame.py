"""What a picture looks like as a whole, where no model told."""

from services.imaging.decode import Decoded, ImageLimits, decode
from services.imaging.frame_stats import FrameStats
from services.imaging.resize import resized
from services.inspection.model import WholeFrame

SIDE = 192
"""Pixels of the shorter side that a picture is looked at in, at most."""

MOST_ASPECT = 4
"""Longer pictures are squeezed to it."""


def whole_frame(decoded: Decoded) -> WholeFrame:
    """What a decoded picture looks like."""
    picture = decoded.image
    short = min(SIDE, *picture.size)
    long = round(short * min(max(picture.size) / min(picture.size), MOST_ASPECT))
    size = (long, short) if picture.width >= picture.height else (short, long)
    return WholeFrame(FrameStats.of(resized(picture, *size)), decoded.width, decoded.height)


def frame_of(image: bytes, limits: ImageLimits) -> WholeFrame:
    """What an encoded image looks like.

    Raises:
        InvalidInput: it breaks a limit or cannot be read.
    """
    return whole_frame(decode(image, limits, short_side=SIDE, grey_stays=True))
