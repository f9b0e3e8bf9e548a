"""Which way up a picture is, as its EXIF data say."""

from PIL import Image

from services.imaging.tiff_directory import Directories

ORIENTATION_TAG = 0x0112

# EXIF 2.32, section 4.6.4: what undoes each orientation.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUARTER_TURNS = range(5, 9)


def orientation_of(exif: bytes | None) -> int:
    """The orientation, 1 to 8, that EXIF data state; 1 if they state none or cannot be read.

    Args:
        exif: A TIFF structure, with or without the `Exif` mark of JPEG in front.
    """
    if not exif:
        return 1
    try:
        first = next(iter(Directories(exif.removeprefix(b"Exif\x00\x00"))), None)
    except ValueError:
        return 1
    stated = first.number(ORIENTATION_TAG, 1) if first else 1
    return stated if stated in _UPRIGHT else 1


def is_quarter_turn(orientation: int) -> bool:
    """Whether width and height change places."""
    return orientation in _QUARTER_TURNS


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """The picture turned and mirrored as it is meant to be seen."""
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image
