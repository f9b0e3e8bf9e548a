"""The ports of inspection over one file: its set, its version, and nobody to ask or to tell."""

from collections.abc import Sequence

from services.clients.errors import ImageNotFound
from services.inspection.model import InspectionRecord, SetInUse, Version


class OneSet:
    """`SetsInUse` of the set that a version is of."""

    def __init__(self, version: Version) -> None:
        self._in_use = SetInUse(version.set_id, "", version.version)

    async def in_use(self, set_id: str, user_id: str) -> SetInUse | None:  # noqa: ARG002 - the port's
        """The set; None for any other."""
        return self._in_use if set_id == self._in_use.set_id else None


class OneVersion:
    """`KeptVersions` that has one."""

    def __init__(self, version: Version) -> None:
        self._version = version

    async def get(self, set_id: str, version: int) -> Version | None:
        """The version; None for any other."""
        return self._version if await self.exists(set_id, version) else None

    async def exists(self, set_id: str, version: int) -> bool:
        """Whether it is this one."""
        return (set_id, version) == (self._version.set_id, self._version.version)


class OneArtifact:
    """`KeptArtifacts` of verified bytes."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def get(self, name: str, sha256: str) -> bytes:  # noqa: ARG002 - the port's
        """The bytes."""
        return self._content


class NoImages:
    """`ReferenceContents` without images."""

    async def check(self, image_ids: Sequence[str]) -> Sequence[str]:  # noqa: ARG002 - the port's
        """None of them."""
        return []

    async def fetch(self, image_id: str, user_id: str) -> bytes:  # noqa: ARG002 - the port's
        """Stored images are in the mesh.

        Raises:
            ImageNotFound: always.
        """
        raise ImageNotFound("there are no stored images where there is no mesh")


class NoMemory:
    """`Memory` that remembers nothing."""

    async def record(self, records: Sequence[InspectionRecord]) -> None:
        """Nothing is kept."""
