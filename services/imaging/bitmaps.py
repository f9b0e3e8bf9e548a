"""GIF and BMP files, whose headers Pillow reads without reading more."""

import io
from functools import partial

from PIL import Image

from services.imaging.errors import unsupported
from services.imaging.source import Source


def open_gif(data: bytes) -> Source:
    """Reads a GIF file's header.

    Raises:
        OSError: it is damaged.
    """
    return _source(Image.open(io.BytesIO(data), formats=["GIF"]))


def open_bmp(data: bytes) -> Source:
    """Reads a BMP file's header.

    Raises:
        OSError: it is damaged.
        ImageUnsupported: it is of a kind that is not decoded.
    """
    try:
        return _source(Image.open(io.BytesIO(data), formats=["BMP"]))
    except OSError as error:
        if str(error).startswith("Unsupported BMP"):
            raise unsupported(f"this BMP has an {str(error)[0].lower()}{str(error)[1:]}") from error
        raise


def _source(image: Image.Image) -> Source:
    return Source(size=image.size, load=partial(_load, image))


def _load(image: Image.Image, _: tuple[int, int] | None) -> Image.Image:
    with image:
        image.load()
        # Most programs leave the fourth byte of a pixel 0, and none means "unseen" by it.
        if image.format == "BMP" and image.mode == "RGBA" and not image.getchannel("A").getbbox():
            return image.convert("RGB")
        return image
