"""Pictures to test with: photographs from packages, and drawings of every awkward kind."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

from mesh.client.samples import sample_photographs

PHOTOGRAPHS = {path.stem: path for path in sample_photographs()}


def photograph(name: str) -> bytes:
    """The bytes of a sample photograph, such as `chelsea`."""
    return PHOTOGRAPHS[name].read_bytes()


def drawing(seed: int, size: tuple[int, int] = (96, 64)) -> Image.Image:
    """A picture that no other seed gives: smooth random colours."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, format_: str, **options: object) -> bytes:
    """An image's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG that says it is that large; its data, all black, is small enough to send."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    row = b"\x00" * (1 + (width + 7) // 8)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    )


def png_with_bomb() -> bytes:
    """A small PNG whose compressed text chunk unpacks to 64 MiB."""
    text = b"zTXt", b"comment\x00\x00" + zlib.compress(b"\x00" * 2**26, 9)
    plain = encoded(drawing(1), "PNG")
    kind, body = text
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return plain[:33] + chunk + plain[33:]


def sixteen_bit_png() -> bytes:
    """A 16-bit grey gradient."""
    values = np.linspace(0, 65535, 96 * 64).reshape(64, 96).astype(np.uint16)
    return encoded(Image.fromarray(values), "PNG")


def rotated_jpeg() -> bytes:
    """96 × 64 samples that EXIF says to show as 64 × 96."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(drawing(2), "JPEG", exif=exif)
