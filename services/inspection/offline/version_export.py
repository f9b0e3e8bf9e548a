"""The use case: a version as one file that inspects where there is no mesh."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Protocol

from services.inspection.errors import (
    ModelVersionChanged,
    ReferenceSetNotFound,
    ReferenceSetReadOnly,
    ScorerUnsupported,
    no_version,
)
from services.inspection.model import Scorer, SetInUse, Version
from services.inspection.offline.container import ARTIFACT, MANIFEST, FileWriter
from services.inspection.offline.manifest import Manifest, Network, Preparation
from services.inspection.reference_set import ReferenceSet
from services.inspection.scoring.loader import KeptArtifacts, current_version


class NetworkFiles(Protocol):
    """The networks that make patch features, as files."""

    def open(
        self, model: str
    ) -> AbstractAsyncContextManager[tuple[Network, AsyncIterator[tuple[str, bytes]]]]:
        """What a model's network is; and the name and the next bytes of each of its files in turn.

        Raises:
            EmbedderUnavailable: the embedder does not answer.
            ArgusError: the embedder's own error if it has no such network.
        """


class SetsAndUse(Protocol):
    """Who may see and use which set."""

    async def get(self, set_id: str, user_id: str) -> ReferenceSet | None:
        """A set that the user may see."""

    async def in_use(self, set_id: str, user_id: str) -> SetInUse | None:
        """What an inspection needs of a set that the user may see."""


class KeptVersions(Protocol):
    """What calibrations made."""

    async def get(self, set_id: str, version: int) -> Version | None:
        """A version."""


class VersionExport:
    """Exports versions for those who may inspect with them.

    Args:
        sets: Who may see and use which set.
        versions: What calibrations made.
        artifacts: Where what they learnt is.
        networks: Where networks come from.
        release: This release of Argus.
    """

    def __init__(
        self,
        sets: SetsAndUse,
        versions: KeptVersions,
        artifacts: KeptArtifacts,
        networks: NetworkFiles,
        *,
        release: str,
    ) -> None:
        self._sets = sets
        self._versions = versions
        self._artifacts = artifacts
        self._networks = networks
        self._release = release

    async def export(self, set_id: str, user_id: str, number: int) -> AsyncGenerator[bytes, None]:
        """The file, piece by piece; what is wrong shows before the first.

        Args:
            set_id: The set.
            user_id: Who asks.
            number: Of the version; the current one if 0.

        Raises:
            ReferenceSetNotFound, ReferenceSetReadOnly: the user may not inspect with it.
            ReferenceSetNotReady, VersionNotFound: there is no such version.
            ScorerUnsupported: the version needs the index of images.
            ModelVersionChanged: the embedder has another version of its model now.
            ArtifactWrong: what it learnt is gone.
            Unavailable: storage or the embedder does not answer.
        """
        found = await self._usable(set_id, user_id)
        version = await self._version(found, number)
        learnt = await self._artifacts.get(version.artifact_name, version.artifact_sha256)
        writer = FileWriter()
        async with self._networks.open(version.settings.model) as (network, files):
            if network.version != version.model_version:
                raise ModelVersionChanged(
                    f"the version was made with {network.model} {version.model_version}, and the"
                    f" embedder now runs {network.version}; calibrate anew"
                )
            async for name, data in files:
                if ready := writer.write(name, data):
                    yield ready
        yield writer.write(ARTIFACT, learnt) + writer.end_part()
        manifest = Manifest(
            made_by=self._release,
            set_name=found.display_name,
            # Where the mesh keeps it is nobody's business elsewhere.
            version=replace(version, artifact_name=""),
            network=network,
            preparation=Preparation(size=version.settings.size, multiple=network.patches.stride),
            parts=writer.parts,
        )
        yield writer.write(MANIFEST, manifest.model_dump_json(indent=1).encode()) + writer.close()

    async def _usable(self, set_id: str, user_id: str) -> ReferenceSet:
        """A set that the user may inspect with, as its owner named it."""
        found = await self._sets.get(set_id, user_id)
        use = await self._sets.in_use(set_id, user_id)
        if found is None or use is None:
            raise ReferenceSetNotFound(f"there is no reference set {set_id}")
        if not use.may_inspect:
            raise ReferenceSetReadOnly(
                "the set is shared for viewing; its owner can let you inspect and export"
            )
        return found

    async def _version(self, found: ReferenceSet, number: int) -> Version:
        number = number or current_version(found.in_use)
        version = await self._versions.get(found.set_id, number)
        if version is None:
            raise no_version(number)
        if version.settings.scorer is not Scorer.PATCH_CORESET:
            raise ScorerUnsupported(
                f"version {number} looks its neighbours up in the index of images, which is not"
                " where there is no mesh; calibrate with PATCH_CORESET to export a version"
            )
        return version
