"""Artifacts: what services build and keep in the object store."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.storage.checking import ListedObjects
from services.storage.errors import ObjectStoreUnavailable
from services.storage.object_keys import artifact_key
from services.storage.ports import Links, Removals

LINK_TTL = timedelta(minutes=15)
LISTED = 1_000
"""Artifacts in one answer."""


@dataclass(frozen=True, slots=True)
class ArtifactLinks:
    """Where an artifact is, whether it exists or not."""

    name: str
    put_url: str = field(repr=False)
    get_url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredArtifact:
    """An artifact that is there."""

    name: str
    size_bytes: int
    put_at: datetime


class Artifacts:
    """Serves services that keep what they built.

    Args:
        removals: Removes objects.
        links: Presigned URLs at the store's inside address.
        objects: Lists objects.
    """

    def __init__(self, removals: Removals, links: Links, objects: ListedObjects) -> None:
        self._removals = removals
        self._links = links
        self._objects = objects

    async def listed(self, prefix: str, after: str) -> list[StoredArtifact]:
        """Artifacts by name, behind `after`, as many as fit into an answer.

        Raises:
            ObjectStoreUnavailable: the store does not answer.
        """
        folder = artifact_key("")
        found = await self._objects.page(
            artifact_key(prefix), artifact_key(after) if after else "", LISTED
        )
        return [
            StoredArtifact(one.key.removeprefix(folder), one.size_bytes, one.modified_at)
            for one in found
        ]

    def resolve(self, names: Sequence[str]) -> list[ArtifactLinks]:
        """Links to artifacts, in the order asked for."""
        return [
            ArtifactLinks(
                name,
                self._links.put(artifact_key(name), LINK_TTL),
                self._links.get(artifact_key(name), LINK_TTL),
            )
            for name in names
        ]

    async def delete(self, names: Sequence[str]) -> None:
        """Deletes artifacts; those that do not exist are fine.

        Raises:
            ObjectStoreUnavailable: the store does not answer, or did not remove all of them.
        """
        left = await self._removals.remove([artifact_key(name) for name in names])
        if left:
            raise ObjectStoreUnavailable(
                "the object store did not remove all artifacts; try again", retry_after_s=1
            )
