"""ThumbHash, compared with what its author's encoder makes (JavaScript, version 0.1.1)."""

import numpy as np
import pytest
from PIL import Image

from services.imaging.thumbhash import thumbhash


def noisy(width: int, height: int) -> Image.Image:
    """A picture whose frequencies are none of them next to a rounding's edge."""
    y, x = np.mgrid[:height, :width]
    channels = ((x * 7 + y * 3) % 256, (x * x + y * 5) % 256, (x * 2 + y * y) % 256)
    return Image.fromarray(np.stack(channels, -1).astype(np.uint8))


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (100, 60, "2008060c82859626476606557567bfd8726f91"),
        (60, 100, "1ff8010c025465a42125404055677f7f68e408"),
    ],
)
def test_is_what_the_reference_makes(width: int, height: int, expected: str) -> None:
    assert thumbhash(noisy(width, height)).hex() == expected


def test_one_colour_is_its_mean_and_nothing_else() -> None:
    made = thumbhash(Image.new("RGB", (40, 30), (200, 100, 50)))
    # The author's encoder blows up what rounding left, and says then that its scale is nought.
    assert made[:5].hex() == "1dcb020580"
    assert not any(made[5:])


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (640, 480)])
def test_any_shape_has_one_of_few_bytes(size: tuple[int, int]) -> None:
    assert 10 <= len(thumbhash(Image.linear_gradient("L").resize(size).convert("RGB"))) <= 30


@pytest.mark.parametrize("size", [(512, 384), (341, 512), (512, 90)])
def test_a_larger_picture_has_that_of_its_small_one_but_for_last_bits(
    size: tuple[int, int],
) -> None:
    image = noisy(16, 12).resize(size, Image.Resampling.BICUBIC)
    scale = 100 / max(size)
    small = image.resize([round(side * scale) for side in size], Image.Resampling.BOX)
    pairs = zip(thumbhash(image)[5:], thumbhash(small)[5:], strict=True)
    assert all(
        abs((one >> at & 15) - (other >> at & 15)) <= 1 for one, other in pairs for at in (0, 4)
    )
