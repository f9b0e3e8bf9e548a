import io

import numpy as np
import pytest
from PIL import Image

from services.imaging.decode import ImageLimits
from services.imaging.errors import ImageUnreadable, TooManyPixels
from services.inspection.learning.augmentation import FEW, chosen, variants
from services.inspection.model import Augmentation
from tests.support import pictures

LIMITS = ImageLimits()


def pixels(png: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(png))
    assert (image.format, image.mode) == ("PNG", "RGB")
    return np.asarray(image).astype(int)


def test_light_and_turns() -> None:
    picture = np.asarray(pictures.picture(60, 40)).astype(int)
    data = pictures.encoded(pictures.picture(60, 40), "PNG")
    made = [
        pixels(png) for png in variants(data, Augmentation.ROTATION_AND_LIGHTING, LIMITS, side=224)
    ]
    mirrored, brighter, darker, flatter, quarter, half, three_quarters = made
    assert (mirrored == picture[:, ::-1]).all()
    assert (brighter >= picture).all()
    assert brighter.mean() > 1.1 * picture.mean()
    assert (darker <= picture).all()
    assert darker.mean() < 0.9 * picture.mean()
    assert flatter.std() == pytest.approx(0.8 * picture.std(), rel=0.05)
    assert flatter.mean() == pytest.approx(picture.mean(), abs=2)
    assert (quarter == np.rot90(picture)).all()
    assert (half == picture[::-1, ::-1]).all()
    assert (three_quarters == np.rot90(picture, 3)).all()


def test_only_what_is_asked_for() -> None:
    data = pictures.encoded(pictures.picture(), "PNG")
    everything = variants(data, Augmentation.ROTATION_AND_LIGHTING, LIMITS, side=224)
    assert variants(data, Augmentation.LIGHTING, LIMITS, side=224) == everything[:4]
    assert variants(data, Augmentation.NONE, LIMITS, side=224) == []
    with pytest.raises(ValueError, match="choose"):
        variants(data, Augmentation.AUTO, LIMITS, side=224)


def test_auto_is_other_light_for_few() -> None:
    assert chosen(Augmentation.AUTO, FEW) is Augmentation.LIGHTING
    assert chosen(Augmentation.AUTO, FEW + 1) is Augmentation.NONE
    for said in (
        Augmentation.NONE,
        Augmentation.LIGHTING,
        Augmentation.ROTATION_AND_LIGHTING,
    ):
        assert chosen(said, 1) is chosen(said, 1000) is said


@pytest.mark.parametrize(
    ("size", "seen"),
    [
        ((900, 600), (96, 64)),
        ((100, 50), (100, 50)),
        ((1, 1), (1, 1)),
        ((4000, 2), (4000, 2)),
        ((8000, 64), (2862, 23)),
        ((300_000, 1), (65_536, 1)),
    ],
)
def test_variants_are_no_larger_than_what_is_seen(
    size: tuple[int, int], seen: tuple[int, int]
) -> None:
    data = pictures.encoded(Image.new("RGB", size, (90, 120, 30)), "PNG")
    for png in variants(data, Augmentation.LIGHTING, LIMITS, side=64):
        height, width, _ = pixels(png).shape
        assert (width, height) == seen


def test_turns_are_of_the_upright_picture() -> None:
    lying = pictures.picture(60, 40)
    data = pictures.encoded(lying, "PNG", exif=pictures.exif(6))
    mirrored = variants(data, Augmentation.LIGHTING, LIMITS, side=224)[0]
    upright = np.asarray(lying.transpose(Image.Transpose.ROTATE_270))
    assert (pixels(mirrored) == upright[:, ::-1]).all()


def test_limits_hold() -> None:
    data = pictures.encoded(pictures.picture(), "PNG")
    with pytest.raises(TooManyPixels):
        variants(data, Augmentation.LIGHTING, ImageLimits(max_pixels=100), side=64)
    with pytest.raises(ImageUnreadable):
        variants(data[:200], Augmentation.LIGHTING, LIMITS, side=64)
