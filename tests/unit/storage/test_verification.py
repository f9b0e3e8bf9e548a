"""Bytes against their declaration."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from services.imaging.decode import ImageLimits
from services.imaging.errors import ImageEmpty, ImageTooLarge
from services.runtime.errors import InvalidInput
from services.storage.errors import SizeMismatch
from services.storage.verification import check_size, verify
from tests.support.pictures import chelsea, encoded
from tests.unit.storage.images import image

LIMITS = ImageLimits(max_bytes=2**20, max_pixels=1_000_000, min_side=8)
DECLARED = image(size_bytes=100)


def test_finds_out_what_a_picture_is() -> None:
    content = encoded(chelsea())

    found = verify(content, replace(DECLARED, sha256=hashlib.sha256(content).hexdigest()), LIMITS)

    assert (found.width, found.height, found.format) == (451, 300, "png")
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert len(found.phash) == 16
    thumbnail = Pillow.open(BytesIO(found.thumbnail))
    assert (thumbnail.format, thumbnail.size) == ("WEBP", (256, 170))


def _sixteen_bit() -> bytes:
    grey = np.asarray(chelsea().convert("L"), dtype=np.uint16) * 257
    return encoded(Pillow.fromarray(grey))


def _turned() -> bytes:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    return encoded(chelsea(), "JPEG", exif=exif)


@pytest.mark.parametrize(
    ("make", "content_type", "size"),
    [
        (lambda: encoded(chelsea().convert("CMYK"), "JPEG"), "image/jpeg", (451, 300)),
        (_sixteen_bit, "image/png", (451, 300)),
        (_turned, "image/jpeg", (300, 451)),
        (lambda: encoded(chelsea(), "GIF"), "image/gif", (451, 300)),
        (lambda: encoded(chelsea(), "WEBP"), "image/webp", (451, 300)),
        (lambda: encoded(chelsea(), "TIFF"), "image/tiff", (451, 300)),
        (lambda: encoded(chelsea(), "BMP"), "image/bmp", (451, 300)),
        (lambda: encoded(chelsea(), "AVIF", speed=10), "image/avif", (451, 300)),
    ],
)
def test_unusual_pictures_are_taken(
    make: Callable[[], bytes], content_type: str, size: tuple[int, int]
) -> None:
    found = verify(make(), replace(DECLARED, content_type=content_type), LIMITS)

    assert (found.width, found.height) == size
    assert content_type == f"image/{found.format}"


def _raw() -> bytes:
    return encoded(chelsea(), "TIFF", tiffinfo={50706: b"\1\4\0\0"})


@pytest.mark.parametrize(
    ("make", "declared", "reason"),
    [
        (lambda: b"no picture", {}, "IMAGE_UNREADABLE"),
        (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", {}, "IMAGE_UNSUPPORTED"),
        (lambda: encoded(chelsea())[:40_000], {}, "IMAGE_UNREADABLE"),
        (lambda: encoded(chelsea(), "GIF"), {}, "CONTENT_TYPE_MISMATCH"),
        (_raw, {"content_type": "image/tiff"}, "IMAGE_UNSUPPORTED"),
        (lambda: encoded(Pillow.new("RGB", (1, 1))), {}, "IMAGE_TOO_SMALL"),
        (lambda: encoded(Pillow.new("RGB", (7, 900))), {}, "IMAGE_TOO_SMALL"),
        (lambda: encoded(Pillow.new("1", (20_000, 20_000))), {}, "TOO_MANY_PIXELS"),
        (lambda: encoded(chelsea()), {"sha256": "0" * 64}, "SHA256_MISMATCH"),
    ],
)
def test_wrong_bytes_get_their_reason(
    make: Callable[[], bytes], declared: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        verify(make(), replace(DECLARED, **declared), LIMITS)

    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("size", "error"), [(0, ImageEmpty), (2**20 + 1, ImageTooLarge), (99, SizeMismatch)]
)
def test_sizes_are_checked_before_reading(size: int, error: type[InvalidInput]) -> None:
    check_size(100, DECLARED, LIMITS)
    with pytest.raises(error):
        check_size(size, DECLARED, LIMITS)
