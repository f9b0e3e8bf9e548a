import io

import numpy as np
import pytest
from PIL import Image

from bench.inspection.painter import KINDS, paint
from tests.support.pictures import encoded


def tile() -> bytes:
    levels = np.random.default_rng(0).integers(90, 130, (120, 90), dtype=np.uint8)
    return encoded(Image.fromarray(levels))


def pixels(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as opened:
        return np.asarray(opened, np.int16)


@pytest.mark.parametrize("kind", KINDS)
def test_defects_are_local_and_repeat(kind: str) -> None:
    for seed in range(5):
        painted = paint(tile(), kind, seed)
        assert painted == paint(tile(), kind, seed)
        changed = np.abs(pixels(painted) - pixels(tile())) > 3
        assert 0 < changed.mean() < 0.6


def test_seeds_and_kinds_differ() -> None:
    drawn = {paint(tile(), kind, seed) for kind in KINDS for seed in range(3)}
    assert len(drawn) == 3 * len(KINDS)
