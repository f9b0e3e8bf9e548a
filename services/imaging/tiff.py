"""TIFF files: which picture in one is meant, and who decodes it."""

import io
import struct
from collections.abc import Iterator
from functools import partial
from itertools import islice

import numpy as np
from PIL import Image, TiffImagePlugin

from services.imaging.deep import steep_profile
from services.imaging.errors import unsupported
from services.imaging.orientation import ORIENTATION_TAG
from services.imaging.source import Load, Source
from services.imaging.tiff_directory import Directories, Directory
from services.imaging.tiff_layout import (
    BILEVEL,
    JPEG,
    LAB,
    OLD_JPEG,
    PACKED,
    PALETTE,
    PHOTOMETRIC,
    STRIP_BYTES,
    STRIP_OFFSETS,
    TILE_BYTES,
    TILE_OFFSETS,
    WIDTH,
    YCBCR,
    Layout,
    layout_of,
)
from services.imaging.tiff_plain import is_plain, load_plain
from services.imaging.tiff_samples import load_samples

# Pillow's own reading of what is not compressed knows nothing of chroma at half the resolution.
TiffImagePlugin.READ_LIBTIFF = True

_NEW_SUBFILE_TYPE, _SUBFILE_TYPE = 254, 255
_REDUCED, _MASK = 1, 4
_XMP, _MAKE, _ICC, _DNG_VERSION = 700, 271, 34675, 50706
_RAW = frozenset({32803, 34892})
_LOOKED_AT = 8

# What decoding needs: size, samples, compression and its tables, palette, chroma.
_PICTURE_TAGS = frozenset({
    256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325,
    332, 338, 339, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532,
})  # fmt: skip
_PIECE_TAGS = frozenset({STRIP_OFFSETS, STRIP_BYTES, TILE_OFFSETS, TILE_BYTES})
_MOST_VALUES = 2**18
_TYPES = {"u1": 1, "u2": 3, "u4": 4, "V8": 5, "i1": 6, "i2": 8, "i4": 9, "f4": 11, "f8": 12}


def open_tiff(data: bytes) -> Source:
    """Reads the directory of the picture in a TIFF file.

    Raises:
        ValueError: it is damaged.
        ImageUnsupported: it is of a kind that is not decoded, which the message names.
    """
    directory = picture_in(data)
    layout = layout_of(directory)
    icc = directory.content(_ICC) or None
    file = partial(_alone, data, directory, layout)
    if is_plain(data, directory, layout):
        load: Load = partial(load_plain, data, directory, layout)
    elif _is_pillows(layout):
        load = partial(_load, file)
    else:
        _check_decodable(layout)
        profile = steep_profile(icc, grey=layout.colours == 1) if layout.colours < 4 else None
        load = partial(load_samples, file, layout, profile)
        icc = None if profile else icc
    return Source(
        size=(layout.width, layout.height),
        load=load,
        icc=icc,
        orientation=directory.number(ORIENTATION_TAG, 1),
        exif=data,
        xmp=directory.content(_XMP) or None,
        page_count=_page_count(data),
        memory=layout.working_bytes,
    )


def picture_in(data: bytes) -> Directory:
    """The directory that a viewer shows: the first that is no thumbnail and no mask.

    Raises:
        ValueError: there is none.
        ImageUnsupported: it is a camera's raw file.
    """
    directories = Directories(data)
    first = next(iter(directories), None)
    if first is None:
        raise ValueError("no directory")
    below = list(directories.below(first))
    _refuse_raw(data, first, [*islice(directories, _LOOKED_AT), *below[:_LOOKED_AT]])
    return next((one for one in _each(directories, below) if _is_picture(one)), first)


def _each(directories: Directories, below: list[Directory]) -> Iterator[Directory]:
    yield from directories
    yield from below


def _page_count(data: bytes) -> int:
    """Pictures in the file's own chain of directories, thumbnails and masks left out."""
    return max(1, sum(_is_picture(directory) for directory in Directories(data)))


