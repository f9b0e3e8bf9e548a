"""Encoded bytes to upright 8-bit sRGB pixels, under limits that hold before decoding.

Whatever Pillow raises on hostile bytes becomes one error with a reason. A
picture above `LARGE_PIXELS` is decoded while no other such picture is, so
that the memory of a process is bounded by one of them.
"""

import logging
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

from PIL import Image

from services.imaging.avif import open_avif
from services.imaging.bitmaps import open_bmp, open_gif
from services.imaging.errors import (
    ImageEmpty,
    ImageTooLarge,
    ImageTooSmall,
    ImageUnreadable,
    TooManyPixels,
    unsupported,
)
from services.imaging.foreign import foreign
from services.imaging.formats import ImageFormat, sniff
from services.imaging.heif import open_heif
from services.imaging.jpeg import open_jpeg
from services.imaging.orientation import is_quarter_turn, upright
from services.imaging.png import open_png
from services.imaging.profile import profile_of
from services.imaging.rgb import has_alpha, to_rgb
from services.imaging.source import Source
from services.imaging.tiff import open_tiff
from services.imaging.webp import open_webp
from services.runtime.errors import InvalidInput

LARGE_PIXELS = 16_000_000

BYTES_PER_PIXEL = 4
"""What decoding may take beside the picture, for each pixel that a picture may have."""
LEAST_MEMORY = 64 * 2**20

# The limits here are ours, and stricter; Pillow's would be a warning on stderr.
Image.MAX_IMAGE_PIXELS = None
# Pillow remarks on oddities of files (bad EXIF, extra TIFF bytes); uploads must not fill the log.
warnings.filterwarnings("ignore", module=r"PIL\.")
for _name in ("PIL", "tifffile"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

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
    """Mode RGB, or L if that was asked for; sRGB, upright, first frame, transparency on white; of
    that size unless a smaller one was asked for."""
    exif: bytes | None = field(default=None, repr=False)
    """As the file has it; see `capture_of`."""
    xmp: bytes | None = field(default=None, repr=False)
    """As the file has it; see `read_xmp`."""
    page_count: int = 1
    """Pages of the document whose first one this is."""


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
        grey_stays: Whether a grey picture comes back in mode L.

    Raises:
        ImageEmpty, ImageTooLarge, ImageTooSmall, TooManyPixels: a limit is broken.
        ImageUnsupported: a kind of its format that is not decoded, which the message names.
        ImageUnreadable: no known format, or damaged or cut off.
    """
    format_ = _format_of(data, limits)
    with _damage_named(format_):
        source = _OPENERS[format_](data)
    _check_size(source, limits)
    width, height = source.size
    with _memory_for(width * height + source.memory // 4), _damage_named(format_):
        image = _smaller(source.load(_scale(source.size, short_side)), short_side)
        profile = profile_of(source.icc)
        if grey_stays and image.mode == "L" and not has_alpha(image):
            image = image if profile is None else profile.to_srgb(image)
        else:
            image = to_rgb(image, profile)
        image = upright(_smaller(image, short_side), source.orientation)
    if is_quarter_turn(source.orientation):
        width, height = height, width
    return Decoded(
        format_,
        width,
        height,
        image,
        exif=source.exif,
        xmp=source.xmp,
        page_count=source.page_count,
    )


def header_of(data: bytes, limits: ImageLimits) -> Source:
    """What an image says of itself, without its pixels.

    Raises:
        InvalidInput: as `decode`, as far as that shows without decoding.
    """
    format_ = _format_of(data, limits)
    with _damage_named(format_):
        source = _OPENERS[format_](data)
    _check_size(source, limits)
    return source


def size_of(data: bytes, limits: ImageLimits) -> tuple[int, int]:
    """Width and height of an image as seen, after EXIF orientation, without its pixels.

    Raises:
        InvalidInput: as `decode`, as far as that shows without decoding.
    """
    source = header_of(data, limits)
    width, height = source.size
    return (height, width) if is_quarter_turn(source.orientation) else (width, height)


def _format_of(data: bytes, limits: ImageLimits) -> ImageFormat:
    if not data:
        raise ImageEmpty("the image has no bytes")
    if len(data) > limits.max_bytes:
        raise ImageTooLarge(
            f"the image has {len(data)} bytes; at most {limits.max_bytes} are accepted",
            metadata={"max_bytes": str(limits.max_bytes)},
        )
    format_ = sniff(data)
    if format_ is None and (name := foreign(data)):
        raise unsupported(f"this is {name}")
    if format_ is None:
        raise ImageUnreadable(
            f"these bytes are none of {', '.join(ImageFormat)}; convert the image to one of them"
        )
    return format_


def _scale(size: tuple[int, int], short_side: int | None) -> tuple[int, int] | None:
    """The size that a scaled decoding may come down to."""
    if not short_side:
        return None
    factor = max(1, min(size) // short_side)
    return size[0] // factor, size[1] // factor


def _smaller(image: Image.Image, short_side: int | None) -> Image.Image:
    """The picture scaled down by a whole factor, if its pixels can be averaged as they are."""
    if not short_side or image.mode not in {"L", "RGB", "CMYK"} or has_alpha(image):
        return image
    factor = min(image.size) // short_side
    return image.reduce(factor) if factor > 1 else image


def _check_size(source: Source, limits: ImageLimits) -> None:
    width, height = source.size
    if width * height > limits.max_pixels:
        raise TooManyPixels(
            f"the image has {width}x{height} pixels; at most {limits.max_pixels} are accepted",
            metadata={"max_pixels": str(limits.max_pixels)},
        )
    if source.memory > max(LEAST_MEMORY, BYTES_PER_PIXEL * limits.max_pixels):
        raise TooManyPixels(
            f"the image's {width}x{height} pixels take {source.memory} bytes to decode; "
            "save it with fewer bits a sample, or in smaller strips or tiles",
            metadata={"max_pixels": str(limits.max_pixels)},
        )
    if min(width, height) < limits.min_side:
        raise ImageTooSmall(
            f"the image has {width}x{height} pixels; each side needs at least {limits.min_side}",
            metadata={"min_side": str(limits.min_side)},
        )


@contextmanager
def _damage_named(format_: ImageFormat) -> Iterator[None]:
    """Whatever a decoder raises on hostile bytes is one error, unless it has a reason already."""
    try:
        yield
    except (InvalidInput, MemoryError):
        raise
    except Exception as error:
        raise ImageUnreadable(f"the {format_} file is damaged or cut off; send it again") from error


def _memory_for(pixels: int) -> AbstractContextManager[object]:
    return _large if pixels > LARGE_PIXELS else nullcontext()


_OPENERS: Mapping[ImageFormat, Callable[[bytes], Source]] = {
    ImageFormat.JPEG: open_jpeg,
    ImageFormat.PNG: open_png,
    ImageFormat.WEBP: open_webp,
    ImageFormat.GIF: open_gif,
    ImageFormat.BMP: open_bmp,
    ImageFormat.TIFF: open_tiff,
    ImageFormat.AVIF: open_avif,
    ImageFormat.HEIC: open_heif,
}
