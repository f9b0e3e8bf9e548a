"""The network in an offline file, and what it sees of an image."""

import asyncio
import logging
import tempfile
from concurrent.futures import Executor
from dataclasses import asdict
from pathlib import Path

import numpy as np

from services.embedder.model import PatchInfo
from services.embedder.models.patches import whole_image
from services.embedder.models.runtimes.candidate import AGREEMENT, Precision
from services.embedder.models.runtimes.openvino_network import OpenVinoNetwork, bf16_native
from services.embedder.models.runtimes.reference import Reference
from services.imaging.decode import ImageLimits, size_of
from services.imaging.frame_stats import FrameStats
from services.inspection.model import PatchGrid, View, WholeFrame
from services.inspection.offline.container import FileReader
from services.inspection.offline.errors import OfflineFileWrong
from services.inspection.offline.manifest import Network, Preparation

TOWER = "patches"
PROBES = 2
"""Drawn inputs that the network must answer as it did where it was built."""

_log = logging.getLogger(__name__)


class FilePatches:
    """`PatchExtractor` over the network in a file.

    Args:
        file: The offline file.
        threads: Where images are prepared and seen.
        cores: Threads that the network may use.
        limits: What an image may measure.

    Raises:
        OfflineFileWrong: it has no network, or this machine does not compute what it must.
    """

    def __init__(
        self, file: FileReader, threads: Executor, *, cores: int, limits: ImageLimits
    ) -> None:
        self._network = file.manifest.network
        self._preparation = file.manifest.preparation
        self._threads = threads
        self._limits = limits
        self._patches = PatchInfo(**asdict(self._network.patches))
        _check_preparation(self._preparation)
        self._precision = precision_of(self._network)
        self._run = _opened(file, self._precision, cores)

    @property
    def precision(self) -> Precision:
        """Floats that it computes in."""
        return self._precision

    async def patches(
        self,
        image: bytes,
        *,
        model: str,
        size: int,
        interactive: bool,  # noqa: ARG002 - the port's
        view: View | None = None,
    ) -> PatchGrid:
        """An encoded image's patch features, as the embedder gives them.

        Raises:
            services.imaging.errors: what is wrong with the image.
            OfflineFileWrong: the file has the network of another model.
        """
        if model != self._network.model:
            raise OfflineFileWrong(f"the file has no network of {model}; export the version again")
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: self._seen(image, size, view)
        )

    def _seen(self, image: bytes, size: int, view: View | None) -> PatchGrid:
        pixels = whole_image(
            image,
            self._limits,
            self._patches,
            size=0 if view else size,
            scale=view.scale if view else 0.0,
            multiple=self._preparation.multiple,
            standard_levels=view is not None and view.standard_levels,
        )
        # In the numbers in which features travel in the mesh.
        features = self._run(pixels[np.newaxis])[0].astype(np.float16)
        frame = None
        if view is None:
            frame = WholeFrame(FrameStats.of(pixels), *size_of(image, self._limits))
        return PatchGrid(features, self._network.model, self._network.version, frame)


def precision_of(network: Network) -> Precision:
    """Floats to compute in: those of the mesh, unless this processor lacks them."""
    return "bf16" if network.runtime.endswith("bf16") and bf16_native() else "f32"


def _check_preparation(preparation: Preparation) -> None:
    known = Preparation(size=preparation.size, multiple=preparation.multiple)
    if preparation != known:
        raise OfflineFileWrong(
            "the file was made by a release of Argus that prepares images in another way; export"
            " the version with the release that inspects"
        )


def _opened(file: FileReader, precision: Precision, cores: int) -> OpenVinoNetwork:
    # OpenVINO reads files; once it has compiled the network it needs them no more.
    with tempfile.TemporaryDirectory(prefix="argus-offline-") as name:
        folder = Path(name)
        for part in file.manifest.parts:
            if part.startswith(f"{TOWER}."):
                (folder / part).write_bytes(file.read(part))
        try:
            run = OpenVinoNetwork(folder / f"{TOWER}.xml", precision=precision, threads=cores)
            cosine = Reference.read(folder, TOWER).first(PROBES).cosine(run)
        except Exception as error:
            _log.debug("refused", exc_info=True)
            raise OfflineFileWrong(
                f"OpenVINO does not run the file's network here ({type(error).__name__})"
            ) from error
    if not cosine >= AGREEMENT:  # also if it is no number
        raise OfflineFileWrong(
            f"the file's network does not answer here as it did when it was built (cosine "
            f"{cosine:.4f}, at least {AGREEMENT} is needed); another release of OpenVINO may"
        )
    return run
