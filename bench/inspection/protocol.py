"""Who is a reference and who is tested, with features; and what banks make of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from bench.inspection.bootstrap import Area, area
from bench.inspection.features import LIMITS, Features
from bench.inspection.tiles import Tile, Tiles, split
from services.embedder.model import PatchGrid
from services.imaging.decode import size_of
from services.inspection.learning.bank import Match
from services.inspection.learning.bank_choice import (
    LEAST_REFERENCES,
    SHORT_SIDE,
    Glance,
    plan_of,
    tried,
)
from services.inspection.learning.bank_learning import Painting, learn_bank
from services.inspection.learning.banks import AnyBank, TwoBanks
from services.inspection.learning.marks import paint, paintings
from services.inspection.learning.patch_trainer import GLANCED_AT
from services.inspection.model import BankChoice, Banks, View

Scores = NDArray[np.float64]

ALL = "all"


@dataclass(frozen=True)
class Seen:
    """A tile and its features."""

    tile: Tile
    grid: PatchGrid = field(repr=False)
    """As the first bank sees it."""
    second: PatchGrid = field(repr=False)
    """As the second does."""

    @property
    def grids(self) -> tuple[PatchGrid, PatchGrid]:
        """For two banks."""
        return self.grid, self.second


@dataclass(frozen=True)
class SeenTiles:
    """All tiles with their features."""

    normals: Sequence[Seen]
    defects: Mapping[str, Sequence[Seen]]
    view: View
    """How the second bank sees them: in every split alike, so that it is looked once."""

    def split(self, seed: int) -> tuple[list[Seen], list[Seen]]:
        """References, and normals that are tested."""
        return split(self.normals, seed)


def see(tiles: Tiles, features: Features) -> SeenTiles:
    """Takes the features of all tiles, at the default size and as a second bank sees them."""
    sides = [min(size_of(tile.content, LIMITS)) for tile in tiles.normals]
    view = View(scale=SHORT_SIDE / float(np.median(sides)))

    def seen(some: Sequence[Tile]) -> list[Seen]:
        return [
            Seen(tile, features.grid(tile.content), features.grid(tile.content, view=view))
            for tile in some
        ]

    return SeenTiles(
        seen(tiles.normals), {kind: seen(some) for kind, some in tiles.defects.items()}, view
    )


def learn(
    references: Sequence[Seen], view: View, painted: Sequence[Sequence[Painting]] = ((), ())
) -> TwoBanks:
    """What a calibration with two banks learns from references."""
    names = [str(place) for place in range(len(references))]
    first, second = (
        learn_bank(
            [one.grids[bank] for one in references],
            [[]] * len(references),
            names,
            painted=painted[bank],
        )
        for bank in (0, 1)
    )
    return TwoBanks.of(first, second, view)


def choose(
    references: Sequence[Seen], features: Features, view: View
) -> tuple[AnyBank, BankChoice]:
    """What a calibration learns that is left to choose."""
    glances = [
        Glance.at(one.tile.content, LIMITS)
        for one in references[:: -(-len(references) // GLANCED_AT)]
    ]
    plan = plan_of(Banks.AUTO, len(references), glances)
    if plan.view is None:
        names = [str(place) for place in range(len(references))]
        first = learn_bank([one.grid for one in references], [[]] * len(references), names)
        return first, BankChoice(1, plan.explanation)
    painted: tuple[list[Painting], list[Painting]] = ([], [])
    for place, numbers in paintings(len(references)).items():
        for number in numbers:
            original = references[place].tile.content
            content, marks = paint(original, number, LIMITS, side=features.default_size)
            shrunk = min(size_of(original, LIMITS)) / min(size_of(content, LIMITS))
            seen = (
                features.grid(content),
                features.grid(content, view=replace(view, scale=view.scale * shrunk)),
            )
            for bank, grid in enumerate(seen):
                if grid.shape == references[place].grids[bank].shape:
                    painted[bank].append(Painting(place, grid, marks))
    banks = learn(references, view, painted)
    choice = tried(plan, banks)
    return (banks if choice.count == 2 else banks.first), choice


def bank_of(
    references: Sequence[Seen],
    view: View,
    variants: Sequence[Sequence[PatchGrid]] | None = None,
) -> AnyBank:
    """What a calibration learns from references: of few, and of variants, one bank."""
    if len(references) >= LEAST_REFERENCES:
        return learn(references, view)
    return learn_bank(
        [one.grid for one in references],
        [[] for _ in references] if variants is None else variants,
        [str(place) for place in range(len(references))],
    )


def match(bank: AnyBank, one: Seen) -> Match:
    """What one or two banks say of a tile."""
    return bank.match(one.grids) if isinstance(bank, TwoBanks) else bank.match(one.grid)


def matches(bank: AnyBank, some: Iterable[Seen]) -> list[Match]:
    """What a bank says of tiles."""
    return [match(bank, one) for one in some]


def scores_by(bank: AnyBank, some: Iterable[Seen]) -> Scores:
    """What they score."""
    return scores(matches(bank, some))


def scores(found: Iterable[Match]) -> Scores:
    """Their scores."""
    return np.array([match.score for match in found])


def together(by_kind: Mapping[str, Scores]) -> Scores:
    """Scores of all kinds."""
    return np.concatenate(list(by_kind.values()))


def areas(normals: Scores, by_kind: Mapping[str, Scores]) -> dict[str, Area]:
    """AUROC over all defects and of each kind."""
    found = {ALL: area(normals, together(by_kind))}
    return found | {kind: area(normals, some) for kind, some in by_kind.items()}
