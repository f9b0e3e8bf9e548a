"""Samples mean what the container says, whatever their depth, order and compression."""

import io
from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from services.imaging.decode import ImageLimits, decode
from tests.support import pictures
from tests.unit.imaging import tiffs

LIMITS = ImageLimits()
HEIGHT, WIDTH = 45, 61
ROWS, COLUMNS = np.mgrid[:HEIGHT, :WIDTH]
RGB = np.stack([COLUMNS * 4 % 256, ROWS * 5 % 256, (ROWS + COLUMNS) * 2 % 256], axis=-1)
RGB[0, 0], RGB[0, 1] = 0, 255
GREY = RGB[:, :, 0]
PACKINGS: dict[str, tuple[int, Callable[[bytes], bytes | bytearray]]] = {
    "none": (1, bytes),
    "lzw": (5, imagecodecs.lzw_encode),
    "deflate": (8, imagecodecs.zlib_encode),
}


def pixels(data: bytes) -> NDArray[Any]:
    return np.asarray(decode(data, LIMITS).image).astype(int)


def same(data: bytes, expected: NDArray[Any], *, within: float = 1) -> bool:
    wanted = expected if expected.ndim == 3 else np.repeat(expected[:, :, None], 3, axis=2)
    got = pixels(data)
    return got.shape == wanted.shape and bool(np.abs(got - wanted).max() <= within)


def tiff(samples: NDArray[Any], **options: Any) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, samples, **options)
    return out.getvalue()


def of_type(levels: NDArray[Any], dtype: str) -> NDArray[Any]:
    """Levels of 0 to 255 as parts of what a type of samples holds."""
    match dtype:
        case "f2" | "f4" | "f8":
            return (levels / 255).astype(dtype)
        case "i2":
            return np.rint(levels / 255 * 32767).astype(dtype)
        case "i4":
            return (levels * 257).astype(dtype)
    return (levels * (np.iinfo(dtype).max // 255)).astype(dtype)


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "f2", "f4", "f8", "i2", "i4"])
@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits", "lzma", "zstd"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_tiff_of_any_type_order_and_arrangement(
    dtype: str, compression: str | None, order: str
) -> None:
    big = order == ">"
    for tile in (None, (16, 32)):
        for predictor in (None, True) if compression in {"lzw", "zlib", "zstd"} else (None,):
            options: dict[str, Any] = {
                "byteorder": order,
                "compression": compression,
                "predictor": predictor,
            }
            options |= {"tile": tile, "bigtiff": big, "rowsperstrip": None if tile else 7}
            for photometric, sign in (("minisblack", 1), ("miniswhite", -1)):
                data = tiff(of_type(GREY, dtype), photometric=photometric, **options)
                assert same(data, GREY if sign > 0 else 255 - GREY), (options, photometric)
            planes = np.moveaxis(RGB, -1, 0)
            for samples, planar in ((RGB, "contig"), (planes, "separate")):
                stored = of_type(samples, dtype)
                data = tiff(stored, photometric="rgb", planarconfig=planar, **options)
                assert same(data, RGB), (options, planar)


