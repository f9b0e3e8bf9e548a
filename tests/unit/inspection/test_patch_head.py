"""Heads that look at patches: two kinds of deviation that are as far from normal."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from services.inspection.finding import Finding
from services.inspection.learning.bank import PatchBank
from services.inspection.learning.bank_learning import learn_bank
from services.inspection.learning.head import Head, HeadReport, Judged, References, train_head
from services.inspection.learning.outlines import corners_of
from services.inspection.learning.patch_head import judged_lesson, reference_lessons
from services.inspection.model import Box, FloatArray, Polygon
from services.inspection.scoring.patch_scorer import find
from services.inspection.verdict.agreement import auroc

ROWS, COLUMNS, DIMENSIONS = 8, 10, 12
HARMLESS, DEFECT = 2, 7
"""Features in which a harmless mark and a defect stand out."""


def grid(seed: int, *marks: int, strength: float = 9.0) -> FloatArray:
    """Features of an image with marks, each on a patch of its own."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(ROWS, COLUMNS, DIMENSIONS)).astype(np.float32)
    for mark in marks:
        values[place(seed, mark)][mark] += strength
    return values


def place(seed: int, mark: int) -> tuple[int, int]:
    random = np.random.default_rng((seed, mark))
    return int(random.integers(ROWS)), int(random.integers(COLUMNS))


def box(seed: int, mark: int) -> Polygon:
    """The outline of the patch with a mark."""
    row, column = place(seed, mark)
    return corners_of(Box(column / COLUMNS, row / ROWS, (column + 1) / COLUMNS, (row + 1) / ROWS))


@cache
def bank() -> PatchBank:
    grids = [grid(seed) for seed in range(40)]
    return learn_bank(grids, [[] for _ in grids], [f"image-{seed}" for seed in range(40)])


def trained(*, marked: bool, count: int = 24) -> HeadReport:
    """Every judged image has a harmless mark; every second also a fainter defect."""
    findings, truth, lessons = [], [], []
    for seed in range(1000, 1000 + count):
        defective = seed % 2 == 1
        found = seen(seed, defective=defective)
        outlines: Sequence[Polygon] = [box(seed, DEFECT)] if marked and defective else ()
        assert found.patches is not None
        lessons.append(judged_lesson(found.patches(), defective=defective, outlines=outlines))
        findings.append(found)
        truth.append(defective)
    held_out = bank().held_out
    return train_head(
        Judged(
            scores=[one.score for one in findings],
            descriptors=np.array([one.descriptor for one in findings]),
            defective=truth,
            lessons=lessons,
        ),
        References(held_out.scores, held_out.descriptors, lessons=reference_lessons(bank())),
    )


def seen(seed: int, *, defective: bool) -> Finding:
    values = grid(seed, HARMLESS)
    if defective:
        values += grid(seed, DEFECT, strength=6.0) - grid(seed)
    return find(bank(), [values], 1)


def area(head: Head | None) -> float:
    """How well images that were never judged are told apart."""
    scores: tuple[list[float], list[float]] = ([], [])
    for seed in range(5000, 5060):
        found = seen(seed, defective=seed % 2 == 1)
        score = found.score
        if head is not None:
            score = head.apply(score, found.descriptor, found.patches)
        scores[seed % 2].append(score)
    return auroc(np.array(scores[0]), np.array(scores[1]))


def test_what_is_marked_is_learnt_and_what_is_harmless_beside_it_is_not() -> None:
    report = trained(marked=True)
    assert report.head is not None, report.explanation
    assert report.head.patches is not None
    assert report.gain.low > 0
    assert area(report.head) > area(None) + 0.2


def test_a_head_that_looks_at_patches_survives_an_artifact() -> None:
    head = trained(marked=True).head
    assert head is not None
    found = seen(6001, defective=True)
    back = Head.from_arrays(head.to_arrays())
    corrected = back.apply(found.score, found.descriptor, found.patches)
    assert corrected == head.apply(found.score, found.descriptor, found.patches)
    assert found.score / 4.001 < corrected < found.score * 4.001


def test_patches_in_a_mark_are_defects_and_those_outside_are_probably_not() -> None:
    found = seen(1001, defective=True)
    assert found.patches is not None
    patches = found.patches()
    marked = judged_lesson(patches, defective=True, outlines=[box(1001, DEFECT)])
    assert marked.defective.sum() == 1
    assert set(marked.weights[~marked.defective]) == {0.5}
    # The features of the marked patch stand at the end of what is described, before its anomaly.
    described = patches.described()
    where = patches.cells == np.ravel_multi_index(place(1001, DEFECT), (ROWS, COLUMNS))
    assert np.array_equal(marked.learnt[marked.defective], described[where].astype(np.float16))
    unmarked = judged_lesson(patches, defective=True)
    assert unmarked.defective.all()
    assert len(unmarked.learnt) == round(0.03 * ROWS * COLUMNS)
    assert not judged_lesson(patches, defective=False).defective.any()


def test_references_teach_what_is_normal_without_their_own_members() -> None:
    lessons = reference_lessons(bank())
    assert len(lessons) == 40
    for lesson, count in zip(lessons, bank().held_out.counts, strict=True):
        assert lesson.count == count
        assert not lesson.defective.any()
        # A patch that is a member itself would have no residual.
        residual = lesson.seen[:, : bank().members.shape[1]].astype(np.float32)
        assert (np.abs(residual).sum(axis=1) > 0).all()
