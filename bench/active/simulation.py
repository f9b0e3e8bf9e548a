"""A set that is calibrated, inspected with, corrected and calibrated again, in this process."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from bench.active.surfaces import Part
from services.inspection.finding import Finding
from services.inspection.job import Wanted
from services.inspection.learning.bank import PatchBank
from services.inspection.learning.bank_learning import extend_bank, learn_bank
from services.inspection.learning.head import (
    LEAST_OF_EACH,
    Head,
    HeadReport,
    Judged,
    References,
    train_head,
)
from services.inspection.learning.patch_head import judged_lesson, reference_lessons
from services.inspection.model import InspectionRecord, JudgedLook
from services.inspection.review.asking import Asked
from services.inspection.review.queue import review_order
from services.inspection.scoring.patch_scorer import find
from services.inspection.verdict import thresholds
from services.inspection.verdict.agreement import auroc
from services.inspection.verdict.judgement import Judgement, judged
from services.inspection.verdict.thresholds import PValues

TARGET = 0.05
SET = "set"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Split:
    """Who is what."""

    references: Sequence[Part]
    stream: Sequence[Part]
    tested: Sequence[Part]


def split(parts: Sequence[Part], references: int, seed: int) -> Split:
    """References, and of the rest half of each kind to correct and half to test on."""
    shuffled = list(parts)
    random.Random(seed).shuffle(shuffled)
    normals = [one for one in shuffled if not one.defective]
    stream, tested = [], []
    kinds = sorted({one.kind for one in shuffled})
    for kind in kinds:
        of_kind = normals[references:] if not kind else [o for o in shuffled if o.kind == kind]
        stream += of_kind[: len(of_kind) // 2]
        tested += of_kind[len(of_kind) // 2 :]
    random.Random(seed).shuffle(stream)
    return Split(normals[:references], stream, tested)


@dataclass(frozen=True)
class Point:
    """How good a version is on parts that nobody corrected."""

    corrections: int
    missed: float
    """Share of defects that pass."""
    false_alarms: float
    """Share of normal parts that do not."""
    auroc: float
    defects_judged: int
    references: int
    head: bool
    """Whether a head was kept."""


@dataclass
class Simulation:
    """One inspector's work.

    Args:
        parts: Who is what.
        by_queue: Whether the review queue says what is judged; drawn at random if not.
        seed: Of the draw.
    """

    parts: Split
    by_queue: bool
    seed: int
    bank: PatchBank = field(init=False)
    head: Head | None = None
    held_out: Sequence[float] = ()
    said: dict[str, Part] = field(default_factory=dict)
    """Judged parts that train heads: defects, and normal ones that passed."""
    joined: set[str] = field(default_factory=set)
    """Confirmed false alarms, which are references now."""
    wanted: Sequence[Wanted] = ()

    def __post_init__(self) -> None:
        used = self.parts.references
        self.bank = learn_bank(
            [one.grid for one in used], [[] for _ in used], [one.name for one in used]
        )
        self.held_out = list(self.bank.held_out.scores)

    def run(self, rounds: int, corrections: int, say: Callable[[str], None]) -> list[Point]:
        """Corrects and calibrates again, so many times; how good each version is."""
        points = [self._point()]
        for _ in range(rounds):
            self._correct(corrections)
            self._train()
            points.append(self._point())
            say(f"{'queue' if self.by_queue else 'random'}: {points[-1]}")
        return points

    def taught(self, said: Sequence[Part]) -> Point:
        """How good the version is that some judged parts teach; none of them joins references."""
        self.said = {one.name: one for one in said}
        self._train()
        return self._point()

    def _found(self, part: Part) -> Finding:
        return find(self.bank, [part.grid], 1)

    def _judge(self, finding: Finding) -> tuple[Judgement, float]:
        score = finding.score
        if self.head is not None:
            score = self.head.apply(score, finding.descriptor, finding.patches)
        threshold = thresholds.estimate(self.held_out, TARGET)
        p_values = PValues(sorted(self.held_out), threshold)
        return judged(score, finding.strangeness, p_values, threshold), threshold.value

    def _correct(self, count: int) -> None:
        waiting = [
            one
            for one in self.parts.stream
            if one.name not in self.said and one.name not in self.joined
        ]
        records = {one.name: self._record(one) for one in waiting}
        if self.by_queue:
            order = review_order(list(records.values()), count, self._asked())
            names = [item.record.image_id for item in order]
        else:
            names = [one.name for one in waiting]
            random.Random(f"{self.seed} {len(waiting)}").shuffle(names)
        by_name = {one.name: one for one in waiting}
        new = []
        for name in names[:count]:
            part = by_name[name]
            if part.defective or not records[name].anomalous:
                self.said[name] = part
            else:
                self.joined.add(name)
                new.append(part)
        self.bank = extend_bank(
            self.bank, [one.grid for one in new], [[] for _ in new], [one.name for one in new]
        )

    def _asked(self) -> dict[tuple[str, int], Asked]:
        looks = [
            JudgedLook(part.kind or "normal", self._found(part).descriptor)
            for part in self.said.values()
        ]
        asked = Asked.of(self.wanted, looks) if looks else None
        return {} if asked is None else {(SET, 1): asked}

    def _record(self, part: Part) -> InspectionRecord:
        finding = self._found(part)
        judgement, threshold = self._judge(finding)
        return InspectionRecord(
            part.name, "user", SET, 1, part.name, judgement.score, threshold, judgement.p_value,
            TARGET, judgement.anomalous, judgement.off_distribution, finding.descriptor, NOON,
        )  # fmt: skip

    def _train(self) -> None:
        """The next version: with a head if there is enough feedback and one is kept."""
        self.head, self.held_out = None, list(self.bank.held_out.scores)
        defects = sum(one.defective for one in self.said.values())
        if min(defects, len(self.said) - defects) < LEAST_OF_EACH:
            return
        report = self._report()
        self.wanted = report.wanted
        if report.head is not None:
            self.head, self.held_out = report.head, list(report.reference_scores)

    def _report(self) -> HeadReport:
        said = list(self.said.values())
        found = [self._found(one) for one in said]
        return train_head(
            Judged(
                scores=[one.score for one in found],
                descriptors=np.array([one.descriptor for one in found]),
                defective=[one.defective for one in said],
                kinds=[one.kind for one in said],
                lessons=[
                    judged_lesson(one.patches(), defective=part.defective, outlines=part.marks)
                    for one, part in zip(found, said, strict=True)
                    if one.patches is not None
                ],
            ),
            References(
                scores=self.bank.held_out.scores,
                descriptors=self.bank.held_out.descriptors,
                lessons=reference_lessons(self.bank),
            ),
        )

    def _point(self) -> Point:
        judgements = [self._judge(self._found(one))[0] for one in self.parts.tested]
        truth = np.array([one.defective for one in self.parts.tested])
        called = np.array([one.anomalous for one in judgements])
        scores = np.array([one.score for one in judgements])
        return Point(
            corrections=len(self.said) + len(self.joined),
            missed=float((~called[truth]).mean()),
            false_alarms=float(called[~truth].mean()),
            auroc=auroc(scores[~truth], scores[truth]),
            defects_judged=sum(one.defective for one in self.said.values()),
            references=len(self.bank.image_ids),
            head=self.head is not None,
        )