@pytest.mark.parametrize("bits", [*range(1, 16), 20, 24, 31])
@pytest.mark.parametrize("packing", PACKINGS)
def test_packed_samples_of_any_depth(bits: int, packing: str) -> None:
    compression, encode = PACKINGS[packing]
    full = 2**bits - 1
    for photometric, levels in ((1, GREY), (0, 255 - GREY), (2, RGB)):
        samples = np.rint(levels / 255 * full).astype(np.uint64)
        wanted = samples / full * 255
        directory = tiffs.picture(
            WIDTH,
            HEIGHT,
            bytes(encode(tiffs.packed(samples, bits))),
            bits=bits,
            samples=3 if photometric == 2 else 1,
            photometric=photometric,
            compression=compression,
        )
        data = tiffs.tiff(directory, order="<" if bits != 24 else ">")
        assert same(data, 255 - wanted if photometric == 0 else wanted), (photometric, bits)


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "f4"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_further_samples_are_opacity_or_nothing(dtype: str, planar: str) -> None:
    opaque = np.where(COLUMNS < 30, 0, 255)
    on_white = np.where(COLUMNS[:, :, None] < 30, 255, RGB)
    multiplied = np.where(COLUMNS[:, :, None] < 30, 0, RGB)
    kinds = [("unassalpha", RGB, on_white), ("assocalpha", multiplied, on_white)]
    kinds.append(("unspecified", RGB, RGB))
    for kind, colours, wanted in kinds:
        samples = of_type(np.dstack([colours, opaque]), dtype)
        stored = samples if planar == "contig" else np.moveaxis(samples, -1, 0)
        data = tiff(stored, photometric="rgb", planarconfig=planar, extrasamples=[kind])
        assert same(data, wanted), kind
    grey = of_type(np.dstack([GREY, opaque]), dtype)
    stored = grey if planar == "contig" else np.moveaxis(grey, -1, 0)
    data = tiff(stored, photometric="minisblack", planarconfig=planar, extrasamples=["unassalpha"])
    assert same(data, np.where(COLUMNS < 30, 255, GREY))
    five = of_type(np.dstack([RGB, GREY, GREY]), dtype)
    stored = five if planar == "contig" else np.moveaxis(five, -1, 0)
    data = tiff(stored, photometric="rgb", planarconfig=planar, extrasamples=["unspecified"] * 2)
    assert same(data, RGB)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_inks_of_any_depth(dtype: str, planar: str) -> None:
    inks = Image.fromarray(RGB.astype(np.uint8)).convert("CMYK")
    samples = of_type(np.asarray(inks).astype(int), dtype)
    stored = samples if planar == "contig" else np.moveaxis(samples, -1, 0)
    data = tiff(stored, photometric="separated", planarconfig=planar)
    assert same(data, np.asarray(inks.convert("RGB")).astype(int))


@pytest.mark.parametrize("subsampling", [(1, 1), (2, 1), (2, 2)])
@pytest.mark.parametrize("packing", PACKINGS)
def test_chroma_at_a_lower_resolution(packing: str, subsampling: tuple[int, int]) -> None:
    colours = np.array([[(220, 30, 30), (30, 180, 30)], [(30, 30, 220), (230, 220, 40)]], np.uint8)
    rgb = colours.repeat(8, axis=0).repeat(16, axis=1)
    chroma = np.asarray(Image.fromarray(rgb).convert("YCbCr"))
    across, down = subsampling
    units = [
        chroma[row : row + down, column : column + across, 0].tobytes()
        + chroma[row, column, 1:].tobytes()
        for row in range(0, 16, down)
        for column in range(0, 32, across)
    ]
    compression, encode = PACKINGS[packing]
    strip = bytes(encode(b"".join(units)))
    directory = tiffs.picture(32, 16, strip, samples=3, photometric=6, compression=compression)
    tags = {**directory.tags, 530: (tiffs.SHORT, subsampling)}
    assert same(tiffs.tiff(tiffs.Directory(tags, strip)), rgb.astype(int), within=4)


@pytest.mark.parametrize("codec", ["png", "webp", "jpeg2000"])
def test_tiff_whose_pieces_are_small_pictures(codec: str) -> None:
    options = {"compressionargs": {"lossless": True}} if codec == "webp" else {}
    data = tiff(RGB.astype(np.uint8), photometric="rgb", compression=codec, **options)
    assert same(data, RGB, within=2)


def test_pieces_that_are_left_out_are_black() -> None:
    directory = tiffs.picture(8, 8, b"", bits=16)
    empty = {273: (tiffs.LONG, [0]), 279: (tiffs.LONG, [0])}
    data = tiffs.tiff(tiffs.Directory({**directory.tags, **empty}))
    assert (pixels(data) == 0).all()


