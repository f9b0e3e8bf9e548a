import imagehash
import numpy as np
import pytest
from PIL import Image

from services.imaging.phash import hamming, phash
from tests.support import pictures

NAMES = [
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "rocket.jpg",
    "brick.png",
    "motorcycle_left.png",
]


@pytest.mark.parametrize("name", NAMES)
def test_same_bits_as_imagehash(name: str) -> None:
    image = Image.open(pictures.SAMPLES / name).convert("RGB")
    assert phash(image) == str(imagehash.phash(image))


def test_drawn_noise_has_the_same_bits_as_imagehash() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        image = Image.fromarray(rng.integers(0, 256, (40, 50, 3), dtype=np.uint8))
        assert phash(image) == str(imagehash.phash(image))


def test_alike_is_near_and_different_is_far() -> None:
    image = pictures.picture(600, 400)
    small = pictures.picture(300, 200)
    other = Image.open(pictures.SAMPLES / "coffee.png").convert("RGB")
    assert hamming(phash(image), phash(small)) <= 2
    assert hamming(phash(image), phash(other)) > 16


@pytest.mark.parametrize("grey", [0, 1, 127, 128, 255])
def test_a_flat_picture_has_no_noise_for_bits(grey: int) -> None:
    expected = "0000000000000000" if grey == 0 else "8000000000000000"
    assert phash(Image.new("RGB", (50, 40), (grey,) * 3)) == expected
