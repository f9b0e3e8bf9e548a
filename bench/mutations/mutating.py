"""Real images with damage, each told by a number: the same number is the same bytes."""

import random
import struct
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from tests.support import captures, pictures

_SIZE = (160, 120)
_EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


@cache
def originals() -> Mapping[str, bytes]:
    """Whole images by name, of every format and of its kinds, with EXIF and XMP where they go."""
    picture = pictures.chelsea().resize(_SIZE)
    grey = picture.convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    alpha = picture.copy()
    alpha.putalpha(120)
    exif = captures.exif(captures.CANON, captures.GPS).tobytes()
    told = {"exif": exif, "xmp": captures.xmp("a title", "text", ("one", "two"), "3")}

    def pages() -> dict[str, Any]:
        return {"save_all": True, "append_images": [picture.rotate(90), grey.convert("RGB")]}

    def one(image: Image.Image, format_: str, **options: Any) -> bytes:  # noqa: ANN401 - any of Pillow
        # Saving leaves settings of one format in the image.
        return pictures.encoded(image.copy(), format_, **options)

    return {
        "jpeg": one(picture, "JPEG", **told),
        "jpeg progressive": one(picture, "JPEG", progressive=True, **told),
        "jpeg cmyk": one(picture.convert("CMYK"), "JPEG"),
        "mpo": one(picture, "MPO", **pages()),
        "png": one(picture, "PNG", exif=exif),
        "png 16 bit": one(deep, "PNG"),
        "png palette": one(picture.quantize(), "PNG", transparency=3),
        "apng": one(picture, "PNG", **pages()),
        "webp": one(picture, "WEBP", **told),
        "webp lossless": one(alpha, "WEBP", lossless=True),
        "webp animated": one(picture, "WEBP", **pages()),
        "gif": one(picture, "GIF", **pages()),
        "bmp": one(picture, "BMP"),
        "tiff": one(picture, "TIFF", exif=exif),
        "tiff pages": one(picture, "TIFF", **pages()),
        "tiff lzw": one(picture, "TIFF", compression="tiff_lzw"),
        "tiff deflate": one(deep, "TIFF", compression="tiff_adobe_deflate"),
        "tiff jpeg": one(picture, "TIFF", compression="jpeg"),
        "tiff cmyk": one(picture.convert("CMYK"), "TIFF", compression="packbits"),
        "avif": one(picture, "AVIF", speed=10, **told),
        "avif alpha": one(alpha, "AVIF", speed=10),
        "heic": pictures.heic(6),
    }


def mutated(number: int, seed: int = 1) -> tuple[str, bytes]:
    """The name of an original, and its bytes with one to four pieces of damage."""
    chance = random.Random(f"{seed}:{number}")
    names = sorted(originals())
    name = names[number % len(names)]
    data = bytearray(originals()[name])
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        chance.choice(_DAMAGES)(data, chance)
    return name, bytes(data)


def _place(data: bytearray, chance: random.Random) -> int:
    """Anywhere, and half of the time near the beginning, where the headers are."""
    most = len(data) if chance.random() < 0.5 else min(len(data), 512)
    return chance.randrange(max(1, most))


def _bits(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 2, 8, 64)) if data else 0):
        data[_place(data, chance)] ^= 1 << chance.randrange(8)


def _run(data: bytearray, chance: random.Random) -> None:
    at, length = _place(data, chance), chance.choice((1, 4, 16, 256))
    fill = chance.choice((b"\0", b"\xff", None))
    run = chance.randbytes(length) if fill is None else fill * length
    data[at : at + length] = run[: max(0, len(data) - at)]


def _number(data: bytearray, chance: random.Random) -> None:
    at, value = _place(data, chance), chance.choice(_EXTREMES)
    kind = chance.choice((">I", "<I", ">H", "<H"))
    packed = struct.pack(kind, value & (0xFFFF if kind[1] == "H" else 0xFFFFFFFF))
    data[at : at + len(packed)] = packed


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[_place(data, chance) :]


def _lose(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    del data[at : at + chance.choice((1, 2, 12, 100, 1000))]


def _insert(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    data[at:at] = chance.randbytes(chance.choice((1, 3, 64, 4096)))


def _repeat(data: bytearray, chance: random.Random) -> None:
    start = _place(data, chance)
    piece = data[start : start + chance.choice((8, 64, 1024))]
    at = _place(data, chance)
    data[at:at] = piece * chance.choice((1, 2, 50))


def _splice(data: bytearray, chance: random.Random) -> None:
    other = originals()[chance.choice(sorted(originals()))]
    start = chance.randrange(len(other))
    data[_place(data, chance) :] = other[start:]


_DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _bits, _bits, _run, _number, _number, _cut, _lose, _insert, _repeat, _splice,
)  # fmt: skip
