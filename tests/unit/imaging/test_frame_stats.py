import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from services.imaging.frame_stats import FrameStats


def rgb(grey: NDArray[np.floating]) -> NDArray[np.uint8]:
    levels = np.asarray(grey).clip(0, 255).round().astype(np.uint8)
    return np.repeat(levels[:, :, np.newaxis], 3, axis=2)


def texture(seed: int = 0) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    soft = ndimage.gaussian_filter(random.normal(0, 1, (96, 128)), 1)
    return np.asarray(128 + 100 * soft)


@pytest.mark.parametrize("level", [0, 17, 128, 255])
def test_an_even_picture_has_nothing_in_it(level: int) -> None:
    found = FrameStats.of(rgb(np.full((96, 128), float(level))))
    assert found == FrameStats(0, level, 0, 0, 0, float(level <= 2), float(level >= 253))


def test_colours_count_as_bright_as_they_look() -> None:
    green, blue = (np.full((32, 32, 3), colour, np.uint8) for colour in ((0, 255, 0), (0, 0, 255)))
    assert FrameStats.of(green).brightness == 150
    assert FrameStats.of(blue).brightness == 29


def test_blur_takes_detail_and_noise_is_everywhere() -> None:
    sharp = FrameStats.of(rgb(texture()))
    soft = FrameStats.of(rgb(ndimage.gaussian_filter(texture(), 4)))
    rough = FrameStats.of(rgb(texture() + np.random.default_rng(1).normal(0, 12, (96, 128))))
    assert soft.detail < sharp.detail / 5
    assert rough.noise > 1.5 * sharp.noise
    assert rough.brightness == pytest.approx(sharp.brightness, abs=1)


def test_a_defect_makes_no_picture_softer_or_noisier() -> None:
    spoilt = texture()
    spoilt[40:56, 60:76] = 0
    spoilt[70:72, :] = 255
    clean, found = FrameStats.of(rgb(texture())), FrameStats.of(rgb(spoilt))
    assert found.detail >= clean.detail
    assert found.noise == pytest.approx(clean.noise, rel=0.2)


@pytest.mark.parametrize("shape", [(1, 1), (2, 40), (3, 3), (9, 9), (16, 2)])
def test_the_smallest_pictures_have_numbers_too(shape: tuple[int, int]) -> None:
    picture = rgb(np.arange(np.prod(shape), dtype=float).reshape(shape))
    found = FrameStats.of(picture)
    assert np.isfinite(found.to_array()).all()
    assert FrameStats.from_array(found.to_array()).extent == found.extent
