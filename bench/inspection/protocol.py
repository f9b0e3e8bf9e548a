"""Who is a reference and who is tested, with features; and what banks make of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.inspection.bootstrap import Area, area
from bench.inspection.features import Features
from bench.inspection.tiles import Tile, Tiles, split
from services.embedder.model import PatchGrid
from services.inspection.learning.bank import Match, PatchBank
from services.inspection.learning.bank_learning import learn_bank

Scores = NDArray[np.float64]

ALL = "all"


@dataclass(frozen=True)
class Seen:
    """A tile and its features."""

    tile: Tile
    grid: PatchGrid = field(repr=False)


@dataclass(frozen=True)
class SeenTiles:
    """All tiles with their features."""

    normals: Sequence[Seen]
    defects: Mapping[str, Sequence[Seen]]

    def split(self, seed: int) -> tuple[list[Seen], list[Seen]]:
        """References, and normals that are tested."""
        return split(self.normals, seed)


def see(tiles: Tiles, features: Features) -> SeenTiles:
    """Takes the features of all tiles, at the default size."""

    def seen(some: Sequence[Tile]) -> list[Seen]:
        return [Seen(tile, features.grid(tile.content)) for tile in some]

    return SeenTiles(
        seen(tiles.normals), {kind: seen(some) for kind, some in tiles.defects.items()}
    )


def bank_of(
    references: Sequence[Seen], variants: Sequence[Sequence[PatchGrid]] | None = None
) -> PatchBank:
    """What a calibration learns from references."""
    return learn_bank(
        [one.grid for one in references],
        [[] for _ in references] if variants is None else variants,
        [str(place) for place in range(len(references))],
    )


def matches(bank: PatchBank, some: Iterable[Seen]) -> list[Match]:
    """What a bank says of tiles."""
    return [bank.match(one.grid) for one in some]


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
