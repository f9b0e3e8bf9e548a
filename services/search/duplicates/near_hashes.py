"""Hashes within a Hamming distance of one another, found without comparing all with all.

Multi-index hashing (Norouzi, Punjani and Fleet, "Fast Exact Search in Hamming Space with
Multi-Index Hashing", 2014). 64 bits are cut into four bands of 16. If two hashes differ in at most
r = 4a + b bits, 0 ≤ b < 4, then one of the first b + 1 bands differs in at most a bits, or one of
the others in at most a - 1: otherwise they would differ in (b + 1)(a + 1) + (3 - b)a = r + 1 at
least. So each hash is compared with those that are in the buckets of the few keys near its bands,
and nothing within r is missed.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from services.search.duplicates.leaders import Assignment

Hashes = NDArray[np.uint64]
"""[n] hashes of 64 bits."""
Counts = NDArray[np.int64]

BANDS = 4
BAND_BITS = 16
MOST_DISTANCE = 10
"""With more, keys near a band are so many that comparing with all would be as fast."""
LEADERS_AT_ONCE = 16_384
"""Hashes whose buckets are looked up at once: at most 428 keys each."""
PAIRS_AT_ONCE = 4 * 2**20
"""Pairs that are compared at once, about 150 MB."""
REBUILT_BELOW = 0.85
"""Share of the hashes in the buckets that are still of interest; below it buckets are made anew."""


def hamming(one: Hashes, other: Hashes) -> NDArray[np.uint8]:
    """In how many bits hashes differ, pair by pair."""
    return np.asarray(np.bitwise_count(one ^ other), np.uint8)


def assign_near(hashes: Hashes, most_distance: int) -> Assignment:
    """Gives each hash that is near a better one to the best of those that lead.

    Args:
        hashes: [n] different hashes, the best image's first.
        most_distance: In how many bits they may differ, 0 to `MOST_DISTANCE`.

    Returns:
        Who leads whom; the bits in which they differ as `closeness`.
    """
    assignment = Assignment.of(len(hashes))
    if most_distance == 0 or len(hashes) < 2:
        return assignment
    mixed = _mixed(hashes)
    index = _Buckets.of(mixed, np.arange(len(hashes)), most_distance)
    start = 0
    while start < len(hashes):
        slab = start + np.flatnonzero(assignment.is_free[start : start + LEADERS_AT_ONCE])
        first = start
        start += LEADERS_AT_ONCE
        of_interest = first + np.flatnonzero(assignment.is_free[first:])
        if len(of_interest) < REBUILT_BELOW * len(index.members):
            index = _Buckets.of(mixed, of_interest, most_distance)
        for block in index.blocks(slab):
            leaders = block[assignment.is_free[block]]
            one, other = index.pairs(leaders, assignment.is_free)
            distance = hamming(hashes[one], hashes[other])
            close = distance <= most_distance
            assignment.give(one[close], other[close], distance[close].astype(np.float32))
    return assignment


def _mixed(hashes: Hashes) -> NDArray[np.uint16]:
    """[BANDS, n] keys of the bands.

    Neighbouring bits of a perceptual hash are of neighbouring frequencies, and depend on each
    other; each band takes every fourth bit, so that keys are spread.
    """
    bits = np.unpackbits(hashes.astype(">u8").view(np.uint8).reshape(-1, 8), axis=1)
    keys = [np.packbits(bits[:, band::BANDS], axis=1).view(">u2").ravel() for band in range(BANDS)]
    return np.stack(keys).astype(np.uint16)


def _masks(radius: int) -> NDArray[np.uint16]:
    """All keys with at most so many bits."""
    found = [
        sum(1 << bit for bit in chosen)
        for count in range(radius + 1)
        for chosen in combinations(range(BAND_BITS), count)
    ]
    return np.array(found, np.uint16)


@dataclass(frozen=True, slots=True)
class _Band:
    """The buckets of one band, and which of them are asked."""

    keys: NDArray[np.uint16]
    """[n] every hash's key."""
    order: Counts
    """[m] members by key, and by place where keys are equal."""
    starts: Counts
    """[2 ** BAND_BITS + 1] where in `order` each key's bucket begins."""
    masks: NDArray[np.uint16]

    def asked(self, which: Counts) -> tuple[Counts, Counts]:
        """[len(which), masks] where the buckets that are asked begin, and their sizes."""
        near = (self.keys[which][:, None] ^ self.masks[None, :]).astype(np.int64)
        begins = self.starts[near]
        return begins, self.starts[near + 1] - begins


@dataclass(frozen=True, slots=True)
class _Buckets:
    """Members by the keys of their bands."""

    members: Counts
    bands: list[_Band]

    @classmethod
    def of(cls, mixed: NDArray[np.uint16], members: Counts, most_distance: int) -> "_Buckets":
        """Buckets of some hashes, for a distance of at least 1."""
        radius, rest = divmod(most_distance, BANDS)
        bands = []
        for band in range(BANDS):
            reach = radius if band <= rest else radius - 1
            if reach < 0:
                continue
            keys = mixed[band][members]
            counts = np.bincount(keys, minlength=2**BAND_BITS)
            bands.append(
                _Band(
                    mixed[band],
                    members[np.argsort(keys, kind="stable")],
                    np.concatenate([[0], np.cumsum(counts)]),
                    _masks(reach),
                )
            )
        return cls(members, bands)

    def blocks(self, leaders: Counts) -> list[Counts]:
        """The leaders in order, in blocks of about `PAIRS_AT_ONCE` pairs or of one leader."""
        if not len(leaders):
            return []
        sizes = sum(band.asked(leaders)[1].sum(axis=1) for band in self.bands)
        ends = np.cumsum(sizes) // PAIRS_AT_ONCE
        return np.split(leaders, np.flatnonzero(np.diff(ends)) + 1)

    def pairs(self, leaders: Counts, is_free: NDArray[np.bool_]) -> tuple[Counts, Counts]:
        """Leaders, and what is in the buckets near theirs, is free and comes after them."""
        ones, others = [], []
        for band in self.bands:
            begins, sizes = (part.ravel() for part in band.asked(leaders))
            ends = np.cumsum(sizes)
            total = int(ends[-1]) if len(ends) else 0
            one = np.repeat(np.repeat(leaders, len(band.masks)), sizes)
            places = np.arange(total) + np.repeat(begins - ends + sizes, sizes)
            other = band.order[places]
            wanted = (other > one) & is_free[other]
            ones.append(one[wanted])
            others.append(other[wanted])
        return np.concatenate(ones), np.concatenate(others)
