"""Which pictures show the same part is found out from what is fine in them."""

import numpy as np
import pytest
from scipy import ndimage

from services.imaging.decode import ImageLimits
from services.inspection.learning.alike import Grain, grain_of, parts_alike
from tests.support.inspection.surfaces import crops, encoded

LIMITS = ImageLimits()


def shot(surface: np.ndarray, number: int) -> Grain:
    """A surface in another light, with noise of its own."""
    random = np.random.default_rng(number)
    levels = surface.astype(np.float32)
    across = np.linspace(-1, 1, levels.shape[1])
    light = 0.5 + random.uniform(0, 0.5) + 0.2 * across * random.normal()
    taken = ndimage.gaussian_filter(levels, 0.5) * light + random.normal(0, 3, levels.shape)
    return grain_of(encoded(taken.clip(0, 255).round().astype(np.uint8)), LIMITS)


@pytest.mark.parametrize("texture", ["gravel", "grass"])
def test_exposures_of_one_surface_are_told_from_those_of_others(texture: str) -> None:
    whole = crops(texture, 1, height=508, width=508)[0]
    pieces = [
        whole[y : y + 127, x : x + 127] for y in range(0, 508, 127) for x in range(0, 508, 127)
    ]
    grains = [shot(piece, 10 * number + k) for number, piece in enumerate(pieces) for k in range(3)]
    parts = parts_alike(grains)
    expected = np.repeat(np.arange(len(pieces)), 3)
    assert ((parts[:, None] == parts) == (expected[:, None] == expected)).all()


def test_what_all_parts_have_in_common_does_not_join_them() -> None:
    """Straight edges and grooves at the same places."""
    pieces = crops("gravel", 12, height=128, width=128)
    framed = []
    for piece in pieces:
        frame = piece.copy()
        frame[:10], frame[:, -10:], frame[60:64] = 0, 255, 0
        framed.append(frame)
    parts = parts_alike([shot(piece, number) for number, piece in enumerate(framed)])
    assert len(set(parts)) == len(framed)


def test_pictures_of_other_sizes_and_without_structure_are_parts_of_their_own() -> None:
    piece = crops("gravel", 1, height=128, width=128)[0]
    flat = np.full((128, 128), 90, np.uint8)
    grains = [grain_of(encoded(one), LIMITS) for one in (piece, piece[:, :96], flat, flat, piece)]
    parts = parts_alike(grains)
    assert parts[0] == parts[4]
    assert len(set(parts)) == 4
    assert parts_alike(grains[:1]).tolist() == [0]
