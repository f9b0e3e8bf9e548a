"""TIFF files whose pixels lie in them as they are."""

import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image

from services.imaging import tiff
from services.imaging.decode import ImageLimits, decode
from services.imaging.errors import ImageUnreadable
from services.imaging.tiff_layout import STRIP_OFFSETS, layout_of
from services.imaging.tiff_plain import is_plain
from tests.unit.imaging import tiffs

LIMITS = ImageLimits()


def noise(mode: str, width: int, height: int) -> Image.Image:
    shape = (height, width) if mode == "L" else (height, width, 3)
    return Image.fromarray(np.random.default_rng(5).integers(0, 256, shape, np.uint8))


def saved(image: Image.Image, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, "TIFF", **options)
    return out.getvalue()


def plain(data: bytes) -> bool:
    directory = tiff.picture_in(data)
    return is_plain(data, directory, layout_of(directory))


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("strip", [1, 2**16, 2**24], ids=["rows", "strips", "one"])
def test_pixels_are_those_of_the_file(mode: str, strip: int) -> None:
    image = noise(mode, 1301, 997)
    data = saved(image, strip_size=strip)
    assert plain(data)
    decoded = decode(data, LIMITS)
    assert decoded.image.tobytes() == image.convert("RGB").tobytes()


@pytest.mark.parametrize("further", [{"photometric": 0}, {"t266": 2}, {"compression": 32773}])
def test_what_has_to_be_decoded_is_left_to_decoders(further: dict[str, Any]) -> None:
    assert plain(tiffs.tiff(tiffs.picture(96, 64, bytes(96 * 64))))
    assert not plain(tiffs.tiff(tiffs.picture(96, 64, bytes(96 * 64), **further)))


def test_what_a_short_strip_means_is_left_to_decoders() -> None:
    assert not plain(tiffs.tiff(tiffs.picture(96, 64, bytes(96 * 64 - 1))))


def test_a_strip_beyond_the_end_is_no_picture() -> None:
    data = saved(noise("RGB", 96, 64))
    at = tiff.picture_in(data).number(STRIP_OFFSETS, 0)
    moved = data.replace(struct.pack("<I", at), struct.pack("<I", len(data) - 10))
    assert not plain(moved)
    with pytest.raises(ImageUnreadable):
        decode(moved, LIMITS)
