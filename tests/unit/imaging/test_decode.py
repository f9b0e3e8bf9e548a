import io
import tracemalloc
from functools import cache

import numpy as np
import pytest
from PIL import Image

from services.imaging.decode import ImageLimits, decode
from services.imaging.errors import (
    ImageEmpty,
    ImageTooLarge,
    ImageTooSmall,
    ImageUnreadable,
    ImageUnsupported,
    TooManyPixels,
)
from services.imaging.formats import CONTENT_TYPES, ImageFormat, sniff
from services.runtime.errors import InvalidInput
from tests.support import pictures

LIMITS = ImageLimits()


def pixels(data: bytes) -> np.ndarray:
    image = decode(data, LIMITS).image
    assert image.mode == "RGB"
    return np.asarray(image).astype(int)


@pytest.mark.parametrize("format_", list(ImageFormat))
def test_every_format_is_told_by_its_bytes_and_decoded(format_: ImageFormat) -> None:
    options = {"lossless": True} if format_ is ImageFormat.WEBP else {}
    data = pictures.in_format(format_, **options)
    decoded = decode(data, LIMITS)
    assert (decoded.format, decoded.width, decoded.height) == (format_, 96, 64)
    assert decoded.image.size == (96, 64)
    error = np.abs(np.asarray(decoded.image).astype(int) - np.asarray(pictures.picture())).mean()
    lossy = {ImageFormat.JPEG, ImageFormat.GIF, ImageFormat.AVIF, ImageFormat.HEIC}
    assert error < (6 if format_ in lossy else 0.1)
    assert format_.content_type in CONTENT_TYPES


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("alpha", [True, False])
def test_webp_of_every_kind_of_header_is_measured_before_decoding(
    lossless: bool, alpha: bool
) -> None:
    image = pictures.picture(300, 200).convert("RGBA" if alpha else "RGB")
    if alpha:
        image.putalpha(128)
    data = pictures.encoded(image, "WEBP", lossless=lossless)
    with pytest.raises(TooManyPixels, match="300x200"):
        decode(data, ImageLimits(max_pixels=59_999))
    assert decode(data, ImageLimits(max_pixels=60_000)).image.size == (300, 200)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    upright = pictures.picture()
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(turn[orientation]) if orientation in turn else upright
    data = pictures.encoded(stored, "PNG", exif=pictures.exif(orientation))
    decoded = decode(data, LIMITS)
    assert (decoded.width, decoded.height) == upright.size
    assert np.array_equal(np.asarray(decoded.image), np.asarray(upright))


def test_a_rotated_jpeg_shrinks_upright() -> None:
    stored = pictures.picture(1200, 800).transpose(Image.Transpose.ROTATE_90)
    data = pictures.encoded(stored, "JPEG", exif=pictures.exif(6))
    decoded = decode(data, LIMITS, short_side=100)
    assert (decoded.width, decoded.height) == (1200, 800)
    assert decoded.image.size == (150, 100)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF"])
def test_shrinking_keeps_the_picture_and_the_asked_side(format_: str) -> None:
    data = pictures.encoded(pictures.picture(1000, 700), format_)
    decoded = decode(data, LIMITS, short_side=224)
    assert (decoded.width, decoded.height) == (1000, 700)
    assert min(decoded.image.size) >= 224
    assert max(decoded.image.size) <= 500
    small = np.asarray(decoded.image.resize((90, 63), Image.Resampling.BOX)).astype(int)
    whole = np.asarray(pictures.picture(1000, 700).resize((90, 63), Image.Resampling.BOX)).astype(
        int
    )
    assert np.abs(small - whole).mean() < 3


def test_cmyk_jpeg() -> None:
    error = np.abs(
        pixels(pictures.encoded(pictures.picture().convert("CMYK"), "JPEG")) - pictures.picture()
    )
    assert error.mean() < 6


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256 * 4).astype(np.uint16).reshape(4, 256)
    for format_ in ("PNG", "TIFF"):
        got = pixels(pictures.encoded(Image.fromarray(ramp), format_))
        assert np.abs(got - (ramp / 257)[..., None]).max() <= 0.5


