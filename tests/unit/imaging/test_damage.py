"""Damage beside the pixels: the picture is taken as any viewer shows it."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from services.imaging.decode import ImageLimits, decode
from services.imaging.errors import ImageUnreadable
from tests.support import pictures

LIMITS = ImageLimits()
NOISE = bytes(np.random.default_rng(0).integers(0, 256, 300, np.uint8))
SOUND_EXIF = b"Exif\0\0" + pictures.exif(6).tobytes().removeprefix(b"Exif\0\0")


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(decode(data, LIMITS).image).astype(int)


def png(mode: str = "RGB") -> bytes:
    """A PNG of header, palette, transparency, pixels and end alone."""
    image = pictures.picture().convert(mode)
    if mode == "RGBA":
        image.putalpha(100)
    return pictures.encoded(image, "PNG", icc_profile=None)


def places(data: bytes) -> tuple[int, int]:
    """Where further chunks of a PNG may stand: before its pixels, and behind them."""
    return data.index(b"IDAT") - 4, len(data) - 12


ANCILLARY = [b"tEXt", b"zTXt", b"iTXt", b"gAMA", b"pHYs", b"cHRM", b"sRGB", b"eXIf", b"iCCP"]
ANCILLARY += [b"sBIT", b"bKGD", b"hIST", b"tIME", b"sPLT", b"acTL", b"fcTL", b"fdAT", b"prVt"]


@pytest.mark.parametrize("name", ANCILLARY)
def test_what_is_wrong_with_a_chunk_beside_the_pixels_of_a_png_does_not_matter(
    name: bytes,
) -> None:
    for mode in ("RGB", "P", "RGBA", "L"):
        data = png(mode)
        expected = pixels(data)
        for at in places(data):
            for body in (b"", b"\0", NOISE[:3], NOISE[:9], NOISE):
                sound = pictures.chunk(name, body)
                wrong = sound[:-1] + bytes([sound[-1] ^ 1])
                for chunk in (sound, wrong):
                    assert np.array_equal(pixels(data[:at] + chunk + data[at:]), expected)


@pytest.mark.parametrize("length", [0, 1, 19, 21, 100, 2**20, 2**31 - 1, 2**32 - 1])
@pytest.mark.parametrize("name", [b"tEXt", b"gAMA", b"tRNS"])
def test_a_wrong_length_of_a_chunk_beside_the_pixels_does_not_hide_them(
    name: bytes, length: int
) -> None:
    for mode in ("RGB", "P"):
        data = png(mode)
        for at in places(data):
            chunk = struct.pack(">I", length) + pictures.chunk(name, NOISE[:20])[4:]
            assert np.array_equal(pixels(data[:at] + chunk + data[at:]), pixels(data))


def test_a_transparent_key_with_a_wrong_check_sum_or_length_is_no_key() -> None:
    image = Image.new("RGB", (8, 8), (1, 2, 3))
    data = pictures.encoded(image, "PNG")
    at = places(data)[0]
    key = pictures.chunk(b"tRNS", bytes([0, 1, 0, 2, 0, 3]))
    assert (pixels(data[:at] + key + data[at:]) == 255).all()
    for wrong in (key[:-1] + b"\0", pictures.chunk(b"tRNS", bytes([0, 1, 0, 2, 0])), key[:8]):
        assert (pixels(data[:at] + wrong + data[at:]) == (1, 2, 3)).all()


@pytest.mark.parametrize("size", [2 * 2**20, 100 * 2**20])
def test_text_and_profiles_may_inflate_to_more_than_a_viewer_reads(size: int) -> None:
    data = png()
    at = places(data)[0]
    body = zlib.compress(bytes(size), 9)
    texts = [
        pictures.chunk(b"zTXt", b"workflow\0\0" + body),
        pictures.chunk(b"iTXt", b"workflow\0\1\0\0\0" + body),
        pictures.chunk(b"iCCP", b"x\0\0" + body),
    ]
    for text in texts:
        assert np.array_equal(pixels(data[:at] + text + data[at:]), pixels(data))
        behind = places(data)[1]
        assert np.array_equal(pixels(data[:behind] + text + data[behind:]), pixels(data))


def test_what_follows_the_pixels_of_a_png_may_be_cut_off() -> None:
    data = png()
    for ending in (b"", data[-12:-5], data[-12:-1] + b"x", pictures.chunk(b"tEXt", NOISE)[:50]):
        assert np.array_equal(pixels(data[:-12] + ending), pixels(data))


@pytest.mark.parametrize("mode", ["RGB", "P"])
def test_damaged_pixels_of_a_png_are_damage(mode: str) -> None:
    data = png(mode)
    for cut in (13, 16, 20, 500):
        with pytest.raises(ImageUnreadable):
            decode(data[:-cut], LIMITS)
    with pytest.raises(ImageUnreadable):
        decode(data[:-30] + bytes([data[-30] ^ 1]) + data[-29:], LIMITS)


def test_a_second_header_does_not_change_the_size() -> None:
    data = png()
    header = pictures.chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    at = places(data)[0]
    assert np.array_equal(pixels(data[:at] + header + data[at:]), pixels(data))


def damaged_exif() -> list[bytes]:
    whole = SOUND_EXIF
    return [b"", b"x", NOISE[:40], b"Exif\0\0", b"Exif\0\0" + NOISE, b"Exif\0\0II*\0", whole[:12],
            whole[:18], b"Exif\0\0II*\0\xff\xff\xff\xff", b"This is no EXIF",
            b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + NOISE]  # fmt: skip


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_exif_that_cannot_be_read_says_nothing(format_: str) -> None:
    expected = pixels(pictures.encoded(pictures.picture(), format_))
    for exif in damaged_exif():
        # Encoders would not write it.
        sound = b"MM\0*\0\0\0\x08\0\0\0\0\0\0".ljust(max(14, len(exif)), b"\0")
        data = pictures.encoded(pictures.picture(), format_, exif=sound)
        start = data.index(sound)
        marked = data[start - 6 : start] == b"Exif\0\0"
        damaged = exif.removeprefix(b"Exif\0\0") if marked else exif
        body = damaged.ljust(len(sound), b"\xee")
        data = data[:start] + body + data[start + len(sound) :]
        if format_ == "PNG":
            at = places(png())[1]
            data = png()[:at] + pictures.chunk(b"eXIf", exif) + png()[at:]
        assert np.array_equal(pixels(data), expected), exif


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_sound_exif_turns_the_picture_wherever_it_stands(format_: str) -> None:
    decoded = decode(pictures.encoded(pictures.picture(), format_, exif=pictures.exif(6)), LIMITS)
    assert (decoded.width, decoded.height) == decoded.image.size == (64, 96)


def test_sound_exif_behind_the_pixels_of_a_png_turns_the_picture() -> None:
    data = png()
    at = places(data)[1]
    exif = pictures.chunk(b"eXIf", SOUND_EXIF.removeprefix(b"Exif\0\0"))
    assert decode(data[:at] + exif + data[at:], LIMITS).image.size == (64, 96)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_the_orientation_that_only_xmp_states_is_not_applied_as_browsers_do_not(
    format_: str,
) -> None:
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
    )
    if format_ == "PNG":
        text = pictures.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)
        data = png()[:33] + text + png()[33:]
    elif format_ == "TIFF":
        data = pictures.encoded(pictures.picture(), format_, tiffinfo={700: xmp})
    else:
        data = pictures.encoded(pictures.picture(), format_, xmp=xmp)
    assert decode(data, LIMITS).image.size == (96, 64)


def segment(marker: int, body: bytes, length: int | None = None) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2 if length is None else length) + body


HEADS = [b"", b"JFIF\0", b"JFXX\0", b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0",
         b"ICC_PROFILE\0", b"ICC_PROFILE\0\1\2", b"MPF\0II*\0\x08\0\0\0", b"FPXR\0",
         b"Photoshop 3.0\0008BIM\x03\xed\0\0", b"Adobe"]  # fmt: skip


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("marker", [*range(0xE0, 0xF0), 0xFE])
def test_segments_beside_the_pixels_of_a_jpeg_may_hold_anything(
    marker: int, progressive: bool
) -> None:
    data = pictures.encoded(pictures.picture(), "JPEG", progressive=progressive)
    expected = pixels(data)
    for head in HEADS:
        # A whole Adobe segment says what the colours are.
        lengths = (0, 1, 3) if head == b"Adobe" else (0, 1, 3, 17, 100)
        for length in lengths:
            body = segment(marker, head + NOISE[:length])
            assert np.array_equal(pixels(data[:2] + body + data[2:]), expected)


@pytest.mark.parametrize("length", [0, 1, 2, 5, 20, 40, 2000, 65535])
def test_a_wrong_length_of_a_segment_of_a_jpeg_does_not_hide_its_pixels(length: int) -> None:
    data = pictures.encoded(pictures.picture(), "JPEG")
    wrong = segment(0xE1, b"Exif\0\0" + bytes(20), length)
    assert np.array_equal(pixels(data[:2] + wrong + data[2:]), pixels(data))


KINDS = [{}, {"progressive": True}, {"restart_marker_blocks": 2},
         {"progressive": True, "quality": 95, "subsampling": 0}]  # fmt: skip


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_jpeg_may_lack_its_end_marker_and_nothing_else(mode: str, kind: dict[str, int]) -> None:
    data = pictures.encoded(pictures.picture().convert(mode), "JPEG", **kind)
    for ending in (b"", b"\0\0", b"\0", b"\xff", bytes(100), b"\r\n", b"\xff\xd9" + NOISE):
        assert np.array_equal(pixels(data[:-2] + ending), pixels(data))
        small = decode(data[:-2] + ending, LIMITS, short_side=16).image
        assert min(small.size) == 16
    for cut in (20, 30, 60, 200, 700):
        for ending in (b"", b"\0\0"):
            with pytest.raises(ImageUnreadable):
                decode(data[:-cut] + ending, LIMITS)


def test_a_progressive_jpeg_that_ends_before_its_last_scan_is_cut_off() -> None:
    data = pictures.encoded(pictures.picture(), "JPEG", progressive=True)
    with pytest.raises(ImageUnreadable):
        decode(data[: data.rindex(b"\xff\xda")], LIMITS)


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_what_is_wrong_behind_the_pixels_of_a_webp_does_not_matter(
    mode: str, lossless: bool
) -> None:
    image = pictures.picture().convert(mode)
    if mode == "RGBA":
        image.putalpha(100)
    expected = pixels(pictures.encoded(image, "WEBP", lossless=lossless))
    data = pictures.encoded(
        image, "WEBP", lossless=lossless, exif=NOISE[:41], xmp=b"<x/>", icc_profile=NOISE
    )
    at = data.index(b"EXIF")
    for damaged in (
        data,
        data[: at + 20],
        data[: at + 6],
        data[:at],
        data[: at + 4] + b"\xff\xff\xff\x7f" + data[at + 8 :],
        data[:4] + b"\x07\0\0\0" + data[8:],
        data[:4] + b"\0\0\0\x70" + data[8:],
        data + NOISE,
    ):
        assert np.array_equal(pixels(damaged), expected)


def test_damaged_tags_beside_the_pixels_of_a_tiff_do_not_matter() -> None:
    image = pictures.picture()
    out = io.BytesIO()
    tags = {271: "a maker", 305: "a program", 700: b"<x/>", 33723: NOISE, 34665: {36867: "2024"}}
    image.save(out, "TIFF", tiffinfo=tags, icc_profile=NOISE)
    data = bytearray(out.getvalue())
    (start,) = struct.unpack("<I", data[4:8])
    (count,) = struct.unpack("<H", data[start : start + 2])
    metadata = {271, 305, 700, 33723, 34665, 34675}
    for index in range(count):
        at = start + 2 + 12 * index
        (tag,) = struct.unpack("<H", data[at : at + 2])
        if tag in metadata:
            struct.pack_into("<HHII", data, at, tag, 4, 2**30, 2**32 - 8)
            metadata.discard(tag)
    assert not metadata
    assert np.array_equal(pixels(bytes(data)), np.asarray(image))
