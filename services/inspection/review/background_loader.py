"""Versions for jobs, which wait for parts that are down."""

from services.clients.patience import patiently
from services.inspection.errors import ReferenceSetNotFound
from services.inspection.model import SetInUse
from services.inspection.ports import ReferenceSets
from services.inspection.scoring.loader import LoadedVersion, VersionLoader


class BackgroundLoader:
    """Loads versions for jobs, whose askers' rights were checked before.

    Args:
        sets: Who owns a set.
        loader: Versions ready to inspect with.
    """

    def __init__(self, sets: ReferenceSets, loader: VersionLoader) -> None:
        self._sets = sets
        self._loader = loader

    async def load(self, set_id: str, number: int) -> LoadedVersion:
        """A version of a set.

        Raises:
            ReferenceSetNotFound, VersionNotFound: it is gone.
            ArtifactWrong: what it learnt is gone.
        """
        owner_id = await patiently(lambda: self._sets.owner(set_id))
        if not owner_id:
            raise ReferenceSetNotFound(f"there is no reference set {set_id}")
        in_use = SetInUse(set_id, owner_id, 0)
        return await patiently(lambda: self._loader.load(in_use, number))
