"""Keeping what was learnt in the object store, so that nothing is left there for ever."""

import asyncio
from dataclasses import dataclass

from services.clients.patience import patiently
from services.inspection.artifact import artifact_name, pack
from services.inspection.finding import Arrays
from services.inspection.ports import Artifacts, Versions


@dataclass(frozen=True, slots=True)
class KeptArtifact:
    """An artifact in the object store that no version has yet."""

    name: str
    sha256: str
    size_bytes: int


class ArtifactKeeper:
    """Puts artifacts for versions that are to be kept.

    Each is noted before it is put, so that it is removed in an hour if no
    version is kept with it, whatever becomes of this process.

    Args:
        versions: Where artifacts are noted.
        artifacts: The object store.
    """

    def __init__(self, versions: Versions, artifacts: Artifacts) -> None:
        self._versions = versions
        self._artifacts = artifacts

    async def put(self, set_id: str, arrays: Arrays) -> KeptArtifact:
        """Keeps what was learnt from a set; parts that are down are waited for."""
        content = await asyncio.to_thread(pack, arrays)
        name, sha256 = artifact_name(set_id, content)

        async def put() -> None:
            nonlocal name
            # Each time: the object store may have been down for hours.
            while not await self._versions.expect_artifact(name):
                name, _ = artifact_name(set_id, content)
            await self._artifacts.put(name, content)

        await patiently(put)
        return KeptArtifact(name, sha256, len(content))
