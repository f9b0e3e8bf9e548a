"""Vectors with a high cosine, found without multiplying all with all in full.

A few numbers of each vector come first: its products with the main directions of all of them, and
the length of what those leave out. For unit vectors x = (p, r), y = (q, s) the product is p·q + r·s
at most (Cauchy and Schwarz), where r and s are such lengths; so (p, |r|)·(q, |s|) is a bound, with
an eighth of the numbers. Only pairs whose bound is high enough are multiplied in full.

Up to `ALL_UP_TO` vectors each leader's bounds are looked at with all that come after it: nothing
is missed. Of more, vectors are parted into cells (k-means of the few numbers), and a leader is
compared with those of the cells nearest to it, and of all whose centres are themselves that close
to it. What lies across the edge of many cells may be missed; `docs/benchmarks/duplicates.md` says
how much is.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.search.duplicates.leaders import Assignment, Places

Vectors = NDArray[np.float16]
"""[n, dimension] of any length but 0, perhaps in a file."""
Few = NDArray[np.float32]
"""[n, FEW] the few numbers of each unit vector."""

ALL_UP_TO = 100_000
FEW = 64
SLACK = 1e-3
"""What rounding of 16-bit vectors and 32-bit products may take off a bound."""
SAMPLED = 20_000
"""Vectors of which the main directions are taken."""
ROWS_AT_ONCE = 16_384
LEADERS_AT_ONCE = 512
COLUMNS_AT_ONCE = 4_096
PAIRS_AT_ONCE = 16_384
"""Pairs that are multiplied in full at once."""
BLOCK = 4_096
"""Vectors of which leaders are found among themselves, before they are looked for in cells."""
PROBES = 8
"""Cells that a leader is looked for in."""
ROUNDS = 6
"""Of k-means."""
TRAINED = 32
"""Vectors for each cell that k-means learns from."""
REBUILT_BELOW = 0.75
"""Share of the vectors in cells that are still of interest; below it cells are packed anew."""


@dataclass(frozen=True, slots=True)
class VectorRows:
    """Some vectors, in an order of their own, read where they are.

    Attributes:
        vectors: All of them.
        rows: [n] which.
    """

    vectors: Vectors
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.rows)

    def units(self, which: Places | slice) -> NDArray[np.float32]:
        """Some of them, of length 1."""
        found = np.asarray(self.vectors[self.rows[which]], np.float32)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        return np.asarray(found / np.maximum(lengths, np.float32(1e-12)), np.float32)


def assign_alike(vectors: VectorRows, least_cosine: float, *, seed: int = 0) -> Assignment:
    """Gives each vector that is alike with a better one to the best of those that lead.

    Args:
        vectors: The best image's first.
        least_cosine: What counts as alike, 0.8 to 1.
        seed: Of what is drawn; the same vectors give the same.

    Returns:
        Who leads whom; cosines as `closeness`.
    """
    assignment = Assignment.of(len(vectors))
    if len(vectors) < 2:
        return assignment
    rng = np.random.default_rng(seed)
    pairs = _Pairs(vectors, _few(vectors, rng), least_cosine)
    if len(vectors) <= ALL_UP_TO:
        _lead_all(pairs, assignment, np.arange(len(vectors)))
        return assignment
    cells = _Cells.of(pairs.few, rng)
    free = np.arange(len(vectors))
    packed = _Packed.of(cells, pairs.few, free)
    for start in range(0, len(vectors), BLOCK):
        end = min(start + BLOCK, len(vectors))
        block = start + np.flatnonzero(assignment.is_free[start:end])
        _lead_all(pairs, assignment, block)
        leaders = block[assignment.is_free[block]]
        ones, others = packed.candidates(pairs, leaders, assignment.is_free, end)
        _give_alike(pairs, assignment, ones, others)
        free = end + np.flatnonzero(assignment.is_free[end:])
        if len(free) < REBUILT_BELOW * len(packed.members):
            packed = _Packed.of(cells, pairs.few, free)
    return assignment


def _few(vectors: VectorRows, rng: np.random.Generator) -> Few:
    """The few numbers of each vector: products with main directions, and what is left."""
    count, dimension = len(vectors), vectors.vectors.shape[1]
    few = np.zeros((count, FEW), np.float32)
    directions: NDArray[np.float32] | None = None
    if dimension >= FEW:
        sample = vectors.units(np.sort(rng.choice(count, min(count, SAMPLED), replace=False)))
        _, found = np.linalg.eigh(sample.T @ sample)
        directions = np.ascontiguousarray(found[:, :-FEW:-1], np.float32)
    for start in range(0, count, ROWS_AT_ONCE):
        rows = vectors.units(slice(start, start + ROWS_AT_ONCE))
        if directions is None:
            few[start : start + ROWS_AT_ONCE, :dimension] = rows
            continue
        main = rows @ directions
        left = np.sqrt(np.maximum(0, 1 - np.einsum("ij,ij->i", main, main)))
        few[start : start + ROWS_AT_ONCE] = np.column_stack([main, left])
    return few


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Tells which pairs are alike."""

    vectors: VectorRows
    few: Few
    least_cosine: float

    @property
    def least_bound(self) -> np.float32:
        """What the bound of a pair has at least that may be alike."""
        return np.float32(self.least_cosine - SLACK)

    def cosines(self, ones: Places, others: Places) -> NDArray[np.float32]:
        """Cosines of pairs in full."""
        found = np.empty(len(ones), np.float32)
        for start in range(0, len(ones), PAIRS_AT_ONCE):
            part = slice(start, start + PAIRS_AT_ONCE)
            found[part] = np.einsum(
                "ij,ij->i", self.vectors.units(ones[part]), self.vectors.units(others[part])
            )
        return np.minimum(found, np.float32(1))


