"""Parts that are placed alike: what aligning them brings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.inspection.boards import DEFECTS, HEIGHT, WIDTH, Move, board
from bench.inspection.features import LIMITS, Features
from services.embedder.model import PatchGrid
from services.imaging.decode import decode
from services.inspection.learning.bank_learning import learn_bank
from services.inspection.model import Alignment, Registration
from services.inspection.registration.choosing import choose_aligner
from services.inspection.registration.geometry import seen_of_reference, to_picture
from services.inspection.verdict.agreement import auroc

REFERENCES = 40
TESTED = 50
OF_EACH = 14

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Placement:
    """How far parts are moved from picture to picture, evenly up to it."""

    name: str
    shift: float
    """As a share of either side."""
    degrees: float


PLACEMENTS = (
    Placement("fixed", 0.0, 0.0),
    Placement("shifted by up to 8 %", 0.08, 0.0),
    Placement("shifted by up to 5 %, turned by up to 4°", 0.05, 4.0),
    Placement("shifted by up to 8 %, turned by up to 12°", 0.08, 12.0),
)


@dataclass(frozen=True)
class Row:
    """What a registration reaches where parts are placed so."""

    placement: Placement
    registration: Registration
    areas: dict[str, float]
    """AUROC of each kind of defect against normal boards."""
    missed: float
    """Share of all defects that score below 95 % of normal boards."""
    misplaced: int
    """Pictures of any kind that could not be aligned."""
    apart_px: float
    """Median distance of what was found from how boards were moved, at the frame's corners."""

    @property
    def area(self) -> float:
        """Mean of all kinds."""
        return float(np.mean(list(self.areas.values())))


@dataclass(frozen=True)
class _Picture:
    content: bytes
    move: Move

    @classmethod
    def of(cls, seed: int, placement: Placement, defect: str = "") -> "_Picture":
        """A board that lies somewhere within a placement."""
        rng = np.random.default_rng((seed, 1))
        across, down = rng.uniform(-placement.shift, placement.shift, 2) * (WIDTH, HEIGHT)
        move = Move(across, down, rng.uniform(-placement.degrees, placement.degrees))
        return cls(board(seed, move, defect), move)


@dataclass(frozen=True)
class _Pictures:
    references: Sequence[_Picture]
    normals: Sequence[_Picture]
    defects: dict[str, list[_Picture]]

    @classmethod
    def of(cls, placement: Placement) -> "_Pictures":
        """Those of a placement; of each the same boards."""
        return cls(
            [_Picture.of(seed, placement) for seed in range(REFERENCES)],
            [_Picture.of(1000 + seed, placement) for seed in range(TESTED)],
            {
                kind: [
                    _Picture.of(2000 + 100 * number + seed, placement, kind)
                    for seed in range(OF_EACH)
                ]
                for number, kind in enumerate(DEFECTS)
            },
        )


class _Look:
    """Takes the features of pictures, aligned or as they are.

    Args:
        features: The network.
        kind: How they are aligned.
        references: Of which one is what others are aligned to.
    """

    def __init__(
        self, features: Features, kind: Registration, references: Sequence[_Picture]
    ) -> None:
        self.misplaced = 0
        self.apart: list[float] = []
        self._features = features
        self._aligner = None
        if kind is not Registration.NONE:
            looked = [
                (str(place), decode(one.content, LIMITS)) for place, one in enumerate(references)
            ]
            self._aligner = choose_aligner(looked, kind, side=features.default_size)
            self._base = references[int(self._aligner.image_id)].move

    def __call__(self, one: _Picture) -> tuple[PatchGrid, Alignment | None]:
        if self._aligner is None:
            return self._features.grid(one.content), None
        placed = self._aligner.place(one.content, LIMITS)
        self.misplaced += placed.misplaced
        if not placed.misplaced:
            self.apart.append(_apart(placed.alignment, self._base, one.move))
        return self._features.grid(placed.content), placed.alignment


def measure_placed(features: Features, say: Callable[[str], None]) -> list[Row]:
    """Measures every registration on every placement, with the same pictures."""
    rows = []
    for placement in PLACEMENTS:
        pictures = _Pictures.of(placement)
        for kind in Registration:
            look = _Look(features, kind, pictures.references)
            rows.append(_measured(placement, kind, pictures, look))
            say(f"{placement.name}, {kind.value.lower()}: {rows[-1].area:.3f}")
    return rows


def placed_table(rows: Sequence[Row]) -> str:
    """As Markdown."""
    kinds = " | ".join(DEFECTS)
    lines = [
        f"| boards | registration | AUROC | {kinds} | missed | misplaced | apart |",
        "|---|---|---|" + "---|" * (len(DEFECTS) + 3),
    ]
    for row in rows:
        each = " | ".join(f"{row.areas[kind]:.3f}" for kind in DEFECTS)
        apart = f"{row.apart_px:.2f} px" if row.registration is not Registration.NONE else "–"
        name = row.registration.value.lower()
        lines.append(
            f"| {row.placement.name} | {name} | {row.area:.3f} | {each} | {row.missed:.0%} |"
            f" {row.misplaced} | {apart} |"
        )
    return "\n".join(lines)


def _measured(placement: Placement, kind: Registration, pictures: _Pictures, look: _Look) -> Row:
    learnt = [look(one) for one in pictures.references]
    bank = learn_bank(
        [grid for grid, _ in learnt],
        [[] for _ in learnt],
        [str(place) for place in range(len(learnt))],
        shown=[[seen_of_reference(one)] for _, one in learnt if one is not None],
    )

    def scored(some: Sequence[_Picture]) -> Scores:
        found = []
        for grid, alignment in (look(one) for one in some):
            shown = seen_of_reference(alignment) if alignment is not None else ()
            found.append(bank.match(grid, shown=shown).score)
        return np.array(found)

    normal = scored(pictures.normals)
    by_kind = {name: scored(some) for name, some in pictures.defects.items()}
    limit = float(np.quantile(normal, 0.95))
    return Row(
        placement,
        kind,
        {name: auroc(normal, some) for name, some in by_kind.items()},
        float((np.concatenate(list(by_kind.values())) <= limit).mean()),
        look.misplaced,
        float(np.median(look.apart)) if look.apart else 0.0,
    )


def _apart(found: Alignment, base: Move, move: Move) -> float:
    """Mean distance, at the corners, of where the board is and where it was found, in pixels."""
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (100, 70)
    middle = np.array([WIDTH / 2, HEIGHT / 2])

    def lies(how: Move) -> NDArray[np.float64]:
        angle = np.radians(how.degrees)
        c, s = np.cos(angle), np.sin(angle)
        shift = np.array([how.across, how.down])
        return np.asarray(corners @ np.array([[c, s], [-s, c]]) + shift + middle)

    there = to_picture(lies(base) / (WIDTH, HEIGHT), found) * (WIDTH, HEIGHT)
    return float(np.linalg.norm(there - lies(move), axis=1).mean())