def _is_picture(directory: Directory) -> bool:
    if WIDTH not in directory.values:
        return False
    if _NEW_SUBFILE_TYPE in directory.values:
        return not directory.number(_NEW_SUBFILE_TYPE, 0) & (_REDUCED | _MASK)
    return directory.number(_SUBFILE_TYPE, 1) != 2


def _refuse_raw(data: bytes, first: Directory, all_: list[Directory]) -> None:
    make = first.content(_MAKE).split(b"\0")[0].decode("ascii", "ignore").strip()
    if _DNG_VERSION in first.values:
        raise unsupported("this is a camera's raw file (DNG)")
    if data[8:10] == b"CR":
        raise unsupported("this is a camera's raw file (CR2)")
    if any(directory.number(PHOTOMETRIC, 0) in _RAW for directory in all_):
        raise unsupported(f"this is a camera's raw file{f' ({make[:40]})' if make else ''}")


def _is_pillows(layout: Layout) -> bool:
    """Whether Pillow reads the picture correctly."""
    kind = layout.kind
    if layout.compression in BILEVEL:
        return True
    if kind.kind != "u" or kind.bits > 8:
        return False
    if layout.compression in {JPEG, OLD_JPEG} or layout.photometric in {PALETTE, YCBCR, LAB}:
        return layout.compression in PACKED | {JPEG, OLD_JPEG}
    usual = kind.bits in {1, 2, 4, 8} if layout.samples == 1 else kind.bits == 8
    return (
        usual
        and layout.compression in PACKED
        and not layout.planes_apart
        and layout.samples == layout.colours
    )


def _check_decodable(layout: Layout) -> None:
    kind = layout.kind
    if layout.compression in {JPEG, OLD_JPEG}:
        raise unsupported(f"this TIFF holds JPEG of {kind.bits} bits a sample")
    if layout.photometric in {PALETTE, YCBCR, LAB}:
        colours = {PALETTE: "a palette", YCBCR: "YCbCr colours", LAB: "Lab colours"}
        raise unsupported(f"this TIFF has {colours[layout.photometric]} of {kind.bits} bits")


def _load(file: partial[bytes], _: tuple[int, int] | None) -> Image.Image:
    # Closed by us, for the picture would hold the file's bytes as long as it lives.
    with io.BytesIO(file()) as opened, TiffImagePlugin.TiffImageFile(opened) as image:
        image.load()
        return image


def _alone(data: bytes, directory: Directory, layout: Layout) -> bytes:
    """The file with one directory, which has nothing but what decoding needs.

    Decoders then cannot trip over the rest, or be told of more pieces than there
    can be; all offsets stay as they are.
    """
    order = directory.order
    entries = []
    content = b""
    start = len(data) + len(data) % 2
    tags = [tag for tag in sorted(_PICTURE_TAGS) if tag in directory.values]
    behind = start + 2 + 12 * len(tags) + 4
    for tag in tags:
        values = directory.values[tag]
        if tag in _PIECE_TAGS:
            if values.size < layout.pieces:
                raise ValueError("too few pieces")
            values = values[: layout.pieces]
        elif values.size > _MOST_VALUES:
            raise ValueError("too many values")
        if values.dtype.itemsize == 8 and values.dtype.kind in "ui":
            values = np.minimum(values, 2**32 - 1).astype(f"{order}u4")
        encoded = values.tobytes()
        kind = _TYPES[values.dtype.str[1:]]
        place = encoded.ljust(4, b"\0")
        if len(encoded) > 4:
            place = struct.pack(f"{order}I", behind + len(content))
            content += encoded + bytes(len(encoded) % 2)
        entries.append(struct.pack(f"{order}HHI", tag, kind, values.size) + place)
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, start)
    count = struct.pack(f"{order}H", len(entries))
    # One copy of the file, not three.
    rest = memoryview(data)[8:]
    gap = bytes(start - len(data))
    return b"".join([head, rest, gap, count, *entries, bytes(4), content])
