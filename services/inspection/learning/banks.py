"""One bank, or two whose scores become one.

The second bank sees the same images at one scale for the whole set and with
standard grey levels, so that it judges less by exposure and by how large an
image was cut. What a bank says is told on the other's scale by what held-out
references score there: z = (log(score + 0.1) - mean) / deviation, and the
fused score is the one whose z by the first bank is the mean of both.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.inspection.errors import ArtifactWrong
from services.inspection.finding import Arrays
from services.inspection.learning.bank import REGION_SHARE, VIEW, Match, PatchBank
from services.inspection.model import FloatArray, MarkScore, PartsKnown, Polygon, View

Grid = NDArray[Any]
Scores = NDArray[np.float64]

OFFSET = 0.1
"""Added to scores before logarithms are taken: an image may score 0."""

LEAST_DEVIATION = 0.05
"""Deviation of a bank's log scores at least: equal references make any other infinitely unusual."""

_SECOND = "second."
_OWN_SCORES = "fusion.first_scores"
_HELD_OUT = "held_out.scores"


@dataclass(frozen=True, slots=True)
class Fusion:
    """How scores of two banks become one."""

    means: tuple[float, float]
    """Of the logarithms of the banks' held-out scores."""
    deviations: tuple[float, float]
    """Of the same."""

    @classmethod
    def of(cls, first: Scores, second: Scores) -> "Fusion":
        """From scores of the same held-out references, [n] each."""
        logs = [np.log(scores + OFFSET) for scores in (first, second)]
        if len(first) < 2:
            # A single one tells where they lie and not how they spread.
            return cls((float(logs[0].mean()), float(logs[1].mean())), (1.0, 1.0))
        spread = [max(float(one.std()), LEAST_DEVIATION) for one in logs]
        return cls((float(logs[0].mean()), float(logs[1].mean())), (spread[0], spread[1]))

    def __call__(self, first: Any, second: Any) -> Any:  # noqa: ANN401 - numbers or arrays alike
        """Fused scores, at least 0: in the unit of the first bank's, and growing with both."""
        z_of_second = (np.log(second + OFFSET) - self.means[1]) / self.deviations[1]
        told_by_first = self.means[0] + self.deviations[0] * z_of_second
        together = np.exp((np.log(first + OFFSET) + told_by_first) / 2) - OFFSET
        return np.maximum(together, 0)


