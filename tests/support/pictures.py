"""Encoded pictures to test with: photographs from packages, drawings, and files that are broken."""

import io
import struct
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import skimage
from PIL import Image

from mesh.client.samples import sample_photographs
from services.imaging.formats import ImageFormat

SAMPLES = Path(skimage.__file__).parent / "data"
PHOTOGRAPHS = {path.stem: path for path in sample_photographs()}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9"/></svg>'


def photograph(name: str) -> bytes:
    """The bytes of a sample photograph, such as `chelsea`."""
    return PHOTOGRAPHS[name].read_bytes()


def sample(name: str) -> bytes:
    """A picture that ships with scikit-image, as the file it is, such as `chelsea.png`."""
    return (SAMPLES / name).read_bytes()


def picture(width: int = 96, height: int = 64) -> Image.Image:
    """Chelsea the cat at a given size."""
    return chelsea().resize((width, height))


def chelsea() -> Image.Image:
    """Chelsea the cat, 451 × 300."""
    return Image.open(SAMPLES / "chelsea.png").convert("RGB")


def drawing(seed: int, size: tuple[int, int] = (96, 64)) -> Image.Image:
    """A picture that no other seed gives: smooth random colours."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


HEIC = Path(__file__).parents[1] / "fixtures" / "heic"


def heic(orientation: int = 1) -> bytes:
    """Chelsea at 96 × 64 in HEIC, stored turned and turned back by the file (`irot`, `imir`).

    No library that Argus may have writes it; `tests/fixtures/README.md` says how they were made.
    """
    return (HEIC / f"turned-{orientation}.heic").read_bytes()


def in_format(format_: ImageFormat, **options: Any) -> bytes:
    """Chelsea at 96 × 64 in a format."""
    return heic() if format_ is ImageFormat.HEIC else encoded(picture(), format_, **options)


def encoded(image: Image.Image, format_: str = "PNG", **options: Any) -> bytes:
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


def png_claiming(width: int, height: int) -> bytes:
    """A PNG that says it is that large; its data, all black, is small enough to send."""
    raw = bytes((1 + (width + 7) // 8) * height)
    return png(width, height, bits=1, colour_type=0, raw=raw)


def png_with_bomb() -> bytes:
    """A small PNG whose compressed text chunk unpacks to 64 MiB."""
    plain = encoded(drawing(1))
    text = chunk(b"zTXt", b"comment\x00\x00" + zlib.compress(b"\x00" * 2**26, 9))
    return plain[:33] + text + plain[33:]


@cache
def zip_bomb() -> bytes:
    """A PNG of a few hundred kB that would be 1.2 GB of pixels."""
    return png(20_000, 20_000, bits=8, colour_type=2, raw=bytes(100_000_000))


def sixteen_bit_png() -> bytes:
    """A 16-bit grey gradient."""
    values = np.linspace(0, 65535, 96 * 64).reshape(64, 96).astype(np.uint16)
    return encoded(Image.fromarray(values))


def rotated_jpeg() -> bytes:
    """96 × 64 samples that EXIF says to show as 64 × 96."""
    return encoded(drawing(2), "JPEG", exif=exif(6))


def animated_gif() -> bytes:
    """Two frames: a cat, then black."""
    frames = [picture(), Image.new("RGB", (96, 64))]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=40)
