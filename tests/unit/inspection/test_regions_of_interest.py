"""Areas of the image that count."""

import io

import numpy as np
import pytest
from PIL import Image

from services.imaging.decode import ImageLimits
from services.inspection.learning.augmentation import moved, variants
from services.inspection.learning.bank import PatchBank
from services.inspection.learning.bank_learning import Painting, extend_bank, learn_bank
from services.inspection.learning.marks import paint
from services.inspection.learning.outlines import patches_within
from services.inspection.model import Augmentation, Box, FloatArray, Mark, Polygon

LEFT: Polygon = ((0, 0), (0.5, 0), (0.5, 1), (0, 1))
ALL: Polygon = ((0, 0), (1, 0), (1, 1), (0, 1))
SMALL: Polygon = ((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6))
TRIANGLE: Polygon = ((0, 0), (0.4, 0), (0, 0.8))
LIMITS = ImageLimits(max_pixels=10**8, max_bytes=10**8)


def grid(seed: int) -> FloatArray:
    """Features of 8 × 8 patches; the right half is another thing in every image."""
    rng = np.random.default_rng(seed)
    made = rng.normal(0, 1, (8, 8, 6)).astype(np.float32)
    made[:, 4:] = rng.normal(rng.uniform(-50, 50), 30, (8, 4, 6))
    return made


def learnt(count: int = 20, areas: tuple[Polygon, ...] = (LEFT,)) -> PatchBank:
    grids = [grid(seed) for seed in range(count)]
    names = [str(seed) for seed in range(count)]
    return learn_bank(grids, [[] for _ in grids], names, areas=areas)


def test_what_lies_outside_is_neither_learnt_nor_anomalous() -> None:
    bank = learnt()
    assert (bank.member_boxes[:, 2] <= 0.5).all()
    spoiled = grid(99)
    spoiled[2, 6] = 10_000
    match = bank.match(spoiled)
    assert (match.anomaly[:, 4:] == 0).all()
    assert match.score == bank.match(grid(99)).score
    spoiled[2, 2] = 10_000
    assert bank.match(spoiled).score > 10 * bank.held_out.scores.max()


def test_a_wild_surrounding_hides_no_defect() -> None:
    spoiled = grid(99)
    spoiled[2, 2] = 25

    def found(bank: PatchBank) -> bool:
        return bank.match(spoiled).score > float(bank.held_out.scores.max())

    assert found(learnt())
    assert not found(learnt(areas=()))


def test_an_artifact_has_them() -> None:
    bank = learnt(areas=(LEFT, TRIANGLE))
    again = PatchBank.from_arrays(bank.to_arrays())
    assert again.areas == (LEFT, TRIANGLE)
    assert again.match(grid(5)).score == bank.match(grid(5)).score


def test_images_that_are_added_later_count_there_too() -> None:
    grown = extend_bank(learnt(), [grid(50)], [[]], ["50"])
    assert (grown.member_boxes[:, 2] <= 0.5).all()
    assert grown.areas == (LEFT,)


@pytest.mark.parametrize(
    "augmentation", [Augmentation.LIGHTING, Augmentation.ROTATION_AND_LIGHTING]
)
def test_in_a_variant_they_lie_where_their_content_does(augmentation: Augmentation) -> None:
    # White is what counts.
    within = patches_within([TRIANGLE], 60, 120)
    file = io.BytesIO()
    Image.fromarray((within * 255).astype(np.uint8)).save(file, "PNG")
    made = variants(file.getvalue(), augmentation, LIMITS, side=60)
    places = moved([TRIANGLE], augmentation)
    assert len(places) == len(made)
    for content, areas in zip(made, places, strict=True):
        shown = np.asarray(Image.open(io.BytesIO(content)).convert("L"), np.float32)
        there = patches_within(areas, *shown.shape)
        # But for pixels on the outline.
        assert (there == (shown > shown.mean())).mean() > 0.97


def test_without_them_variants_have_none() -> None:
    assert moved([], Augmentation.NONE) == []


def photograph() -> bytes:
    noise = np.random.default_rng(0).integers(90, 160, (120, 180), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(("area", "most"), [(LEFT, 4), (SMALL, 1), (ALL, 6)])
def test_defects_are_painted_into_them(area: Polygon, most: int) -> None:
    _, marks = paint(photograph(), 0, LIMITS, side=120, areas=[area])
    assert 1 <= len(marks) <= most
    for mark in marks:
        corners = np.asarray(area)
        assert corners[:, 0].min() <= mark.window.left < mark.window.right <= corners[:, 0].max()
        assert corners[:, 1].min() <= mark.window.top < mark.window.bottom <= corners[:, 1].max()


def test_a_defect_where_nothing_counts_is_not_called_missed() -> None:
    grids = [grid(seed) for seed in range(12)]
    marks = [
        Mark("spot", 0.1, 10, 5.0, Box(0, 0, 1 / 3, 1)),
        Mark("spot", 0.1, 10, 5.0, Box(2 / 3, 0, 1, 1)),
    ]
    painted = grids[0].copy()
    painted[4, 1] = painted[4, 7] = 1_000
    bank = learn_bank(
        grids, [[]] * 12, [str(one) for one in range(12)],
        painted=[Painting(0, painted, marks)], areas=(LEFT,),
    )  # fmt: skip
    assert len(bank.marks) == 1