def test_floats_of_a_range_of_their_own_are_stretched() -> None:
    samples = np.array([[-4.0, 0.0, 4.0, np.nan, np.inf]] * 4)
    data = tiff(samples, photometric="minisblack")
    assert pixels(data)[0, :, 0].tolist() == [0, 128, 255, 128, 128]
    assert pixels(tiff(samples, photometric="miniswhite"))[0, :3, 0].tolist() == [255, 127, 0]


def png16(colour_type: int, samples: NDArray[Any], chunks: bytes = b"") -> bytes:
    raw = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    height, width = samples.shape[:2]
    return pictures.png(width, height, bits=16, colour_type=colour_type, raw=raw, chunks=chunks)


@pytest.mark.parametrize("colours", [1, 3])
def test_a_key_of_16_bits_is_transparent(colours: int) -> None:
    samples = np.full((8, 8, colours), 40_000)
    samples[:, :4] = 513
    samples[:, 4:6] = 514
    key = pictures.chunk(b"tRNS", np.full(colours, 513, ">u2").tobytes())
    got = pixels(png16(0 if colours == 1 else 2, samples, key))
    assert got[0, [0, 4, 7], 0].tolist() == [255, 2, 156]


@pytest.mark.parametrize("colour_type", [0, 2, 6])
def test_samples_as_a_camera_has_them_are_told_by_their_significant_bits(colour_type: int) -> None:
    channels = {0: 1, 2: 3, 6: 4}[colour_type]
    sbit = pictures.chunk(b"sBIT", bytes([12] * channels))
    levels = np.linspace(0, 4095, 64).astype(int)[None, :, None]
    samples = np.repeat(np.repeat(levels, 8, axis=0), channels, axis=2)
    if channels == 4:
        samples[:, :, 3] = 65535
    wanted = np.repeat(levels / 4095 * 255, 8, axis=0).repeat(3, axis=2)
    assert same(png16(colour_type, samples, sbit), wanted)
    # Scaled up to 16 bits, as the specification has it, they mean a part of 16 bits.
    for filling in (0, samples >> 8):
        scaled = np.minimum(samples << 4 | filling, 65535)
        if channels == 4:
            scaled[:, :, 3] = 65535
        assert same(png16(colour_type, scaled, sbit), wanted)
        dark = scaled.copy()
        dark[:, :, : min(channels, 3)] = (scaled[:, :, : min(channels, 3)] >> 12) * 4096 >> 8
        assert pixels(png16(colour_type, dark, sbit)).max() <= 2


def test_16_bits_without_a_word_on_fewer_mean_16_bits() -> None:
    samples = np.full((8, 8, 1), 2048)
    assert (pixels(png16(0, samples)) == 8).all()


def bmp32(alpha: int) -> bytes:
    """Orange pixels under a header that names a mask of alpha (BITMAPV4HEADER)."""
    masks = b"".join(value.to_bytes(4, "little") for value in (0xFF0000, 0xFF00, 0xFF, 0xFF << 24))
    header = (108).to_bytes(4, "little") + (4).to_bytes(4, "little") * 2 + b"\1\0\x20\0"
    header += (3).to_bytes(4, "little") + bytes(20) + masks
    header = header.ljust(108, b"\0")
    body = bytes([0, 90, 200, alpha]) * 16
    start = 14 + len(header)
    size = (start + len(body)).to_bytes(4, "little")
    return b"BM" + size + bytes(4) + start.to_bytes(4, "little") + header + body


def test_an_alpha_of_nothing_but_zeros_is_none_in_a_bmp() -> None:
    assert (pixels(bmp32(0)) == (200, 90, 0)).all()
    assert (pixels(bmp32(255)) == (200, 90, 0)).all()
    assert (pixels(bmp32(51)) == (244, 222, 204)).all()
