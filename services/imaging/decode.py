"""Encoded bytes to upright 8-bit RGB pixels, under limits that hold before decoding.

Whatever Pillow raises on hostile bytes becomes one error with a reason. A
picture above `LARGE_PIXELS` is decoded while no other such picture is, so
that the memory of a process is bounded by one of them.
"""

import io
import logging
import threading
import warnings
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from PIL import Image

from services.imaging.errors import (
    ImageEmpty,
    ImageTooLarge,
    ImageTooSmall,
    ImageUnreadable,
    TooManyPixels,
)
from services.imaging.formats import ImageFormat, sniff
from services.imaging.rgb import to_rgb
from services.imaging.webp import webp_size

LARGE_PIXELS = 16_000_000

# EXIF 2.32, section 4.6.4: what undoes each orientation.
ORIENTATION_TAG = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
QUARTER_TURNS = range(5, 9)

# The limits here are ours, and stricter; Pillow's would be a warning on stderr.
Image.MAX_IMAGE_PIXELS = None
# Pillow remarks on oddities of files (bad EXIF, extra TIFF bytes); uploads must not fill the log.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").setLevel(logging.CRITICAL)

_large = threading.Lock()


@dataclass(frozen=True)
class ImageLimits:
    """What an image may measure."""

    max_bytes: int = 64 * 2**20
    """Longest file in bytes."""

    max_pixels: int = 64_000_000
    """Most pixels, width times height."""

    min_side: int = 1
    """Shortest side in pixels."""


@dataclass(frozen=True)
class Decoded:
    """A decoded image."""

    format: ImageFormat
    width: int
    """Pixels of the stored picture as seen, after EXIF orientation."""
    height: int
    """Pixels of the stored picture as seen, after EXIF orientation."""
    image: Image.Image
    """Mode RGB, or L if that was asked for; upright, first frame, transparency on white; of that
    size unless a smaller one was asked for."""


def decode(
    data: bytes, limits: ImageLimits, *, short_side: int | None = None, grey_stays: bool = False
) -> Decoded:
    """Decodes the whole image.

    Args:
        data: The file's bytes.
        limits: What it may measure.
        short_side: If given, the picture may come back smaller by a whole
            factor, its shorter side still at least this many pixels: cheap
            where the caller scales down anyway (JPEG is then decoded at that
            scale).
        grey_stays: Whether a grey picture of 8 bits comes back in mode L.

    Raises:
        ImageEmpty, ImageTooLarge, ImageTooSmall, TooManyPixels: a limit is broken.
        ImageUnreadable: no known format, or damaged or cut off.
    """
    format_, source = _open(data, limits)
    width, height = source.size
    with _memory_for(width * height), source:
        try:
            if short_side:
                factor = max(1, min(width, height) // short_side)
                source.draft(None, (width // factor, height // factor))
            source.load()
            stays = grey_stays and source.mode == "L" and "transparency" not in source.info
            image = source if stays else to_rgb(source)
            if short_side and (factor := min(image.size) // short_side) > 1:
                image = image.reduce(factor)
            orientation = source.getexif().get(ORIENTATION_TAG, 1)
            if orientation in UPRIGHT:
                image = image.transpose(UPRIGHT[orientation])
        except Exception as error:
            raise _unreadable(format_) from error
    if orientation in QUARTER_TURNS:
        width, height = height, width
    return Decoded(format_, width, height, image)


def _open(data: bytes, limits: ImageLimits) -> tuple[ImageFormat, Image.Image]:
    if not data:
        raise ImageEmpty("the image has no bytes")
    if len(data) > limits.max_bytes:
        raise ImageTooLarge(
            f"the image has {len(data)} bytes; at most {limits.max_bytes} are accepted",
            metadata={"max_bytes": str(limits.max_bytes)},
        )
    format_ = sniff(data)
    if format_ is None:
        raise ImageUnreadable(
            f"these bytes are none of {', '.join(ImageFormat)}; convert the image to one of them"
        )
    if format_ is ImageFormat.WEBP:
        # Pillow's WebP plugin allocates the canvas when it opens the file.
        size = webp_size(data)
        if size is None:
            raise _unreadable(format_)
        _check_size(*size, limits)
    try:
        source = Image.open(io.BytesIO(data), formats=[format_.value])
    except Exception as error:
        raise _unreadable(format_) from error
    _check_size(*source.size, limits)
    return format_, source


def _check_size(width: int, height: int, limits: ImageLimits) -> None:
    if width * height > limits.max_pixels:
        raise TooManyPixels(
            f"the image has {width}x{height} pixels; at most {limits.max_pixels} are accepted",
            metadata={"max_pixels": str(limits.max_pixels)},
        )
    if min(width, height) < limits.min_side:
        raise ImageTooSmall(
            f"the image has {width}x{height} pixels; each side needs at least {limits.min_side}",
            metadata={"min_side": str(limits.min_side)},
        )


def _unreadable(format_: ImageFormat) -> ImageUnreadable:
    return ImageUnreadable(f"the {format_} file is damaged or cut off; send it again")


def _memory_for(pixels: int) -> AbstractContextManager[object]:
    return _large if pixels > LARGE_PIXELS else nullcontext()
