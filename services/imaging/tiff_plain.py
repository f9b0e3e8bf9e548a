"""TIFF files of 8 bits a sample that are not compressed: their pixels lie in the file as they are.

The other decoders want a copy of the file; here a picture takes no memory but its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from services.imaging.tiff_directory import Directory
from services.imaging.tiff_layout import BLACK_IS_ZERO, RGB, STRIP_BYTES, STRIP_OFFSETS, Layout

_FILL_ORDER, _UNCOMPRESSED = 266, 1
_BAND_BYTES = 2**20
"""Of pixels that are copied at once."""


@dataclass(frozen=True, slots=True)
class _Strip:
    top: int
    rows: int
    offset: int


def is_plain(data: bytes, directory: Directory, layout: Layout) -> bool:
    """Whether a picture is whole strips of grey or RGB pixels as Pillow has them."""
    if not (
        layout.compression == _UNCOMPRESSED
        and (layout.photometric, layout.samples) in {(BLACK_IS_ZERO, 1), (RGB, 3)}
        and (layout.kind.kind, layout.kind.bits) == ("u", 8)
        and not layout.planes_apart
        and not layout.tiled
        and directory.number(_FILL_ORDER, 1) == 1
    ):
        return False
    lengths = directory.numbers(STRIP_BYTES)
    if min(len(directory.numbers(STRIP_OFFSETS)), len(lengths)) < layout.pieces:
        return False
    row_bytes = layout.width * layout.samples
    return all(
        strip.rows * row_bytes <= min(length, len(data) - strip.offset)
        for strip, length in zip(_strips(directory, layout), lengths, strict=False)
    )


def load_plain(
    data: bytes, directory: Directory, layout: Layout, _: tuple[int, int] | None
) -> Image.Image:
    """The picture, in mode L or RGB. Only for what `is_plain`."""
    mode = "L" if layout.samples == 1 else "RGB"
    row_bytes = layout.width * layout.samples
    band = max(1, _BAND_BYTES // row_bytes)
    image = Image.new(mode, (layout.width, layout.height))
    for strip in _strips(directory, layout):
        for row in range(0, strip.rows, band):
            rows = min(band, strip.rows - row)
            at = strip.offset + row * row_bytes
            pixels = memoryview(data)[at : at + rows * row_bytes]
            image.paste(Image.frombytes(mode, (layout.width, rows), pixels), (0, strip.top + row))
    return image


def _strips(directory: Directory, layout: Layout) -> Iterator[_Strip]:
    height = layout.piece[1]
    tops = range(0, layout.height, height)
    for top, offset in zip(tops, directory.numbers(STRIP_OFFSETS), strict=False):
        yield _Strip(top, min(height, layout.height - top), offset)
