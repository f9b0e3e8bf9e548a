import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from services.inspection.model import FloatArray
from services.inspection.pictures.heatmap import MAX_SIDE, heatmap_png, heatmap_scale

THRESHOLD = 1.5


def levels(png: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(png))
    assert image.format == "PNG"
    assert image.mode == "I;16"
    return np.asarray(image).astype(np.int64)


@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 32), st.integers(1, 64)),
        elements=st.floats(0, 8, width=32),
    ),
    st.tuples(st.integers(64, 900), st.integers(64, 900)),
)
def test_levels_are_the_anomaly_at_the_patches(values: FloatArray, size: tuple[int, int]) -> None:
    grey = levels(heatmap_png(size, values, THRESHOLD))
    height, width = grey.shape
    rows, columns = values.shape
    expected = np.minimum(values, 4 * THRESHOLD) / heatmap_scale(THRESHOLD)
    if height >= rows and width >= columns:
        at_rows = ((np.arange(rows) + 0.5) * height / rows).astype(int)
        at_columns = ((np.arange(columns) + 0.5) * width / columns).astype(int)
        assert np.abs(grey[np.ix_(at_rows, at_columns)] - expected).max() <= 1
    assert grey.max() <= expected.max() + 1
    assert grey.min() >= expected.min() - 1


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((300, 200), (300, 200)),
        ((4000, 1000), (512, 128)),
        ((1000, 3000), (171, 512)),
        ((8, 8), (32, 32)),
        ((1, 1), (32, 32)),
        ((4000, 1), (512, 1)),
    ],
)
def test_the_aspect_is_the_images(size: tuple[int, int], shown: tuple[int, int]) -> None:
    values = np.ones((32, 32), dtype=np.float32)
    height, width = levels(heatmap_png(size, values, THRESHOLD)).shape
    assert (width, height) == shown
    assert max(width, height) <= MAX_SIDE


def test_a_level_means_the_same_in_every_image() -> None:
    values = np.full((4, 4), 0.3, dtype=np.float32)
    calm = levels(heatmap_png((64, 64), values, THRESHOLD))
    values[0, 0] = 6.0
    wild = levels(heatmap_png((64, 64), values, THRESHOLD))
    assert calm.max() == calm.min() == wild[-1, -1] == round(0.3 / heatmap_scale(THRESHOLD))
    assert wild[8, 8] == wild.max() == 65535


def test_a_threshold_of_nothing_still_has_a_scale() -> None:
    values = np.array([[0.0, 0.5]], dtype=np.float32)
    grey = levels(heatmap_png((16, 8), values, 0.0))
    assert heatmap_scale(0.0) > 0
    assert (grey.min(), grey.max()) == (0, 65535)
