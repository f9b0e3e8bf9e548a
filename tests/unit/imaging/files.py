"""Encoded images, good and broken, made for tests."""

import io
import struct
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import skimage
from PIL import Image

SAMPLES = Path(skimage.__file__).parent / "data"


def sample(name: str) -> bytes:
    """A picture that ships with scikit-image, as the file it is."""
    return (SAMPLES / name).read_bytes()


def picture(width: int = 96, height: int = 64) -> Image.Image:
    """Chelsea the cat at a given size."""
    return Image.open(SAMPLES / "chelsea.png").convert("RGB").resize((width, height))


def encode(image: Image.Image, format_: str, **options: Any) -> bytes:
    """The bytes of a picture in a format."""
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def exif(orientation: int) -> Image.Exif:
    """EXIF data with an orientation."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    checked = name + body
    return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))


def png(
    width: int, height: int, *, bits: int, colour_type: int, raw: bytes, chunks: bytes = b""
) -> bytes:
    """A PNG of given header, further chunks and raw scan lines, however little they fit."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunks
        + chunk(b"IDAT", zlib.compress(raw, 9))
        + chunk(b"IEND", b"")
    )


def png16_rgb(samples: np.ndarray[Any, np.dtype[np.uint16]], chunks: bytes = b"") -> bytes:
    """A 16-bit RGB PNG of samples [height, width, 3]."""
    height, width, _ = samples.shape
    raw = b"".join(b"\x00" + row.astype(">u2").tobytes() for row in samples)
    return png(width, height, bits=16, colour_type=2, raw=raw, chunks=chunks)


@cache
def zip_bomb() -> bytes:
    """A PNG of a few hundred kB that would be 1.2 GB of pixels."""
    return png(20_000, 20_000, bits=8, colour_type=2, raw=bytes(100_000_000))


def animated_gif() -> bytes:
    """Two frames: a cat, then black."""
    frames = [picture(), Image.new("RGB", (96, 64))]
    return encode(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=40)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9"/></svg>'
