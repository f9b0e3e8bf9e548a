"""Colour profiles: what is seen is what they mean, whatever holds them."""

import io
import zlib
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from services.imaging.decode import ImageLimits, decode
from services.imaging.profile import MAX_PROFILE_BYTES, profile_of
from services.imaging.thumbnail import thumbnail
from tests.support import pictures
from tests.unit.imaging import profiles

LIMITS = ImageLimits()
FORMATS = ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"]
EXACT: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 100, "subsampling": 0},
    "WEBP": {"lossless": True},
    "AVIF": {"quality": 100, "subsampling": "4:4:4"},
}
WIDE = profiles.matrix_profile(profiles.WIDE, 2.2)
COLOURS = np.array(
    [(120, 170, 90), (190, 120, 100), (80, 90, 130), (240, 240, 240), (30, 30, 30)], np.uint8
)


def patches(colours: np.ndarray) -> Image.Image:
    """Patches of 16 x 16 pixels beside each other."""
    return Image.fromarray(np.repeat(np.repeat(colours[None], 16, 0), 16, 1))


def middles(data: bytes, **options: int | bool) -> np.ndarray:
    """The middle of each patch, [patches, 3]."""
    image = decode(data, LIMITS, **options).image.convert("RGB")  # type: ignore[arg-type]
    return np.asarray(image)[8, 8::16].astype(float)


@pytest.mark.parametrize("format_", FORMATS)
def test_rgb_of_any_profile_is_what_the_profile_means(format_: str) -> None:
    data = pictures.encoded(patches(COLOURS), format_, icc_profile=WIDE, **EXACT.get(format_, {}))
    wanted = profiles.seen(COLOURS / 255, profiles.WIDE, 2.2)
    assert np.abs(wanted - COLOURS).max() > 20
    # AVIF itself loses a level or two.
    assert np.abs(middles(data) - wanted).max() <= (5 if format_ == "AVIF" else 3)


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "TIFF"])
@pytest.mark.parametrize("gamma", [1.0, 1.8])
def test_grey_of_any_profile_is_what_the_profile_means(format_: str, gamma: float) -> None:
    greys = np.array([3, 55, 128, 200, 255], np.uint8)
    profile = profiles.grey_profile(gamma)
    data = pictures.encoded(patches(greys), format_, icc_profile=profile, **EXACT.get(format_, {}))
    wanted = profiles.grey_seen(greys / 255, gamma)[:, None]
    assert np.abs(middles(data) - wanted).max() <= 3
    grey = decode(data, LIMITS, grey_stays=True).image
    assert grey.mode == "L"
    assert np.abs(np.asarray(grey)[8, 8::16, None] - wanted).max() <= 3


