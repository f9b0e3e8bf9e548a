"""HEIC files: HEIF (ISO/IEC 23008-12) with HEVC inside, as phones write them."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PIL import Image

from services.imaging.heif_items import described, without_descriptions
from services.imaging.source import Source

if TYPE_CHECKING:
    HeifImage = Any


def open_heif(data: bytes) -> Source:
    """Reads a HEIC file's header.

    What the file says of turns (`irot`, `imir`) is applied by the decoder. EXIF repeats it in many
    files, and does not count (section 6.5.10).

    Raises:
        ValueError, OSError, RuntimeError: it is damaged.
    """
    image = _opened(without_descriptions(data))
    beside = described(data)
    return Source(
        size=image.size,
        load=partial(_load, image),
        icc=image.info.get("icc_profile"),
        exif=beside.exif,
        xmp=beside.xmp,
    )


def _opened(data: bytes) -> "HeifImage":
    # Imported here: most processes never meet such a picture.
    from pi_heif import HeifFile, options  # noqa: PLC0415

    # What lies beside the picture is neither listed nor decoded.
    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    found = HeifFile(data)
    return found[found.primary_index]


def _load(image: "HeifImage", _: tuple[int, int] | None) -> Image.Image:
    stated = image.size
    make: Callable[[], Image.Image] = image.to_pillow
    loaded = make()
    if loaded.size != stated:
        raise ValueError(f"{loaded.size} pixels were decoded, {stated} announced")
    return loaded.convert("RGBA") if loaded.mode == "RGBa" else loaded