def _give_alike(pairs: _Pairs, assignment: Assignment, ones: Places, others: Places) -> None:
    cosines = pairs.cosines(ones, others)
    # What is 1 but for rounding is 1.
    alike = cosines >= np.float32(min(pairs.least_cosine, 1 - SLACK))
    assignment.give(ones[alike], others[alike], cosines[alike])


def _lead_all(pairs: _Pairs, assignment: Assignment, among: Places) -> None:
    """Finds leaders among some vectors, each compared with all of these that come after it."""
    few = pairs.few[among]
    start = 0
    while start < len(among):
        block = among[start : start + LEADERS_AT_ONCE]
        own = few[start : start + LEADERS_AT_ONCE]
        start += len(block)
        # Leaders among themselves first: of many that are all alike one is left, and not the
        # products of all of them with all others.
        rows, columns = np.nonzero(np.triu(own @ own.T >= pairs.least_bound, 1))
        _give_alike(pairs, assignment, block[rows], block[columns])
        leads = assignment.is_free[block]
        leaders, leading = block[leads], own[leads]
        rest = among[start:]
        for ones, others in _bounded(pairs, leaders, leading, rest, few[start:]):
            free = assignment.is_free[others]
            _give_alike(pairs, assignment, ones[free], others[free])
        free = assignment.is_free[rest]
        if free.mean() < REBUILT_BELOW if len(rest) else False:
            among, few, start = rest[free], few[start:][free], 0


def _bounded(
    pairs: _Pairs, leaders: Places, leading: Few, others: Places, few: Few
) -> Iterator[tuple[Places, Places]]:
    """Pairs of leaders and others whose bound is high enough, some of the others at once."""
    for start in range(0, len(others) if len(leaders) else 0, COLUMNS_AT_ONCE):
        part = slice(start, start + COLUMNS_AT_ONCE)
        rows, columns = np.nonzero(leading @ few[part].T >= pairs.least_bound)
        yield leaders[rows], others[part][columns]


