"""A hit on its way to become a match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.search.model import Hit


@dataclass(frozen=True, slots=True)
class Found:
    """An image that is to be shown."""

    hit: Hit
    rank: int
    """Its place among all hits, from 1."""
    folded: Sequence[Found] = ()
    """Its near-duplicates, best first."""
