"""Image formats, told by their first bytes and never by a name."""

from enum import StrEnum


class ImageFormat(StrEnum):
    """The formats that can be decoded; the value is the name Pillow has for it."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    GIF = "GIF"
    BMP = "BMP"
    TIFF = "TIFF"
    AVIF = "AVIF"

    @property
    def content_type(self) -> str:
        """Media type, such as `image/jpeg`."""
        return f"image/{self.value.lower()}"


CONTENT_TYPES = frozenset(format_.content_type for format_ in ImageFormat)

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
    if data[4:8] == b"ftyp" and _is_avif(data):
        return ImageFormat.AVIF
    return None


def _is_avif(data: bytes) -> bool:
    """Whether an ISO media file names an AVIF brand (AV1 Image File Format, section 6)."""
    size = int.from_bytes(data[:4], "big")
    brands = [data[at : at + 4] for at in (8, *range(16, min(size, 256), 4))]
    return b"avif" in brands or b"avis" in brands