def test_sixteen_bit_rgb_is_scaled_not_clipped() -> None:
    samples = np.zeros((2, 256, 3), np.uint16)
    samples[..., 0] = np.linspace(0, 65535, 256)
    samples[..., 1] = 32_768
    got = pixels(pictures.png16_rgb(samples))
    assert np.abs(got - samples / 257).max() <= 1


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (np.array([[0.0, 0.5, 1.0]] * 3, np.float32), [0, 128, 255]),
        (np.array([[0.0, 100.0, 255.0]] * 3, np.float32), [0, 100, 255]),
        (np.array([[-1.0, 0.0, np.nan]] * 3, np.float32), [0, 255, 255]),
        (np.array([[0, 25_700, 65_535]] * 3, np.int32), [0, 100, 255]),
        (np.array([[0, 1, 2]] * 3, np.int32), [0, 1, 2]),
        (np.array([[-1000, 0, 1000]] * 3, np.int32), [0, 128, 255]),
    ],
)
def test_wide_samples_are_brought_into_range(samples: np.ndarray, expected: list[int]) -> None:
    assert pixels(pictures.encoded(Image.fromarray(samples), "TIFF"))[0, :, 0].tolist() == expected


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    got = pixels(pictures.encoded(pictures.picture().convert(mode), "PNG"))
    assert got.shape == (64, 96, 3)
    # Chelsea is reddish brown; without colour her grey is about 115.
    assert 90 < got.mean() < 140


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparency_is_composited_on_white(mode: str) -> None:
    image = Image.new(mode, (8, 8), (0, 0) if mode == "LA" else (200, 0, 0, 0))
    assert (pixels(pictures.encoded(image, "PNG")) == 255).all()


def test_a_transparent_palette_entry_is_white() -> None:
    image = Image.new("P", (8, 8), 1)
    image.putpalette([10, 20, 30, 200, 0, 0])
    image.paste(0, (0, 0, 4, 8))
    got = pixels(pictures.encoded(image, "PNG", transparency=1))
    assert got[0, 0].tolist() == [10, 20, 30]
    assert got[0, 7].tolist() == [255, 255, 255]
    assert pixels(pictures.encoded(image, "GIF", transparency=1))[0, 7].tolist() == [255, 255, 255]


def test_an_rgb_key_colour_is_transparent() -> None:
    image = Image.new("RGB", (8, 8), (1, 2, 3))
    assert (pixels(pictures.encoded(image, "PNG", transparency=(1, 2, 3))) == 255).all()


def test_the_first_frame_of_an_animation_is_taken() -> None:
    assert pixels(pictures.animated_gif()).mean() > 90
    frames = [pictures.picture(), Image.new("RGB", (96, 64))]
    for format_ in ("WEBP", "PNG", "TIFF"):
        data = pictures.encoded(frames[0], format_, save_all=True, append_images=frames[1:])
        assert pixels(data).mean() > 90


def test_one_pixel_is_an_image_unless_the_limits_say_otherwise() -> None:
    data = pictures.encoded(Image.new("RGB", (1, 1), (9, 9, 9)), "PNG")
    assert decode(data, LIMITS, short_side=224).image.size == (1, 1)
    with pytest.raises(ImageTooSmall) as raised:
        decode(data, ImageLimits(min_side=8))
    assert raised.value.metadata == {"min_side": "8"}


