"""What a TIFF directory says of the picture it describes."""

import math
from dataclasses import dataclass
from typing import Final, Literal

from services.imaging.errors import unsupported
from services.imaging.levels import SampleKind
from services.imaging.tiff_directory import Directory

WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
STRIP_OFFSETS, SAMPLES, ROWS_PER_STRIP, STRIP_BYTES, PLANAR = 273, 277, 278, 279, 284
PREDICTOR, TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_BYTES = 317, 322, 323, 324, 325
EXTRA_SAMPLES, SAMPLE_FORMAT, DEPTH = 338, 339, 32997

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR, LAB = 0, 1, 2, 3, 5, 6, 8

# How many samples a pixel has for its colour.
_COLOURS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, PALETTE: 1, CMYK: 4, YCBCR: 3, LAB: 3}

OLD_JPEG, JPEG = 6, 7
PACKED = frozenset({1, 5, 8, 32773, 32946, 34925, 50000})
"""Compressions of bytes, whatever they mean: none, LZW, deflate, PackBits, LZMA, Zstandard."""
BILEVEL = frozenset({2, 3, 4, 32771, 32809})
"""Those of fax machines and the like."""
CODECS = {
    33004: "JPEG 2000", 33005: "JPEG 2000", 34712: "JPEG 2000", 34933: "PNG",
    34927: "WebP", 50001: "WebP",
}  # fmt: skip
"""Compressions that are an image format of their own, and are decoded."""
_OTHERS = {
    22610: "JPEG XR", 32767: "Sony's raw compression", 32769: "raw packing",
    32770: "Samsung's raw compression", 33003: "JPEG 2000 in YCbCr", 33007: "JPEG",
    34661: "JBIG", 34676: "SGI LogLuv", 34677: "SGI LogLuv", 34713: "Nikon's raw compression",
    34715: "JBIG2", 34887: "LERC", 34892: "lossy JPEG", 34934: "JPEG XR",
    50002: "JPEG XL", 52546: "JPEG XL", 65000: "Kodak's raw compression",
    65535: "Pentax's raw compression",
}  # fmt: skip
_PHOTOMETRICS = {
    4: "is a transparency mask", 9: "has ICC Lab colours", 10: "has ITU Lab colours",
    32844: "has LogL samples", 32845: "has LogLuv samples",
}  # fmt: skip
_FORMATS: dict[int, Literal["u", "i", "f"]] = {1: "u", 2: "i", 3: "f", 4: "u"}
_MOST_PIECES = 2**20

ASSOCIATED: Final = 1
UNASSOCIATED: Final = 2
Alpha = Literal[0, 1, 2]


@dataclass(frozen=True)
class Layout:
    """A picture whose values are those that TIFF 6.0 gives names to."""

    width: int
    height: int
    kind: SampleKind
    """What every sample is."""
    compression: int
    photometric: int
    samples: int
    """Of a pixel."""
    colours: int
    """How many of them are colour; they come first."""
    alpha: Alpha
    """Whether the sample behind the colours is opacity: 0 if not, 1 if the colours are
    multiplied with it already, 2 if not."""
    planes_apart: bool
    piece: tuple[int, int]
    """Width and height of a strip or tile."""
    pieces: int
    """How many strips or tiles there are."""
    tiled: bool
    predictor: int

    @property
    def working_bytes(self) -> int:
        """What a decoder takes for the longest piece."""
        width, height = self.piece
        samples = 1 if self.planes_apart else self.samples
        unpacked = height * math.ceil(width * samples * self.kind.bits / 8)
        # JPEG 2000 is decoded to 32 bits a sample first.
        return unpacked if CODECS.get(self.compression) != "JPEG 2000" else 5 * unpacked


