"""Painted defects, and what is found of them."""

import io
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from services.embedder.models.load import load_model
from services.embedder.models.store import install
from services.imaging.decode import ImageLimits
from services.inspection.artifact import pack, unpack
from services.inspection.learning.bank import PatchBank
from services.inspection.learning.bank_learning import Painting, extend_bank, learn_bank
from services.inspection.learning.marks import (
    CONTRASTS,
    LEAST_IMAGES,
    MANY,
    MOST_PAINTED,
    PAINTINGS,
    SIZES,
    paint,
    paintings,
)
from services.inspection.learning.painting import KINDS, mark
from services.inspection.learning.sensitivity import sensitivity_of
from services.inspection.model import Box, FloatArray, Mark, MarkScore
from tests.support.inspection.surfaces import crops, decoded, encoded
from tests.support.model_dir import MODEL_DIR

LIMITS = ImageLimits()


@pytest.mark.parametrize("count", [1, 3, 4, 10, 30, 60, 5000])
def test_few_references_are_painted_and_as_often_whatever_the_set(count: int) -> None:
    planned = paintings(count)
    if count < LEAST_IMAGES:
        assert planned == {}
        return
    assert len(planned) == min(count, MOST_PAINTED)
    assert max(planned) == count - 1
    numbers = sorted(number for some in planned.values() for number in some)
    assert numbers == list(range(PAINTINGS if count < MANY else 2 * PAINTINGS))


@pytest.mark.parametrize("shape", [(240, 320), (320, 240, 3), (60, 640), (7, 5, 3), (1, 1)])
def test_marks_are_where_they_are_said_to_be_and_repeat(shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    picture = encoded(random.integers(90, 130, shape, dtype=np.uint8))
    painted, marks = paint(picture, 3, LIMITS, side=192)
    assert paint(picture, 3, LIMITS, side=192)[0] == painted
    assert paint(picture, 4, LIMITS, side=192)[0] != painted
    assert decoded(painted).shape == shape
    assert len(marks) == 6
    for one in marks:
        assert one.size_px == pytest.approx(one.size * min(shape[:2]))


def test_all_defects_take_turns() -> None:
    picture = encoded(np.full((60, 80), 100, np.uint8))
    drawn = Counter(
        (one.kind, one.size, one.contrast)
        for number in range(PAINTINGS)
        for one in paint(picture, number, LIMITS, side=64)[1]
    )
    assert len(drawn) == len(KINDS) * len(SIZES) * len(CONTRASTS)
    assert len(set(drawn.values())) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_mark_is_as_large_and_as_strong_as_asked_for(kind: str) -> None:
    levels = np.full((200, 200, 1), 100, np.float32)
    for size, scale in ((20, 1.0), (60, 1.0), (60, 0.5)):
        for seed in range(4):
            drawn = mark(levels, kind, size=size, contrast=4, unit=10, scale=scale, seed=seed)
            changed = np.abs(drawn - 100)[..., 0]
            assert 8 < changed.max() <= 41
            y, x = np.nonzero(changed > 4)
            across = max(np.ptp(y), np.ptp(x)) + 1
            assert 0.4 * size * scale < across < 1.5 * size * scale + 6


def test_what_is_thinner_than_a_pixel_is_fainter() -> None:
    levels = np.full((80, 80, 1), 100, np.float32)
    strong, faint = (
        np.abs(
            mark(levels, "scratch", size=16, contrast=4, unit=10, scale=scale, seed=1) - 100
        ).max()
        for scale in (1.0, 0.1)
    )
    assert faint < 0.3 * strong


def test_a_large_picture_is_painted_at_the_size_that_is_seen() -> None:
    picture = np.zeros((3000, 4000, 3), np.uint8) + 90
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG")
    painted, marks = paint(out.getvalue(), 0, LIMITS, side=192)
    assert min(decoded(painted).shape[:2]) < 2 * 4 * 192
    assert {round(one.size_px) for one in marks} <= {round(3000 * size) for size in SIZES}


def test_shares_follow_the_threshold() -> None:
    window = Box(0, 0, 1, 1)
    scores = [
        MarkScore(Mark("scratch", SIZES[place % 2], SIZES[place % 2] * 240, 5.0, window), place)
        for place in range(10)
    ]
    rows = sensitivity_of(scores, 4.5)
    assert [(row.size_px, row.found, row.painted) for row in rows] == [(3, 2, 5), (8, 3, 5)]
    assert all(row.found == 0 for row in sensitivity_of(scores, 100))
    assert sensitivity_of([], 1.0) == []


def test_clear_and_large_defects_are_found_more_often_than_faint_and_small_ones() -> None:
    model = load_model(install("compact", MODEL_DIR, threads=2).folder, limits=LIMITS, threads=2)

    def seen(content: bytes) -> FloatArray:
        return np.asarray(model.extract_patches(model.prepare_patches(content, 0)), np.float32)

    pictures = [encoded(one) for one in crops("grass", 13)]
    grids = [seen(one) for one in pictures]
    names = [str(place) for place in range(12)]
    painted = []
    for place, numbers in paintings(12).items():
        for number in numbers:
            content, marks = paint(pictures[place], number, LIMITS, side=192)
            painted.append(Painting(place, seen(content), marks))
    bank = learn_bank(grids[:12], [[]] * 12, names, painted=painted)
    threshold = float(bank.held_out.scores.max())
    rows = sensitivity_of(bank.marks, threshold)

    def share(*, clear: bool, large: bool) -> float:
        some = [
            row
            for row in rows
            if (row.contrast == CONTRASTS[-1]) is clear and (row.size_px >= 20) is large
        ]
        return sum(row.found for row in some) / sum(row.painted for row in some)

    assert share(clear=True, large=True) > 0.4
    assert share(clear=True, large=True) > share(clear=False, large=True) + 0.1
    assert share(clear=True, large=True) > share(clear=True, large=False) + 0.2
    assert share(clear=False, large=False) < 0.2
    plain = learn_bank(grids[:12], [[]] * 12, names)
    assert np.array_equal(plain.held_out.scores, bank.held_out.scores), "nothing is learnt of them"
    kept = extend_bank(
        PatchBank.from_arrays(unpack(pack(bank.to_arrays()))), [grids[12]], [[]], ["new"]
    )
    assert sensitivity_of(kept.marks, threshold) == rows
