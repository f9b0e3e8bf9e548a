"""The samples of TIFF files that Pillow reads wrongly or not at all, one piece at a time."""

import io
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.imaging.deep import byte_levels
from services.imaging.levels import Samples, Scale, scale_for
from services.imaging.profile import ColourProfile
from services.imaging.tiff_layout import ASSOCIATED, CMYK, CODECS, Layout
from services.imaging.webp import webp_size


@dataclass(frozen=True)
class _Piece:
    samples: Samples
    """[height, width, samples of a pixel], or one sample if planes are apart."""
    top: int
    left: int
    plane: int


def load_samples(
    file: Callable[[], bytes],
    layout: Layout,
    profile: ColourProfile | None,
    _: tuple[int, int] | None,
) -> Image.Image:
    """Decodes a picture.

    Args:
        file: A TIFF file that has that one alone.
        layout: Of the picture.
        profile: What its numbers mean, if that is not sRGB and 8 bits are too few for it.

    Returns:
        Mode L, LA, RGB, RGBA or CMYK; its colours are those of sRGB if there is a profile.
    """
    # Imported where such a file is met: most processes never need the memory it takes.
    import tifffile  # noqa: PLC0415

    with tifffile.TiffFile(io.BytesIO(file())) as opened:
        page = opened.pages[0]
        scale = scale_for(layout.kind, (piece.samples for piece in _colours(page, layout)))
        canvas = _Canvas(layout, scale, profile)
        for piece in _pieces(page, layout):
            canvas.put(piece)
        return canvas.image()


def _colours(page: Any, layout: Layout) -> Iterator[_Piece]:  # noqa: ANN401 - tifffile's, lazily
    for piece in _pieces(page, layout):
        if piece.plane < layout.colours:
            yield _Piece(piece.samples[:, :, : layout.colours], piece.top, piece.left, piece.plane)


def _pieces(page: Any, layout: Layout) -> Iterator[_Piece]:  # noqa: ANN401 - tifffile's, lazily
    data = page.parent.filehandle
    for index in range(layout.pieces):
        offset, length = page.dataoffsets[index], page.databytecounts[index]
        data.seek(offset)
        # A piece that a file leaves out is black.
        encoded = data.read(length) if offset and length else None
        if encoded is not None and layout.compression in CODECS:
            _check_codec(encoded, layout)
        samples, (plane, _, top, left, _), shape = page.decode(encoded, index)
        if samples is None:
            samples = np.zeros(shape, page.dtype)
        elif samples.dtype != page.dtype:
            raise ValueError("a piece has other samples than the file says")
        seen = samples[0, : layout.height - top, : layout.width - left]
        yield _Piece(seen, top, left, plane)


def _check_codec(encoded: bytes, layout: Layout) -> None:
    """That a picture within the picture is no larger than its piece, before it is decoded."""
    size: tuple[int, int] | None
    match CODECS[layout.compression]:
        case "WebP":
            size = webp_size(encoded)
        case "PNG":
            size = struct.unpack(">II", encoded[16:24])
        case _:
            with Image.open(io.BytesIO(encoded), formats=["JPEG2000"]) as inner:
                size = inner.size
    if size is None or size[0] > layout.piece[0] or size[1] > layout.piece[1]:
        raise ValueError("a piece is of another size than the file says")


class _Canvas:
    """Where pieces are put together.

    Args:
        layout: Of the picture.
        scale: How samples become levels.
        profile: As `load_samples` has it.
    """

    def __init__(self, layout: Layout, scale: Scale, profile: ColourProfile | None) -> None:
        self._layout = layout
        self._scale = scale
        self._profile = profile
        # Colours of which a piece has one channel only are converted at the end.
        self._later = layout.planes_apart and layout.colours == 3 and profile is not None
        shape = layout.height, layout.width, layout.colours + bool(layout.alpha)
        # Colours first, then opacity: as Pillow takes it, without another copy.
        self._levels: NDArray[Any] = np.empty(shape, np.uint16 if self._later else np.uint8)

    def put(self, piece: _Piece) -> None:
        """Puts a piece where it belongs."""
        samples, layout = piece.samples, self._layout
        rows = slice(piece.top, piece.top + samples.shape[0])
        columns = slice(piece.left, piece.left + samples.shape[1])
        place, colours = self._levels[rows, columns], layout.colours
        if not layout.planes_apart:
            place[:, :, :colours] = self._level(samples[:, :, :colours])
            if layout.alpha:
                place[:, :, colours] = self._opacity(samples[:, :, colours])
        elif piece.plane < colours:
            place[:, :, piece.plane] = self._level(samples)[:, :, 0]
        elif piece.plane == colours and layout.alpha:
            place[:, :, colours] = self._opacity(samples[:, :, 0])

    def image(self) -> Image.Image:
        """The picture that the pieces make."""
        levels, colours = self._levels, self._layout.colours
        if self._later and self._profile is not None:
            converted = self._profile.deep_rgb(levels[:, :, :colours])
            levels = np.concatenate([converted, levels[:, :, colours:].astype(np.uint8)], axis=2)
        if self._layout.photometric == CMYK:
            return Image.frombuffer("CMYK", levels.shape[1::-1], levels, "raw", "CMYK", 0, 1)
        if self._layout.alpha == ASSOCIATED:
            # Such colours are what is seen on black; on white the rest is added.
            for row in levels:
                colour, rest = row[:, :colours], 255 - row[:, colours:]
                np.add(colour, np.minimum(rest, 255 - colour), out=colour)
            levels = np.ascontiguousarray(levels[:, :, :colours])
        return Image.fromarray(levels[:, :, 0] if levels.shape[2] == 1 else levels)

    def _level(self, samples: Samples) -> NDArray[Any]:
        if self._later:
            return self._scale.levels(samples, np.uint16)
        return byte_levels(samples, self._scale, self._profile)

    def _opacity(self, samples: Samples) -> NDArray[Any]:
        kind = self._layout.kind
        whole = 2.0 ** (kind.bits - (kind.kind == "i")) - 1
        full = self._scale.high if kind.kind == "f" else whole
        return Scale(0, full, inverted=False).levels(samples, np.uint8)
