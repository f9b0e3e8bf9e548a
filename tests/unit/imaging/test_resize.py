import numpy as np
import pytest
from PIL import Image

from services.imaging.decode import ImageLimits, decode
from services.imaging.resize import OVERSAMPLING, enough_for, resized
from tests.support import pictures


def test_a_part_is_scaled_as_pillow_scales_the_whole() -> None:
    image = pictures.picture(600, 400)
    whole = np.asarray(image.resize((150, 100), Image.Resampling.BICUBIC))
    assert np.array_equal(resized(image, 150, 100), whole)
    part = resized(image, 50, 100, box=(200, 0, 400, 400))
    assert np.array_equal(part[:, 2:-2], whole[:, 52:98])


def test_far_smaller_results_are_averaged_first_and_look_alike() -> None:
    image = pictures.picture(3000, 2000)
    quick = resized(image, 96, 64).astype(int)
    thorough = np.asarray(image.resize((96, 64), Image.Resampling.BICUBIC)).astype(int)
    assert np.abs(quick - thorough).mean() < 1
    assert not np.array_equal(quick, thorough)


@pytest.mark.parametrize("size", [(1, 1), (3, 1), (1, 700)])
def test_the_smallest_images_and_parts_of_pixels_can_be_enlarged(size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, (7, 8, 9))
    assert (resized(image, 20, 30) == (7, 8, 9)).all()
    assert (resized(image, 20, 30, box=(0.25, 0.25, 0.75, 0.75)) == (7, 8, 9)).all()


def test_the_filter_can_be_chosen() -> None:
    image = pictures.picture(300, 200)
    wanted = image.resize((60, 40), Image.Resampling.BILINEAR)
    assert np.array_equal(
        resized(image, 60, 40, resample=Image.Resampling.BILINEAR), np.asarray(wanted)
    )


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 2250), (2100, 2049)])
def test_photographs_of_cameras_are_decoded_at_a_smaller_scale_but_large_enough(
    size: tuple[int, int],
) -> None:
    data = pictures.encoded(pictures.picture(*size), "JPEG")
    image = decode(data, ImageLimits(), short_side=enough_for(256)).image
    assert min(image.size) >= OVERSAMPLING * 256
    assert max(image.size) <= max(size) / 2 + 1


def test_a_grey_picture_is_scaled_as_its_three_equal_channels() -> None:
    data = pictures.encoded(pictures.picture(300, 200).convert("L"), "PNG")
    colour = decode(data, ImageLimits()).image
    grey = decode(data, ImageLimits(), grey_stays=True).image
    assert (colour.mode, grey.mode) == ("RGB", "L")
    assert np.array_equal(resized(grey, 90, 60), resized(colour, 90, 60))
