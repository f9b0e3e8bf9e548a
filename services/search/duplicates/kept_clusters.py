"""What was found lately, in memory: for pages and for streams that broke."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from services.search.duplicates.model import Clusters

MOST_BYTES = 64 * 2**20
"""Clusters of two million images; the longest unused go first."""
KEEP_S = 900.0
"""How long they are kept unused."""

Key = tuple[str, ...]
"""Whose, and all that shapes them."""


@dataclass(frozen=True, slots=True)
class Found:
    """Clusters, and what they are of."""

    version: str
    """Stands for the images and vectors that were compared."""
    clusters: Clusters


class KeptClusters:
    """Clusters by what was asked.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._found: OrderedDict[Key, tuple[float, Found]] = OrderedDict()

    def get(self, key: Key, version: str) -> Found | None:
        """What was found of a version; None if it is not kept."""
        self._give_up()
        found = self._found.get(key)
        if found is None or found[1].version != version:
            return None
        self._found[key] = (self._clock(), found[1])
        self._found.move_to_end(key)
        return found[1]

    def keep(self, key: Key, found: Found) -> None:
        """Keeps what was found, in place of what was before."""
        self._found[key] = (self._clock(), found)
        self._found.move_to_end(key)
        self._give_up()

    def _give_up(self) -> None:
        oldest = self._clock() - KEEP_S
        taken = sum(found.clusters.nbytes for _, found in self._found.values())
        for key, (used_at, found) in list(self._found.items()):
            if used_at >= oldest and taken <= MOST_BYTES:
                return
            taken -= found.clusters.nbytes
            del self._found[key]
