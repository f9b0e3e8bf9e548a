"""Regions of pictures, as a person sees them."""

import io

import numpy as np
import pytest
from PIL import Image

from services.imaging.decode import ImageLimits
from services.imaging.errors import ImageUnreadable, TooManyPixels
from services.search.errors import RegionTooSmall
from services.search.model import Region
from services.search.query import cropping
from services.search.query.cropping import MIN_SIDE, cropped

LIMITS = ImageLimits()
QUARTERS = {
    "red": Region(0, 0, 0.5, 0.5),
    "lime": Region(0.5, 0, 1, 0.5),
    "blue": Region(0, 0.5, 0.5, 1),
    "white": Region(0.5, 0.5, 1, 1),
}


def quartered(width: int = 60, height: int = 40, *, orientation: int = 1) -> bytes:
    """A picture that is seen with these four colours, however it is stored."""
    seen = Image.new("RGB", (width, height))
    for colour, region in QUARTERS.items():
        corner = int(region.left * width), int(region.top * height)
        seen.paste(Image.new("RGB", (width // 2, height // 2), colour), corner)
    if orientation == 6:
        seen = seen.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    seen.save(out, "PNG", exif=exif)
    return out.getvalue()


def opened(part: bytes) -> Image.Image:
    return Image.open(io.BytesIO(part))


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("colour", QUARTERS)
def test_a_region_is_of_the_upright_picture(orientation: int, colour: str) -> None:
    part = opened(cropped(quartered(orientation=orientation), QUARTERS[colour], LIMITS))
    assert part.size == (30, 20)
    expected = Image.new("RGB", (1, 1), colour).getpixel((0, 0))
    assert {tuple(pixel) for pixel in np.asarray(part).reshape(-1, 3)} == {expected}


def test_every_pixel_that_it_touches_is_in_it() -> None:
    part = opened(cropped(quartered(), Region(0.01, 0.01, 0.501, 0.501), LIMITS))
    assert part.size == (31, 21)


@pytest.mark.parametrize("region", [Region(0, 0, 0.1, 1), Region(1 - 1e-12, 0, 1, 1)])
def test_a_region_of_few_pixels_is_refused(region: Region) -> None:
    with pytest.raises(RegionTooSmall) as refused:
        cropped(quartered(), region, LIMITS, field="examples[2].region")
    assert refused.value.field == "examples[2].region"
    assert refused.value.metadata == {"min_side": str(MIN_SIDE)}


def test_a_large_region_is_scaled_down_in_its_aspect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cropping, "MOST_PIXELS", 600)
    part = opened(cropped(quartered(), Region(0, 0, 1, 1), LIMITS))
    assert part.size == (30, 20)


def test_limits_and_damage_are_told_before_a_region_is() -> None:
    with pytest.raises(TooManyPixels):
        cropped(quartered(), QUARTERS["red"], ImageLimits(max_pixels=100))
    with pytest.raises(ImageUnreadable):
        cropped(b"no image", QUARTERS["red"], LIMITS)
