import io
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image
from skimage import data

from services.inspection.model import FloatArray, Region
from services.inspection.pictures.overlay import MIN_SIDE, OverlayFormat, overlay_picture
from services.inspection.pictures.regions import find_regions

THRESHOLD = 2.0


def brick(brightness: float = 1.0) -> Image.Image:
    grey = Image.fromarray(data.brick())  # type: ignore[no-untyped-call] # scikit-image has no types
    return grey.convert("RGB").point(lambda level: round(level * brightness))


def drawn(picture: Image.Image, values: FloatArray, regions: Sequence[Region] = ()) -> np.ndarray:
    encoded = overlay_picture(picture, values, THRESHOLD, regions, OverlayFormat.PNG)
    return np.asarray(Image.open(io.BytesIO(encoded))).astype(int)


def scratched() -> FloatArray:
    values = np.full((32, 32), 0.4, dtype=np.float32)
    values[10, 4:20] = 5.0
    return values


@pytest.mark.parametrize("format_", list(OverlayFormat))
def test_it_is_a_picture_of_the_format_asked_for(format_: OverlayFormat) -> None:
    values = scratched()
    regions = find_regions(values, THRESHOLD)
    image = Image.open(io.BytesIO(overlay_picture(brick(), values, THRESHOLD, regions, format_)))
    assert (image.format, image.mode, image.size) == (format_.value, "RGB", (512, 512))


def test_below_half_the_threshold_the_picture_is_as_it_was() -> None:
    calm = np.full((32, 32), THRESHOLD / 2, dtype=np.float32)
    assert (drawn(brick(), calm) == np.asarray(brick())).all()
    changed = (drawn(brick(), scratched()) != np.asarray(brick())).any(axis=2)
    assert changed[160:176, 80:300].all()
    assert not changed[300:].any()


@pytest.mark.parametrize("brightness", [0.1, 1.0])
def test_what_is_worse_is_coloured_more(brightness: float) -> None:
    picture = brick(brightness)
    steps = [
        np.abs(
            drawn(picture, np.full((8, 8), level, dtype=np.float32)) - np.asarray(picture)
        ).mean()
        for level in (1.0, 1.4, 1.9, 2.6, 3.3, 4.0)
    ]
    assert steps == sorted(steps)
    assert steps[0] == 0
    assert steps[1] > 2


def test_colours_mean_the_same_in_every_picture() -> None:
    grey = Image.new("RGB", (512, 512), (90, 90, 90))
    values = np.full((32, 32), 1.5, dtype=np.float32)
    calm = drawn(grey, values)
    values[4, 4] = 40.0
    assert (drawn(grey, values)[256:, 256:] == calm[256:, 256:]).all()
    values[:] = 4.0
    strongest = drawn(grey, values)[256, 256]
    values[:] = 40.0
    assert (drawn(grey, values)[256, 256] == strongest).all()


@pytest.mark.parametrize("background", [0, 128, 255])
def test_outlines_can_be_seen_on_anything(background: int) -> None:
    picture = Image.new("RGB", (512, 512), (background,) * 3)
    values = scratched()
    regions = find_regions(values, THRESHOLD)
    without = drawn(picture, values)
    outlined = drawn(picture, values, regions)
    top = int(512 * regions[0].box.top)
    across = outlined[top - 8 : top + 8, 200].mean(axis=1)
    assert across.max() - across.min() > 90
    assert (without != outlined).any()
    label = outlined[top - 40 : top - 8].mean(axis=2)
    assert label.max() > 230 or background == 255
    assert label.min() < 70


def test_small_pictures_are_enlarged_and_thin_ones_are_fine() -> None:
    values = np.full((1, 1), 3.0, dtype=np.float32)
    regions = find_regions(values, THRESHOLD)
    for size, shown in [
        ((1, 1), (MIN_SIDE, MIN_SIDE)),
        ((64, 32), (MIN_SIDE, MIN_SIDE // 2)),
        ((3000, 1), (1024, 1)),
        ((1, 700), (1, 700)),
    ]:
        height, width, _ = drawn(Image.new("RGB", size, "white"), values, regions).shape
        assert (width, height) == shown


def test_the_picture_given_is_left_as_it_is() -> None:
    picture = brick()
    drawn(picture, scratched(), find_regions(scratched(), THRESHOLD))
    assert (np.asarray(picture) == np.asarray(brick())).all()
