"""How references are held out: which are scored by what which others taught.

A reference is scored by members that did not come from its fold. Pictures of
one part are alike, so they are of one fold: what a reference scores then stands
for that of a part never seen. Where some parts have several pictures, references
are cut once more, so that a reference's own picture is held out and those of its
part are not: that stands for parts that are known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOLDS = 5
"""Parts that references are held out in; each is scored by the coresets of the others."""

FEW = 16
"""Up to so many parts, or references, are each held out alone."""

GROUP = 100
"""References that members are chosen from together, at most about so many."""


@dataclass(frozen=True, slots=True)
class Folds:
    """References, each in one fold."""

    of: NDArray[np.intp] = field(repr=False)
    """Fold of each reference, from 0, [n]."""
    count: int

    def places(self, fold: int) -> list[int]:
        """The references of a fold."""
        return [int(place) for place in np.flatnonzero(self.of == fold)]


@dataclass(frozen=True, slots=True)
class Cut:
    """How references are held out."""

    folds: Folds
    """By part, for what a threshold is made of; by picture if all show the same part."""
    known: Folds | None = None
    """By picture, if that is not the same."""

    @property
    def cells(self) -> NDArray[np.intp]:
        """References that are held out together either way have one number, from 0, [n]."""
        if self.known is None:
            return self.folds.of
        pairs = (self.folds.of * self.known.count + self.known.of).tolist()
        return numbered(pairs)


def several(parts: Sequence[int]) -> list[int]:
    """Places of the references whose part has other pictures as well."""
    numbers = numbered(parts)
    sizes = np.bincount(numbers)
    return [int(place) for place in np.flatnonzero(sizes[numbers] > 1)]


def cut_by_part(parts: Sequence[int]) -> Cut:
    """How references are held out.

    Args:
        parts: Number of the part that each reference shows, any numbers, [n].
    """
    numbers = numbered(parts)
    count, different = len(numbers), int(numbers.max()) + 1
    if different in (1, count):
        return Cut(_folds(np.arange(count)))
    # Pictures of one part come one after the other, so that they are of different folds.
    place = np.empty(count, np.intp)
    place[np.argsort(numbers, kind="stable")] = np.arange(count)
    by_part = _folds(numbers)
    # Not fewer folds, so that pictures are not scored by fewer others than new parts are.
    return Cut(by_part, _folds(place, least=by_part.count))


def numbered(parts: Sequence[int]) -> NDArray[np.intp]:
    """The same parts, numbered from 0 in the order in which they come."""
    numbers: dict[int, int] = {}
    return np.array([numbers.setdefault(part, len(numbers)) for part in parts], np.intp)


PARTS = "parts.numbers"
"""Array of an artifact: number of the part that each image shows, in the order of its scores."""


def parts_arrays(parts: Sequence[int]) -> dict[str, NDArray[Any]]:
    """Numbers of parts, for an artifact."""
    return {PARTS: np.array(parts, np.int32)} if parts else {}


def parts_from(arrays: Mapping[str, NDArray[Any]]) -> list[int]:
    """What `parts_arrays` was given; none where each image is a part of its own."""
    return [int(part) for part in arrays.get(PARTS, ())]


def chosen_together(
    numbers: NDArray[np.intp], cells: NDArray[np.intp], size: int
) -> list[NDArray[np.intp]]:
    """Candidates that members are chosen from together, as places in `numbers`.

    Those of a cell, so that no member is chosen with an eye to a reference that
    it is to judge; those of many in several groups, so that choosing costs in
    proportion to the references.

    Args:
        numbers: The reference that each candidate is of, from 0, [p].
        cells: Which references are held out together, from 0, [n].
        size: How many members are chosen; no more groups than that, if there are as many cells.
    """
    sizes = np.bincount(cells)
    groups = max(1, min(-(-int(sizes.max()) // GROUP), size // len(sizes)))
    nth = np.empty(len(cells), np.intp)
    nth[np.argsort(cells, kind="stable")] = np.concatenate([np.arange(one) for one in sizes])
    group_of = (cells * groups + nth % groups)[numbers]
    found = (np.flatnonzero(group_of == group) for group in range(len(sizes) * groups))
    return [group for group in found if len(group)]


def _folds(numbers: NDArray[np.intp], *, least: int = FOLDS) -> Folds:
    """Those of one number in one fold; numbers are from 0 without gaps."""
    different = int(numbers.max()) + 1
    count = different if different <= FEW else least
    return Folds(numbers % count, count)
