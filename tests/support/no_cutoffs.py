"""Search that never says from which score on a match is more than chance."""

from pathlib import Path

from services.clients.model import Space
from services.search.errors import IndexUnavailable
from services.search.meaning.cutoffs import Cutoffs
from services.search.meaning.model import Kind
from services.search.meaning.reference_vectors import ReferenceVectors, Vectors
from services.search.ports import VectorIndex


class _Nothing:
    """Embeds no references."""

    async def embed(self, kind: Kind, space: Space) -> Vectors:
        raise IndexUnavailable(f"no vectors of {kind} in {space.name}")


def no_cutoffs(index: VectorIndex) -> Cutoffs:
    """Cut-offs that are not to be had."""
    return Cutoffs(index, ReferenceVectors(Path("nowhere"), _Nothing()))
