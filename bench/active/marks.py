"""What marks add to the word alone: heads of the same judged parts with marks and without."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import mean

from bench.active.simulation import Point, Simulation, split
from bench.active.surfaces import Part
from bench.goal import table

DEFECTS = (12, 24, 65)
"""Judged, each time with twice as many normal parts."""

HEADS = (
    "defects judged", "heads kept, marked", "unmarked", "AUROC, marked", "unmarked",
    "missed, marked", "unmarked",
)  # fmt: skip


@dataclass(frozen=True)
class Taught:
    """Versions that the same judged parts taught, of each split."""

    defects: int
    marked: Sequence[Point]
    unmarked: Sequence[Point]


def measure_marks(
    parts: Sequence[Part], references: int, splits: int, say: Callable[[str], None]
) -> list[Taught]:
    """Trains a head on judged parts of each split, with marks and without."""
    found = []
    for defects in DEFECTS:
        points: dict[bool, list[Point]] = {True: [], False: []}
        for seed in range(splits):
            for marked, some in points.items():
                one = Simulation(split(parts, references, seed), by_queue=True, seed=seed)
                some.append(one.taught(_judged(one.parts.stream, defects, marked=marked)))
                say(f"{defects} {'marked' if marked else 'unmarked'}: {some[-1]}")
        found.append(Taught(defects, points[True], points[False]))
    return found


def marks_table(found: Sequence[Taught]) -> str:
    """Means over splits."""
    return table(HEADS, (_row(one) for one in found))


def _judged(stream: Sequence[Part], defects: int, *, marked: bool) -> list[Part]:
    bad = [one if marked else replace(one, marks=()) for one in stream if one.defective]
    return bad[:defects] + [one for one in stream if not one.defective][: 2 * defects]


def _row(one: Taught) -> tuple[str, ...]:
    sides = (one.marked, one.unmarked)
    return (
        str(one.defects),
        *(str(sum(point.head for point in side)) for side in sides),
        *(f"{mean(point.auroc for point in side):.3f}" for side in sides),
        *(f"{mean(point.missed for point in side):.0%}" for side in sides),
    )
