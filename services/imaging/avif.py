"""AVIF files."""

import io
import re
from functools import partial

from PIL import Image

from services.imaging.orientation import orientation_of
from services.imaging.source import Source

# An item entry (ISO/IEC 14496-12, section 8.11.6) of EXIF or XMP: version and flags, id,
# protection and the type that is overwritten.
_METADATA_ITEM = re.compile(rb"(infe[\x02\x03]\0\0.(?:..|....)..)(?:Exif|mime)", re.DOTALL)


def open_avif(data: bytes) -> Source:
    """Reads an AVIF file's header.

    Raises:
        ValueError, OSError: it is damaged.
    """
    try:
        image = _opened(data)
    except Exception:  # noqa: BLE001 - whatever Pillow raises on damage
        # Metadata are read on opening, and may be what is damaged.
        image = _opened(_METADATA_ITEM.sub(rb"\1skip", data))
    return Source(
        size=image.size,
        load=partial(_load, image),
        icc=image.info.get("icc_profile"),
        # Pillow writes into it what the file itself says of turns (irot, imir).
        orientation=orientation_of(image.info.get("exif")),
    )


def _opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=["AVIF"])


def _load(image: Image.Image, _: tuple[int, int] | None) -> Image.Image:
    with image:
        image.load()
        return image