@dataclass(frozen=True, slots=True)
class _Cells:
    """Cells of vectors that are near one another.

    Attributes:
        homes: [n] the cell of each vector.
        probed: [n, PROBES] the cells nearest to each.
        centres: [cells, FEW] of any length.
        halves: [cells] half of the centres' squared lengths.
    """

    homes: NDArray[np.int32]
    probed: NDArray[np.int32]
    centres: Few
    halves: NDArray[np.float32]

    @classmethod
    def of(cls, few: Few, rng: np.random.Generator) -> "_Cells":
        """Cells by k-means, learnt from some of the vectors."""
        count = int(2 * np.sqrt(len(few)))
        learnt = few[np.sort(rng.choice(len(few), min(len(few), TRAINED * count), replace=False))]
        centres = learnt[np.sort(rng.choice(len(learnt), count, replace=False))].copy()
        for _ in range(ROUNDS):
            halves = np.einsum("ij,ij->i", centres, centres) / 2
            homes = np.concatenate(
                [np.argmax(part @ centres.T - halves, axis=1) for part in _parts(learnt)]
            )
            order = np.argsort(homes, kind="stable")
            firsts = np.flatnonzero(np.diff(homes[order], prepend=-1))
            sums = np.add.reduceat(learnt[order], firsts, axis=0)
            sizes = np.diff(np.append(firsts, len(order)))
            centres[homes[order][firsts]] = sums / sizes[:, None]
        halves = np.einsum("ij,ij->i", centres, centres) / 2
        probed = np.empty((len(few), PROBES), np.int32)
        start = 0
        for part in _parts(few):
            nearness = part @ centres.T - halves
            best = np.argpartition(nearness, -PROBES, axis=1)[:, -PROBES:]
            order = np.argsort(np.take_along_axis(nearness, best, axis=1), axis=1)[:, ::-1]
            probed[start : start + len(part)] = np.take_along_axis(best, order, axis=1)
            start += len(part)
        return cls(probed[:, 0].copy(), probed, centres, halves.astype(np.float32))

    def asked(self, few: Few, places: Places, least_cosine: float) -> tuple[Places, Places]:
        """Cells that some vectors are looked for in, as pairs of a row of `few` and a cell."""
        probes = np.repeat(np.arange(len(places)), PROBES), self.probed[places].ravel()
        # Where many are alike, they fill many cells, whose centres are among them. A centre c is as
        # close to a unit vector x as two that are alike if |x - c|² ≤ 2 - 2t.
        close = few @ self.centres.T - self.halves >= least_cosine - 0.5
        rows, cells = np.nonzero(close)
        found = np.concatenate([probes[1].astype(np.int64) * len(places) + probes[0],
                                cells * len(places) + rows])  # fmt: skip
        found = np.unique(found)
        return found % len(places), found // len(places)


def _parts(few: Few) -> Iterator[Few]:
    for start in range(0, len(few), BLOCK):
        yield few[start : start + BLOCK]


@dataclass(frozen=True, slots=True)
class _Packed:
    """Vectors that are still of interest, cell by cell.

    Attributes:
        cells: All cells.
        members: [m] places of vectors, by cell.
        few: [m, FEW] theirs.
        starts: [cells + 1] where each cell begins.
    """

    cells: _Cells
    members: Places
    few: Few
    starts: Places

    @classmethod
    def of(cls, cells: _Cells, few: Few, places: Places) -> "_Packed":
        """Packs some vectors."""
        homes = cells.homes[places]
        members = places[np.argsort(homes, kind="stable")]
        counts = np.bincount(homes, minlength=len(cells.centres))
        return cls(cells, members, few[members], np.concatenate([[0], np.cumsum(counts)]))

    def candidates(
        self, pairs: _Pairs, leaders: Places, is_free: NDArray[np.bool_], behind: int
    ) -> tuple[Places, Places]:
        """Pairs of leaders and free vectors behind a place whose bound is high enough."""
        leading = pairs.few[leaders]
        rows, cells = self.cells.asked(leading, leaders, pairs.least_cosine)
        firsts = np.flatnonzero(np.diff(cells, prepend=-1))
        ends = np.append(firsts[1:], len(cells))
        ones, others = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for first, end in zip(firsts.tolist(), ends.tolist(), strict=False):
            cell = slice(self.starts[cells[first]], self.starts[cells[first] + 1])
            asking = rows[first:end]
            one, other = np.nonzero(leading[asking] @ self.few[cell].T >= pairs.least_bound)
            if not len(one):
                continue
            found = self.members[cell][other]
            wanted = is_free[found] & (found >= behind)
            ones.append(leaders[asking[one[wanted]]])
            others.append(found[wanted])
        return np.concatenate(ones), np.concatenate(others)
