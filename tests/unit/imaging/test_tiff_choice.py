"""Which picture in a TIFF file is meant, and what is refused by name."""

from typing import Any

import numpy as np
import pytest

from services.imaging.decode import ImageLimits, decode
from services.imaging.errors import ImageUnreadable, ImageUnsupported
from tests.support import pictures
from tests.unit.imaging import tiffs

LIMITS = ImageLimits()
FULL = bytes([200]) * 96 * 64
SMALL = bytes([50]) * 24 * 16
CFA, LINEAR_RAW = 32803, 34892


def full(**further: Any) -> tiffs.Directory:
    return tiffs.picture(96, 64, FULL, **further)


def small(**further: Any) -> tiffs.Directory:
    return tiffs.picture(24, 16, SMALL, **further)


@pytest.mark.parametrize(
    "directories",
    [
        [full(), small(t254=1)],
        [small(t254=1), full()],
        [small(t254=1), small(t254=4), full(t254=0)],
        [small(t254=5), full(t254=2)],
        [small(t255=2), full(t255=1)],
        [tiffs.picture(24, 16, SMALL, t254=1, below=[small(t254=1), full()])],
        [full(), small()],
    ],
    ids=["first", "second", "third", "mask", "old", "below", "pages"],
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_the_picture_is_the_first_that_is_no_thumbnail_and_no_mask(
    directories: list[tiffs.Directory], order: str
) -> None:
    data = tiffs.tiff(*directories, order="<" if order == "<" else ">")
    decoded = decode(data, LIMITS)
    assert (decoded.width, decoded.height) == (96, 64)
    assert (np.asarray(decoded.image) == 200).all()


def test_of_nothing_but_thumbnails_the_first_is_taken() -> None:
    assert decode(tiffs.tiff(small(t254=1), full(t254=1)), LIMITS).width == 24


def test_directories_in_a_circle_end() -> None:
    data = bytearray(tiffs.tiff(small(t254=1)))
    start = int.from_bytes(data[4:8], "little")
    data[-4:] = start.to_bytes(4, "little")
    assert decode(bytes(data), LIMITS).width == 24


@pytest.mark.parametrize(
    ("directories", "name"),
    [
        ([tiffs.picture(24, 16, SMALL, t254=1, t50706=1, below=[full()])], "DNG"),
        ([full(t50706=1)], "DNG"),
        ([tiffs.picture(24, 16, SMALL, t254=1, below=[full(photometric=CFA)])], "raw"),
        ([small(t254=1), full(photometric=CFA)], "raw"),
        ([full(photometric=LINEAR_RAW)], "raw"),
        ([full(photometric=CFA, compression=34713)], "raw"),
    ],
)
def test_raw_files_of_cameras_are_refused_by_name(
    directories: list[tiffs.Directory], name: str
) -> None:
    with pytest.raises(ImageUnsupported, match=f"camera's raw file.*{name}|{name} file"):
        decode(tiffs.tiff(*directories), LIMITS)


def test_raw_files_of_canon_are_refused_by_name() -> None:
    data = bytearray(tiffs.tiff(full()))
    data[8:12] = b"CR\2\0"
    with pytest.raises(ImageUnsupported, match="CR2"):
        decode(bytes(data), LIMITS)


@pytest.mark.parametrize(
    ("directory", "name"),
    [
        (full(compression=50002), "JPEG XL"),
        (full(compression=34887), "LERC"),
        (full(compression=34934), "JPEG XR"),
        (full(compression=34661), "JBIG"),
        (full(compression=33003), "JPEG 2000"),
        (full(compression=1234), "method 1234"),
        (full(compression=7, bits=12), "JPEG of 12 bits"),
        (full(photometric=32845), "LogLuv"),
        (full(photometric=3, bits=16), "palette of 16 bits"),
        (full(t339=5, bits=32), "complex"),
        (full(t339=3, bits=8), "8 bits"),
        (full(t32997=4), "volume"),
    ],
)
def test_what_is_not_decoded_is_said_as_such(directory: tiffs.Directory, name: str) -> None:
    with pytest.raises(ImageUnsupported, match=name) as raised:
        decode(tiffs.tiff(directory), LIMITS)
    assert raised.value.reason == "IMAGE_UNSUPPORTED"
    assert "convert it" in raised.value.message


def test_samples_of_different_depths_are_refused_by_name() -> None:
    directory = tiffs.picture(96, 64, FULL * 3, samples=3, photometric=2)
    tags = {**directory.tags, 258: (tiffs.SHORT, [5, 6, 5])}
    with pytest.raises(ImageUnsupported, match="different depths"):
        decode(tiffs.tiff(tiffs.Directory(tags, FULL * 3)), LIMITS)


@pytest.mark.parametrize(
    ("marker", "precision", "name"),
    [(0xC1, 12, "12 bits"), (0xC0, 12, "12 bits"), (0xC3, 8, "lossless"), (0xC7, 8, "hierarchical"),
     (0xF7, 8, "JPEG-LS")],
)  # fmt: skip
def test_unusual_jpeg_is_said_as_such(marker: int, precision: int, name: str) -> None:
    data = pictures.encoded(pictures.picture(), "JPEG")
    at = data.index(b"\xff\xc0")
    changed = data[: at + 1] + bytes([marker]) + data[at + 2 : at + 4]
    changed += bytes([precision]) + data[at + 5 :]
    with pytest.raises(ImageUnsupported, match=name):
        decode(changed, LIMITS)


def test_png_of_apples_own_kind_is_said_as_such() -> None:
    data = pictures.encoded(pictures.picture(), "PNG")
    with pytest.raises(ImageUnsupported, match="CgBI"):
        decode(data[:8] + pictures.chunk(b"CgBI", bytes(4)) + data[8:], LIMITS)


@pytest.mark.parametrize(("at", "value"), [(28, 64), (30, 4), (30, 5)])
def test_unusual_bmp_is_said_as_such(at: int, value: int) -> None:
    data = bytearray(pictures.encoded(pictures.picture(), "BMP"))
    data[at] = value
    with pytest.raises(ImageUnsupported, match="BMP"):
        decode(bytes(data), LIMITS)


@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("compression", [1, 5, 8])
def test_cut_off_pixels_are_damage(bits: int, compression: int) -> None:
    directory = tiffs.picture(96, 64, FULL[:1000], bits=bits, compression=compression)
    with pytest.raises(ImageUnreadable):
        decode(tiffs.tiff(directory), LIMITS)
