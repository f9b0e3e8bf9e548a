"""The simulated inspector, on features that are made up."""

import numpy as np
import pytest

from bench.active.command import rows
from bench.active.marks import DEFECTS, marks_table, measure_marks
from bench.active.simulation import Point, Simulation, Split, split
from bench.active.surfaces import Part, boxes

ROWS, COLUMNS, DIMENSIONS = 6, 8, 10


def part(seed: int, kind: str = "") -> Part:
    """A normal part, or one with a patch that stands out."""
    random = np.random.default_rng(seed)
    grid = random.normal(size=(ROWS, COLUMNS, DIMENSIONS)).astype(np.float32)
    if kind:
        grid[2, 3, 4] += 12
    return Part(f"{kind or 'normal'} {seed}", kind, grid.astype(np.float16), ())


PARTS = [part(seed) for seed in range(60)] + [part(100 + seed, "dent") for seed in range(20)]


def test_nobody_is_in_two_halves() -> None:
    parted = split(PARTS, 20, seed=1)
    names = [
        {one.name for one in some} for some in (parted.references, parted.stream, parted.tested)
    ]
    assert [len(one) for one in names] == [20, 30, 30]
    assert len(set.union(*names)) == 80
    assert not any(one.defective for one in parted.references)
    assert [sum(one.defective for one in some) for some in (parted.stream, parted.tested)] == [
        10,
        10,
    ]


@pytest.mark.parametrize("by_queue", [True, False])
def test_corrections_are_counted_and_equal_runs_are_equal(*, by_queue: bool) -> None:
    def run() -> tuple[Split, list[Point]]:
        parted = split(PARTS, 20, seed=1)
        return parted, Simulation(parted, by_queue, seed=1).run(2, 8, lambda _: None)

    (parted, points), (_, again) = run(), run()
    assert points == again
    assert [one.corrections for one in points] == [0, 8, 16]
    assert points[0].missed == 0, "a dent is plain to see"
    assert points[0].references == len(parted.references)
    assert all(one.references >= 20 for one in points)
    (first, *_) = rows([points], [points])
    assert first[0] == "0"
    assert first[1].startswith("0.0%")


def test_what_marks_add_is_told_by_how_many_defects_were_judged() -> None:
    found = measure_marks(PARTS, 20, 1, lambda _: None)
    assert [one.defects for one in found] == list(DEFECTS)
    first, *_ = marks_table(found).splitlines()[2:]
    assert first.startswith("| 12 |")


def test_an_inspector_draws_a_box_around_each_piece() -> None:
    mask = np.zeros((40, 80), bool)
    mask[10:20, 20:40] = True
    mask[30:34, 70:74] = True
    larger, smaller = boxes(mask)
    assert larger[0] == pytest.approx((18 / 80, 8 / 40))
    assert larger[2] == pytest.approx((42 / 80, 22 / 40))
    assert smaller[0][0] > larger[2][0]
    assert boxes(None) == []