@cache
def broken() -> dict[str, tuple[bytes, type[InvalidInput]]]:
    whole = {format_: pictures.in_format(format_) for format_ in ImageFormat}
    short = {
        f"cut-{format_}": (data[: len(data) // 2], ImageUnreadable)
        for format_, data in whole.items()
    }
    heads = {
        f"only-head-{format_}": (data[:12], ImageUnreadable) for format_, data in whole.items()
    }
    png = whole[ImageFormat.PNG]
    return {
        "empty": (b"", ImageEmpty),
        "text": (b"I am a text, not an image." * 9, ImageUnreadable),
        "svg": (pictures.SVG, ImageUnsupported),
        "zeros": (bytes(4096), ImageUnreadable),
        "bad-crc": (png[:-40] + bytes([png[-40] ^ 255]) + png[-39:], ImageUnreadable),
        "too-many-pixels": (pictures.zip_bomb(), TooManyPixels),
        "too-few-scan-lines": (
            pictures.png(64, 64, bits=8, colour_type=2, raw=bytes(100)),
            ImageUnreadable,
        ),
        "jpeg-named-webp": (b"RIFF\x00\x00\x00\x00WEBP" + whole[ImageFormat.JPEG], ImageUnreadable),
        **short,
        **heads,
    }


@pytest.mark.parametrize("name", broken())
def test_broken_images_have_reasons(name: str) -> None:
    data, expected = broken()[name]
    with pytest.raises(expected):
        decode(data, LIMITS)
    with pytest.raises(expected):
        decode(data, LIMITS, short_side=16)


def test_too_many_bytes() -> None:
    data = pictures.encoded(pictures.picture(), "PNG")
    with pytest.raises(ImageTooLarge) as raised:
        decode(data, ImageLimits(max_bytes=len(data) - 1))
    assert raised.value.reason == "IMAGE_TOO_LARGE"
    decode(data, ImageLimits(max_bytes=len(data)))


def test_the_limit_on_pixels_holds_before_anything_is_allocated() -> None:
    bomb = pictures.zip_bomb()
    tracemalloc.start()
    try:
        with pytest.raises(TooManyPixels) as raised:
            decode(bomb, LIMITS)
        assert tracemalloc.get_traced_memory()[1] < 4 * len(bomb)
    finally:
        tracemalloc.stop()
    assert raised.value.metadata == {"max_pixels": "64000000"}


def test_large_pictures_decode_in_turn_and_whole() -> None:
    data = pictures.encoded(Image.new("L", (4100, 4000), 77), "PNG")
    assert decode(data, LIMITS).image.getpixel((4099, 3999)) == (77, 77, 77)
    assert decode(data, LIMITS, short_side=200).image.size == (205, 200)


def test_a_multi_picture_jpeg_is_a_jpeg() -> None:
    frames = [pictures.picture(), Image.new("RGB", (96, 64))]
    out = io.BytesIO()
    frames[0].save(out, "MPO", save_all=True, append_images=frames[1:])
    decoded = decode(out.getvalue(), LIMITS)
    assert decoded.format is ImageFormat.JPEG
    assert np.asarray(decoded.image).mean() > 90


@pytest.mark.parametrize("orientation", range(1, 9))
def test_heic_is_turned_as_the_file_says(orientation: int) -> None:
    decoded = decode(pictures.heic(orientation), LIMITS)
    assert (decoded.width, decoded.height) == (96, 64)
    error = np.abs(np.asarray(decoded.image).astype(int) - np.asarray(pictures.picture())).mean()
    assert error < 6


@pytest.mark.parametrize("format_", ["JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_format_is_turned_as_its_exif_says(format_: str, orientation: int) -> None:
    upright = pictures.picture()
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(turn[orientation]) if orientation in turn else upright
    decoded = decode(pictures.encoded(stored, format_, exif=pictures.exif(orientation)), LIMITS)
    assert (decoded.width, decoded.height) == upright.size
    assert np.abs(np.asarray(decoded.image).astype(int) - np.asarray(upright)).mean() < 6


def test_names_prove_nothing() -> None:
    assert sniff(pictures.animated_gif()) is ImageFormat.GIF
    assert sniff(b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp41isom") is None
    assert sniff(b"") is None
