"""JPEG files."""

import hashlib
import io
from contextlib import suppress
from functools import partial

from PIL import Image, JpegImagePlugin

from services.imaging.errors import unsupported
from services.imaging.jpeg_segments import exif_of, frame_header, is_complete, needed_segments
from services.imaging.orientation import orientation_of
from services.imaging.source import Source

# ITU-T T.81, table B.1, and T.87.
_KINDS = {
    0xC3: "is lossless JPEG",
    0xC5: "is hierarchical JPEG",
    0xC6: "is hierarchical JPEG",
    0xC7: "is hierarchical JPEG",
    0xCB: "is lossless JPEG",
    0xCD: "is hierarchical JPEG",
    0xCE: "is hierarchical JPEG",
    0xCF: "is hierarchical JPEG",
    0xF7: "is JPEG-LS",
}
_END = b"\xff\xd9"


def _filling(pattern: bytes, first: int) -> bytes:
    """Pixels, and behind each restart marker more, for a decoder may look for that first."""
    markers = (bytes([0xFF, 0xD0 + (first + index) % 8]) for index in range(16))
    return b"".join(pattern * 64 + marker for marker in markers) + _END


# What may follow pixels that are all there without changing one of them. A restart marker soon
# after the wanted one is not passed over, so the two begin with markers that are far apart.
_FILLINGS = _filling(b"\x00\x00", 0), _filling(b"\x6d\x92", 4)


def open_jpeg(data: bytes) -> Source:
    """Reads a JPEG file's header.

    Raises:
        SyntaxError, OSError: it is damaged.
        ImageUnsupported: it is of a kind that is not decoded.
    """
    try:
        image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
        exif = image.info.get("exif")
        xmp = image.info.get("xmp")
    except Exception:  # noqa: BLE001 - whatever Pillow raises on damage
        _refuse_by_name(data)
        exif = exif_of(data)
        xmp = None
        data = needed_segments(data)
        image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    return Source(
        size=image.size,
        load=partial(_load, data, image),
        icc=image.info.get("icc_profile"),
        orientation=orientation_of(exif),
        exif=exif,
        xmp=xmp,
    )


def _refuse_by_name(data: bytes) -> None:
    header = frame_header(data)
    if header is None:
        return
    marker, precision = header
    if marker in _KINDS:
        raise unsupported(f"this file {_KINDS[marker]}")
    if precision != 8:
        raise unsupported(f"this JPEG has {precision} bits a sample")


def _load(
    data: bytes, image: JpegImagePlugin.JpegImageFile, size: tuple[int, int] | None
) -> Image.Image:
    with suppress(OSError):
        return _loaded(image, size)
    _refuse_by_name(data)
    # What lies beside the pixels may hide a table from the decoder.
    data = needed_segments(data)
    try:
        return _loaded(JpegImagePlugin.JpegImageFile(io.BytesIO(data)), size)
    except OSError:
        if not is_complete(data):
            raise
    return _without_end(data)


def _loaded(image: JpegImagePlugin.JpegImageFile, size: tuple[int, int] | None) -> Image.Image:
    with image:
        if size:
            image.draft(None, size)
        image.load()
        return image


def _without_end(data: bytes) -> Image.Image:
    """The picture of a file that has its pixels, and no end marker.

    A decoder that runs out of pixels takes what follows for them, so whether all
    were there shows in whether different fillings give different pictures.
    """
    # Half a marker, if the cut is there.
    data = data.rstrip(b"\xff")
    digests = set()
    for filling in _FILLINGS:
        with JpegImagePlugin.JpegImageFile(io.BytesIO(data + filling)) as image:
            image.load()
            digests.add(hashlib.sha256(image.tobytes()).digest())
    if len(digests) > 1:
        raise OSError("the pixels are cut off")
    return image