@dataclass(frozen=True, slots=True)
class TwoBanks:
    """Two banks of the same images, each with a look of its own at them."""

    first: PatchBank = field(repr=False)
    second: PatchBank = field(repr=False)
    view: View
    """How the second sees images; the first sees them as the version's size says."""
    fusion: Fusion = field(init=False)
    held_out_scores: Scores = field(init=False, repr=False)
    """Fused, of the first bank's images in order, [n]."""
    region_threshold: float = field(init=False)
    """Fused anomaly above which a patch belongs to a region."""

    def __post_init__(self) -> None:
        first, second = self.first.held_out.scores, self.second.held_out.scores
        fusion = Fusion.of(first, second)
        fused = fusion(first, second)
        object.__setattr__(self, "fusion", fusion)
        object.__setattr__(self, "held_out_scores", fused)
        object.__setattr__(self, "region_threshold", float(np.quantile(fused, REGION_SHARE)))

    @classmethod
    def of(cls, first: PatchBank, second: PatchBank, view: View) -> "TwoBanks":
        """From two that just learnt, with the painted defects that count in both."""
        in_both = {id(one.mark) for one in first.marks} & {id(one.mark) for one in second.marks}
        # A mask of the background may leave out a defect in one of them.
        first, second = (
            replace(bank, marks=[one for one in bank.marks if id(one.mark) in in_both])
            for bank in (first, second)
        )
        return cls(first, second, view)

    @property
    def known(self) -> PartsKnown | None:
        """What is known of parts that other pictures taught, fused; as `PatchBank.known`."""
        one, other = self.first.known, self.second.known
        if one is None or other is None:
            return None
        of_second = {id(mark.mark): mark.score for mark in other.marks}
        return PartsKnown(
            self.fusion(np.asarray(one.scores), np.asarray(other.scores)).tolist(),
            one.parts,
            [
                MarkScore(mark.mark, float(self.fusion(mark.score, of_second[id(mark.mark)])))
                for mark in one.marks
                if id(mark.mark) in of_second
            ],
        )

    @property
    def marks(self) -> list[MarkScore]:
        """What painted defects score, fused."""
        return [
            MarkScore(one.mark, float(self.fusion(one.score, other.score)))
            for one, other in zip(self.first.marks, self.second.marks, strict=True)
        ]

    @property
    def image_ids(self) -> tuple[str, ...]:
        """Images that both learnt from."""
        return self.first.image_ids

    @property
    def member_count(self) -> int:
        """How many patches both keep."""
        return len(self.first.members) + len(self.second.members)

    @property
    def size_bytes(self) -> int:
        """Memory that both hold."""
        return self.first.size_bytes + self.second.size_bytes

    def match(
        self, grids: Sequence[Grid], helpers: Executor | None = None, shown: Polygon = ()
    ) -> Match:
        """Holds an image's features against both banks.

        Members, descriptor and strangeness are those of the first.

        Args:
            grids: Its patch features as the first and as the second see it.
            helpers: Where half of a search may be done meanwhile.
            shown: What of an aligned image the picture shows; all of it if empty.
        """
        one = self.first.match(grids[0], helpers, shown)
        other = self.second.match(grids[1], helpers, shown)
        return replace(
            one,
            score=float(self.fusion(one.score, other.score)),
            anomaly=self._map(one.anomaly, other.anomaly),
        )

    def _map(self, first: FloatArray, second: FloatArray) -> FloatArray:
        """Both banks' maps as one on the first's grid, in the unit of the fused score.

        Each counts by how far it is above what few held-out references reach by that bank, and
        what only one of them sees counts half.
        """
        rows, columns = first.shape
        picture = Image.fromarray(np.ascontiguousarray(second, np.float32))
        on_first = np.asarray(picture.resize((columns, rows), Image.Resampling.BILINEAR))
        by_first = first / max(self.first.region_threshold, OFFSET)
        by_second = on_first / max(self.second.region_threshold, OFFSET)
        return np.asarray((by_first + by_second) * (self.region_threshold / 2), np.float32)

    def to_arrays(self) -> Arrays:
        """As arrays for an artifact.

        `held_out.scores` are those that the threshold is of, as with a single bank; the first
        bank's own lie beside them.
        """
        view = np.array([self.view.scale, self.view.standard_levels], np.float64)
        return (
            dict(self.first.to_arrays())
            | {_SECOND + name: array for name, array in self.second.to_arrays().items()}
            | {
                VIEW: view,
                _OWN_SCORES: self.first.held_out.scores,
                _HELD_OUT: self.held_out_scores,
            }
        )


AnyBank = PatchBank | TwoBanks


def first_of(bank: AnyBank) -> PatchBank:
    """The bank that evidence, descriptors and heads are of."""
    return bank.first if isinstance(bank, TwoBanks) else bank


def bank_of(arrays: Arrays) -> AnyBank:
    """What `to_arrays` of a bank, or of two, made.

    Raises:
        ArtifactWrong: the arrays are those of another release.
    """
    if VIEW not in arrays:
        return PatchBank.from_arrays(arrays)
    second = {
        name.removeprefix(_SECOND): array
        for name, array in arrays.items()
        if name.startswith(_SECOND)
    }
    if _OWN_SCORES not in arrays:
        raise ArtifactWrong("the version was made by another release; calibrate from scratch")
    first = {
        name: array
        for name, array in arrays.items()
        if not name.startswith(_SECOND) and name != VIEW
    } | {_HELD_OUT: arrays[_OWN_SCORES]}
    scale, standard_levels = arrays[VIEW]
    return TwoBanks(
        PatchBank.from_arrays(first),
        PatchBank.from_arrays(second),
        View(scale=float(scale), standard_levels=bool(standard_levels)),
    )
