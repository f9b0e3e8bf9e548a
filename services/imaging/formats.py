"""Image formats, told by their first bytes and never by a name."""

from enum import StrEnum


class ImageFormat(StrEnum):
    """The formats that can be decoded, by the names that people have for them."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    GIF = "GIF"
    BMP = "BMP"
    TIFF = "TIFF"
    AVIF = "AVIF"
    HEIC = "HEIC"

    @property
    def content_type(self) -> str:
        """Media type, such as `image/jpeg`."""
        return f"image/{self.value.lower()}"


CONTENT_TYPES = frozenset(format_.content_type for format_ in ImageFormat)

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})

_PREFIXES = {
    b"\xff\xd8\xff": ImageFormat.JPEG,
    b"\x89PNG\r\n\x1a\n": ImageFormat.PNG,
    b"GIF87a": ImageFormat.GIF,
    b"GIF89a": ImageFormat.GIF,
    b"BM": ImageFormat.BMP,
    b"II*\x00": ImageFormat.TIFF,
    b"MM\x00*": ImageFormat.TIFF,
    b"II+\x00": ImageFormat.TIFF,
    b"MM\x00+": ImageFormat.TIFF,
}


def sniff(data: bytes) -> ImageFormat | None:
    """The format that the first bytes announce; None for anything else, SVG included."""
    for prefix, format_ in _PREFIXES.items():
        if data.startswith(prefix):
            return format_
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ImageFormat.WEBP
    if data[4:8] == b"ftyp":
        return _of_brands(data)
    return None


def _of_brands(data: bytes) -> ImageFormat | None:
    """What an ISO media file holds, by its brands: the major one, and those it is compatible with.

    AVIF's are in the AV1 Image File Format, section 6; HEIC's in ISO/IEC 23008-12, annex B.
    """
    size = int.from_bytes(data[:4], "big")
    brands = {data[at : at + 4] for at in (8, *range(16, min(size, 256), 4))}
    if brands & {b"avif", b"avis"}:
        return ImageFormat.AVIF
    return ImageFormat.HEIC if brands & _HEIC_BRANDS else None
