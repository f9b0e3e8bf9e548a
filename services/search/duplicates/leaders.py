"""Clusters around a best member: who leads whom.

Items come best first. One after the other, each that no better one leads becomes a leader, and is
given whatever is close to it and is not given to another yet. So every item of a cluster is close
to the cluster's best: chains, in which each is close to the next and the last has nothing of the
first, do not arise, as they do where pairs are joined by single link.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
"""Places of items in their order, best first."""


@dataclass(slots=True)
class Assignment:
    """Who leads whom.

    Attributes:
        leader: [n] place of each item's leader; its own if nobody leads it.
        closeness: [n] how close it is to its leader, in whatever is measured.
        is_free: [n] whether nobody leads it.
    """

    leader: Places
    closeness: NDArray[np.float32]
    is_free: NDArray[np.bool_]

    @classmethod
    def of(cls, count: int) -> Self:
        """Nobody leads anybody."""
        return cls(np.arange(count), np.zeros(count, np.float32), np.ones(count, bool))

    def give(self, ones: Places, others: Places, closeness: NDArray[np.float32]) -> None:
        """Gives items to leaders.

        Args:
            ones: [p] the better items of close pairs; all pairs that an item of them begins are
                here, or were before, and no item of another call comes between them.
            others: [p] the worse items.
            closeness: [p] how close they are.
        """
        if not len(ones):
            return
        order = np.argsort(ones, kind="stable")
        ones, others, closeness = ones[order], others[order], closeness[order]
        firsts = np.flatnonzero(np.diff(ones, prepend=-1))
        ends = np.append(firsts[1:], len(ones))
        for first, end in zip(firsts.tolist(), ends.tolist(), strict=True):
            leader = ones[first]
            if not self.is_free[leader]:
                continue
            led = others[first:end]
            free = self.is_free[led]
            led = led[free]
            self.leader[led] = leader
            self.closeness[led] = closeness[first:end][free]
            self.is_free[led] = False
