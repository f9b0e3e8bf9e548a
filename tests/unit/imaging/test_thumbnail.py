import io

import pytest
from PIL import Image

from services.imaging.thumbnail import thumbnail
from tests.support import pictures


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1024, 512), (256, 128)),
        ((300, 900), (85, 256)),
        ((100, 60), (100, 60)),
        ((1, 1), (1, 1)),
        ((5000, 3), (256, 1)),
    ],
)
def test_it_fits_and_never_grows(size: tuple[int, int], expected: tuple[int, int]) -> None:
    image = pictures.picture(*size)
    small = Image.open(io.BytesIO(thumbnail(image)))
    assert (small.format, small.size) == ("WEBP", expected)
    assert image.size == size


def test_a_foreign_colour_profile_stays_behind() -> None:
    image = pictures.picture()
    image.info["icc_profile"] = b"x" * 100_000
    assert len(thumbnail(image)) < 10_000
