"""Clusters of images: one kind after the other, each among the best of the kind before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.search.duplicates.alike_vectors import VectorRows, Vectors, assign_alike
from services.search.duplicates.leaders import Places
from services.search.duplicates.model import Clusters, Kind
from services.search.duplicates.near_hashes import Hashes, assign_near, hamming
from services.search.mapping.layout import Ids

LEAST_BITS = 16
"""Of a hash; a picture with structure has 32. One that is almost a single colour has few, and is in
few bits of any other such."""

SHA256_TYPE = np.dtype("S32")


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """What tells images apart, [n] of each, oldest image first."""

    ids: Ids
    sha256s: NDArray[np.bytes_]
    phashes: Hashes
    pixel_counts: NDArray[np.int64]
    sizes_bytes: NDArray[np.int64]

    def only(self, which: NDArray[np.bool_] | Places) -> "Fingerprints":
        """Some of them, or all in another order."""
        return Fingerprints(
            self.ids[which],
            self.sha256s[which],
            self.phashes[which],
            self.pixel_counts[which],
            self.sizes_bytes[which],
        )


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors of images.

    Attributes:
        ids: [m] images, ascending.
        vectors: [m, dimension] theirs.
    """

    ids: Ids
    vectors: Vectors

    def rows(self, ids: Ids) -> NDArray[np.int64]:
        """[len(ids)] which row each image's vector is; -1 if it has none."""
        if not len(self.ids):
            return np.full(len(ids), -1)
        rows = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[rows] == ids, rows, -1)


def group(
    images: Fingerprints,
    kinds: frozenset[Kind],
    *,
    max_distance: int,
    min_size: int,
    embedded: Embedded | None = None,
    min_cosine: float = 1.0,
) -> Clusters:
    """Finds clusters.

    Images are in order from the best: most pixels, then oldest. Each kind looks at
    those that no better one led before, so that an image is led once at most.

    Args:
        images: All of them, oldest first.
        kinds: What counts as the same.
        max_distance: In how many bits hashes may differ.
        min_size: Fewest images of a cluster, 2 at least.
        embedded: Vectors; needed for ALIKE.
        min_cosine: What counts as alike.
    """
    images = images.only(np.argsort(-images.pixel_counts, kind="stable"))
    leader = np.arange(len(images.ids))
    kind_of = np.zeros(len(leader), np.uint8)
    cosines = np.full(len(leader), np.nan, np.float32)
    without_vector_count = 0

    def free() -> Places:
        return np.flatnonzero(kind_of == 0)

    if Kind.EXACT in kinds:
        led = _equal(images.sha256s)
        kind_of[led != leader], leader = Kind.EXACT, led
    if Kind.NEAR in kinds:
        among = free()
        among = among[np.bitwise_count(images.phashes[among]) >= LEAST_BITS]
        led = _near(images.phashes[among], max_distance)
        given = led != np.arange(len(among))
        leader[among[given]] = among[led[given]]
        kind_of[among[given]] = Kind.NEAR
    if Kind.ALIKE in kinds and embedded is not None:
        without_vector_count = int((embedded.rows(images.ids) < 0).sum())
        among = free()
        rows = embedded.rows(images.ids[among])
        among, rows = among[rows >= 0], rows[rows >= 0]
        found = assign_alike(VectorRows(embedded.vectors, rows), min_cosine)
        given = ~found.is_free
        leader[among[given]] = among[found.leader[given]]
        cosines[among[given]] = found.closeness[given]
        kind_of[among[given]] = Kind.ALIKE
    return _told(images, _Led(leader, kind_of, cosines), min_size, without_vector_count)


def _equal(values: NDArray[np.bytes_]) -> Places:
    """[n] the first place of each value."""
    _, firsts, inverse = np.unique(values, return_index=True, return_inverse=True)
    return np.asarray(firsts[inverse], np.int64)


def _near(hashes: Hashes, max_distance: int) -> Places:
    """[n] the place of each hash's leader."""
    _, firsts, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    by_place = np.argsort(firsts)
    places = firsts[by_place]
    led = assign_near(hashes[places], max_distance).leader
    of_value = np.empty(len(places), np.int64)
    of_value[by_place] = places[led]
    return of_value[inverse]


@dataclass(frozen=True, slots=True)
class _Led:
    """[n] of each: who leads an image, by which kind (0: nobody does), and how close it is."""

    leader: Places
    kind_of: NDArray[np.uint8]
    cosines: NDArray[np.float32]


def _told(images: Fingerprints, found: _Led, min_size: int, without_vector_count: int) -> Clusters:
    """Clusters in the order in which they are told."""
    leader, kind_of, cosines = found.leader, found.kind_of, found.cosines
    led = np.flatnonzero(kind_of)
    led = led[np.lexsort((led, leader[led], kind_of[led]))]
    begins = np.ones(len(led), bool)
    begins[1:] = (np.diff(leader[led]) != 0) | (np.diff(kind_of[led]) != 0)
    firsts = np.flatnonzero(begins)
    led_counts = np.diff(np.append(firsts, len(led)))
    bests, kinds = leader[led[firsts]], kind_of[led[firsts]]
    order = np.lexsort((images.ids[bests], -led_counts, kinds))
    order = order[led_counts[order] + 1 >= min_size]
    bests, kinds, led_counts = bests[order], kinds[order], led_counts[order]
    starts = np.concatenate([[0], np.cumsum(led_counts + 1)]).astype(np.int64)
    is_best = np.zeros(int(starts[-1]), bool)
    is_best[starts[:-1]] = True
    members = np.empty(len(is_best), np.int64)
    members[is_best] = bests
    # Places in `led`, one cluster's after the other's.
    within = np.arange(len(members) - len(bests)) - np.repeat(
        np.cumsum(led_counts) - led_counts, led_counts
    )
    members[~is_best] = led[np.repeat(firsts[order], led_counts) + within]
    best_of = np.repeat(bests, led_counts + 1)
    of_alike = np.repeat(kinds == Kind.ALIKE, led_counts + 1)
    return Clusters(
        kinds=kinds,
        starts=starts,
        ids=images.ids[members],
        distances=hamming(images.phashes[members], images.phashes[best_of]),
        cosines=np.where(of_alike, np.where(is_best, 1, cosines[members]), np.nan).astype(
            np.float32
        ),
        image_count=len(images.ids),
        without_vector_count=without_vector_count,
        duplicate_bytes=int(images.sizes_bytes[members[~is_best]].sum()),
    )