@pytest.mark.parametrize("format_", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_transparent_colours_are_converted_before_they_lie_on_white(format_: str) -> None:
    image = patches(COLOURS).convert("RGBA")
    image.putalpha(128)
    data = pictures.encoded(image, format_, icc_profile=WIDE, **EXACT.get(format_, {}))
    seen = profiles.seen(COLOURS / 255, profiles.WIDE, 2.2)
    assert np.abs(middles(data) - (seen * 128 + 255 * 127) / 255).max() <= 3


def test_transparent_grey_and_palettes_are_converted() -> None:
    greys = np.array([55, 128, 200], np.uint8)
    grey = patches(greys).convert("LA")
    data = pictures.encoded(grey, "PNG", icc_profile=profiles.grey_profile(1.0))
    wanted = profiles.grey_seen(greys / 255, 1.0)[:, None]
    assert np.abs(middles(data) - wanted).max() <= 3
    palette = patches(COLOURS).quantize(16)
    stored = np.asarray(palette.convert("RGB"))[8, 8::16]
    data = pictures.encoded(palette, "PNG", icc_profile=WIDE)
    assert np.abs(middles(data) - profiles.seen(stored / 255, profiles.WIDE, 2.2)).max() <= 3


def odd_inks(inks: tuple[int, ...]) -> tuple[float, float, float]:
    """Cyan ink that is orange; black ink is black."""
    cyan, magenta, yellow, black = inks
    if black:
        return 0, 0, 0
    return 100 - 20 * cyan - 25 * magenta - 10 * yellow, 40 * cyan, 50 * cyan


@pytest.mark.parametrize("format_", ["JPEG", "TIFF"])
def test_inks_are_what_their_profile_means(format_: str) -> None:
    inks = np.array([(0, 0, 0, 0), (255, 0, 0, 0), (0, 255, 0, 0), (255, 255, 0, 255)], np.uint8)
    image = Image.frombytes("CMYK", (64, 16), np.repeat(inks[None], 16, 0).repeat(16, 1).tobytes())
    profile = profiles.ink_profile(odd_inks)
    options = EXACT["JPEG"] if format_ == "JPEG" else {}
    got = middles(pictures.encoded(image, format_, icc_profile=profile, **options))
    lab = [odd_inks(tuple(row // 255)) for row in inks.astype(int)]
    assert np.abs(got - [lab_seen(*values) for values in lab]).max() <= 4


def lab_seen(lightness: float, a: float, b: float) -> tuple[int, ...]:
    """sRGB of a colour of Lab."""
    transform = ImageCms.buildTransform(
        ImageCms.createProfile("LAB"),
        ImageCms.createProfile("sRGB"),
        "LAB",
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    bytes_ = bytes([round(lightness * 2.55), round(a) % 256, round(b) % 256])
    pixel = ImageCms.applyTransform(Image.frombytes("LAB", (1, 1), bytes_), transform)
    assert pixel is not None
    colour = pixel.getpixel((0, 0))
    assert isinstance(colour, tuple)
    return tuple(int(level) for level in colour)


@pytest.mark.parametrize("planes", ["contig", "separate"])
def test_deep_colours_keep_their_shadows_under_a_linear_profile(planes: str) -> None:
    ramp = np.linspace(0, 3000, 64).astype(np.uint16)
    samples = np.repeat(np.repeat(ramp[None, :, None], 8, 0), 3, 2)
    profile = profiles.matrix_profile(profiles.SRGB, 1.0)
    wanted = profiles.grey_seen(ramp / 65535, 1.0)
    stored = samples if planes == "contig" else np.moveaxis(samples, -1, 0)
    out = io.BytesIO()
    tifffile.imwrite(
        out, stored, photometric="rgb", planarconfig=planes, iccprofile=profile, compression="zlib"
    )
    for data in (
        out.getvalue(),
        pictures.png16_rgb(samples, pictures.chunk(b"iCCP", iccp(profile))),
    ):
        got = np.asarray(decode(data, LIMITS).image)[4].astype(float)
        assert np.abs(got - wanted[:, None]).max() <= 3


@pytest.mark.parametrize("profile", [profiles.grey_profile(1.0), WIDE])
def test_deep_grey_keeps_its_shadows(profile: bytes) -> None:
    ramp = np.linspace(0, 3000, 64).astype(np.uint16)
    wanted = profiles.grey_seen(ramp / 65535, 1.0 if len(profile) < len(WIDE) else 2.2)
    image = Image.fromarray(np.repeat(ramp[None], 8, 0))
    for format_ in ("PNG", "TIFF"):
        got = np.asarray(
            decode(pictures.encoded(image, format_, icc_profile=profile), LIMITS).image
        )
        assert np.abs(got[4] - wanted[:, None]).max() <= 3


def iccp(profile: bytes) -> bytes:
    """What an iCCP chunk holds."""
    return b"x\0\0" + zlib.compress(profile)


@pytest.mark.parametrize(
    "profile",
    [
        b"x" * 500,
        WIDE[:200],
        profiles.ink_profile(odd_inks),
        profiles.lab_profile(),
        profiles.matrix_profile(profiles.WIDE, 2.2, device=b"link"),
        WIDE.ljust(MAX_PROFILE_BYTES + 1, b"\0"),
    ],
    ids=["noise", "cut", "inks", "lab", "link", "endless"],
)
@pytest.mark.parametrize("format_", ["PNG", "WEBP", "TIFF", "JPEG"])
def test_an_unusable_profile_is_ignored(format_: str, profile: bytes) -> None:
    image = patches(COLOURS)
    data = pictures.encoded(image, format_, icc_profile=profile, **EXACT.get(format_, {}))
    assert np.abs(middles(data) - COLOURS).max() <= 3


def test_srgb_is_recognised_whatever_it_is_called_and_costs_nothing() -> None:
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    with Image.open(pictures.SAMPLES / "chelsea.png") as image:
        camera = image.info["icc_profile"]
    for profile in (own, camera, profiles.matrix_profile(profiles.SRGB, None)):
        assert profile_of(profile) is None
        data = pictures.encoded(pictures.picture(), "PNG", icc_profile=profile)
        assert np.array_equal(
            np.asarray(decode(data, LIMITS).image), np.asarray(pictures.picture())
        )
    assert profile_of(WIDE) is profile_of(bytes(bytearray(WIDE)))


def test_permuted_primaries_and_the_same_picture_in_srgb_are_one_picture() -> None:
    picture = np.asarray(pictures.picture())
    red, green, blue = profiles.SRGB
    permuted = profiles.matrix_profile((green, blue, red), None)
    data = pictures.encoded(Image.fromarray(picture[:, :, [1, 2, 0]]), "PNG", icc_profile=permuted)
    got = np.asarray(decode(data, LIMITS).image).astype(int)
    assert np.abs(got - picture).max() <= 2


@pytest.mark.parametrize("format_", FORMATS)
def test_what_is_decoded_and_its_thumbnail_carry_no_other_profile(format_: str) -> None:
    data = pictures.encoded(patches(COLOURS), format_, icc_profile=WIDE, **EXACT.get(format_, {}))
    decoded = decode(data, LIMITS, short_side=8)
    assert "icc_profile" not in decoded.image.info
    small = Image.open(io.BytesIO(thumbnail(decode(data, LIMITS).image)))
    assert "icc_profile" not in small.info
    wanted = profiles.seen(COLOURS / 255, profiles.WIDE, 2.2)
    got = np.asarray(small.convert("RGB"))[8, 8::16].astype(int)
    assert np.abs(got - wanted).max() <= 12


def test_smaller_decoding_has_the_same_colours() -> None:
    data = pictures.encoded(patches(COLOURS).resize((1600, 320), 0), "JPEG", icc_profile=WIDE)
    image = decode(data, LIMITS, short_side=40).image
    assert image.size == (200, 40)
    wanted = profiles.seen(COLOURS / 255, profiles.WIDE, 2.2)
    assert np.abs(np.asarray(image)[20, 20::40].astype(int) - wanted).max() <= 4
