"""The composition root: inspection's own code over one file."""

import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from argus_offline.networks import FilePatches
from argus_offline.ports import NoImages, NoMemory, OneArtifact, OneSet, OneVersion
from services.imaging.decode import ImageLimits
from services.inspection.model import Scorer
from services.inspection.offline.container import ARTIFACT, FileReader
from services.inspection.offline.errors import OfflineFileWrong
from services.inspection.offline.manifest import Manifest
from services.inspection.pictures.overlay import OverlayFormat
from services.inspection.scoring.inspector import Inspection, InspectionRequest, Inspector
from services.inspection.scoring.loader import VersionLoader
from services.inspection.scoring.patch_scorer import patch_opener
from services.runtime.errors import ArgusError

MOST_BYTES = 2**40
"""Of a version in memory; there is one, and it stays."""


class OfflineInspector:
    """Inspects images; made by `open_file`.

    Args:
        manifest: What the file says of itself.
        inspector: Inspection's use case.
        precision: Floats that the network computes in.
    """

    def __init__(self, manifest: Manifest, inspector: Inspector, precision: str) -> None:
        self.manifest = manifest
        self.precision = precision
        self._inspector = inspector

    async def inspect(
        self, image: bytes, *, heatmap: bool = False, overlay: OverlayFormat | None = None
    ) -> Inspection:
        """Inspects one encoded image; as many at once as one likes.

        Args:
            image: JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC.
            heatmap: Whether to draw the heat map.
            overlay: What to draw the image with its heat map as; not at all if None.

        Raises:
            InvalidInput: it cannot be inspected; `reason` and the words are those of the mesh.
        """
        return await self._inspector.inspect(
            InspectionRequest(
                user_id="",
                set_id=self.manifest.version.set_id,
                version=self.manifest.version.version,
                image=image,
                heatmap=heatmap,
                overlay=overlay,
            )
        )


@asynccontextmanager
async def open_file(path: Path, *, cores: int = 0) -> AsyncIterator[OfflineInspector]:
    """Opens an exported version.

    Args:
        path: The file.
        cores: Threads that it may use; one for each core if 0.

    Raises:
        OfflineFileWrong: it is none, damaged, altered, or of another release; or this machine does
            not compute what it must. The message says what to do.
        OSError: it cannot be read.
    """
    cores = cores or os.cpu_count() or 1
    limits = ImageLimits()
    with FileReader(path) as file, ThreadPoolExecutor(max(2, cores), "offline") as threads:
        version = file.manifest.version
        if version.settings.scorer is not Scorer.PATCH_CORESET:
            raise OfflineFileWrong(f"{version.settings.scorer} needs a mesh")
        patches = FilePatches(file, threads, cores=cores, limits=limits)
        loader = VersionLoader(
            OneVersion(version),
            OneArtifact(file.read(ARTIFACT)),
            {Scorer.PATCH_CORESET: patch_opener(patches, threads, limits)},
            budget_bytes=MOST_BYTES,
        )
        inspector = Inspector(
            OneSet(version), loader, NoImages(), NoMemory(), threads, limits=limits, clock=_now
        )
        try:
            # What cannot be loaded is told before the first image.
            await inspector.open("", version.set_id, version.version)
        except ArgusError as error:
            raise OfflineFileWrong(f"the file cannot be used: {error.message}") from error
        yield OfflineInspector(file.manifest, inspector, patches.precision)


def _now() -> datetime:
    return datetime.now(UTC)