def layout_of(directory: Directory) -> Layout:
    """Reads a directory's layout.

    Raises:
        ValueError: it is damaged.
        ImageUnsupported: it is of a kind that is not decoded, which the message names.
    """
    width, height = directory.number(WIDTH, 0), directory.number(LENGTH, 0)
    if not 0 < width < 2**31 or not 0 < height < 2**31:
        raise ValueError("no size")
    compression = directory.number(COMPRESSION, 1)
    photometric = directory.number(PHOTOMETRIC, WHITE_IS_ZERO)
    if compression == OLD_JPEG:
        photometric = YCBCR
    _refuse(compression, photometric, directory)
    colours = _COLOURS[photometric]
    usual = colours if compression == OLD_JPEG else 1
    samples = directory.number(SAMPLES, usual)
    if samples < colours and not (photometric == YCBCR and samples == 1):
        raise ValueError("too few samples")
    planes_apart = directory.number(PLANAR, 1) == 2 and samples > 1
    tiled = TILE_OFFSETS in directory.values
    piece = _piece(directory, width, height, tiled=tiled)
    pieces = math.ceil(width / piece[0]) * math.ceil(height / piece[1])
    pieces *= samples if planes_apart else 1
    if pieces > _MOST_PIECES:
        raise unsupported(f"this TIFF is cut into {pieces:,} pieces")
    return Layout(
        width=width,
        height=height,
        kind=_kind(directory, photometric),
        compression=compression,
        photometric=photometric,
        samples=samples,
        colours=colours,
        alpha=_alpha(directory, photometric, samples, colours),
        planes_apart=planes_apart,
        piece=piece,
        pieces=pieces,
        tiled=tiled,
        predictor=directory.number(PREDICTOR, 1),
    )


def _refuse(compression: int, photometric: int, directory: Directory) -> None:
    known = compression in PACKED | BILEVEL | CODECS.keys() | {OLD_JPEG, JPEG}
    if not known:
        name = _OTHERS.get(compression, f"method {compression}")
        raise unsupported(f"this TIFF is compressed with {name}")
    if photometric not in _COLOURS:
        name = _PHOTOMETRICS.get(photometric, f"has colours of kind {photometric}")
        raise unsupported(f"this TIFF {name}")
    if directory.number(DEPTH, 1) > 1:
        raise unsupported("this TIFF holds a volume")


def _piece(directory: Directory, width: int, height: int, *, tiled: bool) -> tuple[int, int]:
    if not tiled:
        rows = directory.number(ROWS_PER_STRIP, height)
        return width, min(rows, height) if rows > 0 else height
    piece = directory.number(TILE_WIDTH, 0), directory.number(TILE_LENGTH, 0)
    if min(piece) < 1 or max(piece) >= 2**31:
        raise ValueError("no size of tiles")
    return piece


def _kind(directory: Directory, photometric: int) -> SampleKind:
    bits = set(directory.numbers(BITS)) or {1}
    formats = set(directory.numbers(SAMPLE_FORMAT)) or {1}
    if len(bits) > 1:
        raise unsupported("this TIFF has samples of different depths")
    if len(formats) > 1 or not formats <= _FORMATS.keys():
        raise unsupported("this TIFF has samples of different kinds, or complex numbers")
    kind, depth = _FORMATS[formats.pop()], bits.pop()
    depths = {16, 24, 32, 64} if kind == "f" else {8, 16, 32, 64} if kind == "i" else range(1, 65)
    if depth not in depths:
        raise unsupported(f"this TIFF has samples of {depth} bits")
    return SampleKind(kind, depth, inverted=photometric == WHITE_IS_ZERO)


def _alpha(directory: Directory, photometric: int, samples: int, colours: int) -> Alpha:
    if samples <= colours or photometric not in {WHITE_IS_ZERO, BLACK_IS_ZERO, RGB}:
        return 0
    stated = directory.numbers(EXTRA_SAMPLES)
    if not stated:
        # Four samples for red, green and blue, and no word on the fourth: everybody's alpha.
        return UNASSOCIATED if photometric == RGB and samples == 4 else 0
    match stated[0]:
        case 1:
            return ASSOCIATED
        case 2:
            return UNASSOCIATED
    return 0
