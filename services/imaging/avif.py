"""AVIF files."""

import io
from functools import partial

from PIL import Image

from services.imaging.item_metadata import without_metadata
from services.imaging.orientation import orientation_of
from services.imaging.source import Source


def open_avif(data: bytes) -> Source:
    """Reads an AVIF file's header.

    Raises:
        ValueError, OSError: it is damaged.
    """
    try:
        image = _opened(data)
    except Exception:  # noqa: BLE001 - whatever Pillow raises on damage
        # Metadata are read on opening, and may be what is damaged.
        image = _opened(without_metadata(data))
    return Source(
        size=image.size,
        load=partial(_load, image),
        icc=image.info.get("icc_profile"),
        # Pillow writes into it what the file itself says of turns (irot, imir).
        orientation=orientation_of(image.info.get("exif")),
        exif=image.info.get("exif"),
        xmp=image.info.get("xmp"),
    )


def _opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=["AVIF"])


def _load(image: Image.Image, _: tuple[int, int] | None) -> Image.Image:
    with image:
        image.load()
        return image
