"""The patch scorer: how far an image's patches are from those of normal images."""

import asyncio
from concurrent.futures import Executor
from typing import Any

from numpy.typing import NDArray

from services.inspection.errors import ModelVersionChanged
from services.inspection.finding import Finding
from services.inspection.learning.bank import PatchBank
from services.inspection.model import Box, NearestImage, NearestPatch, Version
from services.inspection.ports import PatchExtractor


class PatchScorer:
    """`ImageScorer` by a `PatchBank`.

    Args:
        bank: What it learnt.
        version: The version that it learnt for.
        patches: Takes images' features.
        threads: Where scoring runs.
    """

    def __init__(
        self, bank: PatchBank, version: Version, patches: PatchExtractor, threads: Executor
    ) -> None:
        self._bank = bank
        self._version = version
        self._patches = patches
        self._threads = threads
        self._finding = 0

    @property
    def size_bytes(self) -> int:
        """Memory that it holds."""
        return self._bank.size_bytes

    async def look(self, image: bytes, *, interactive: bool = True) -> NDArray[Any]:
        """The image's patch features."""
        settings = self._version.settings
        grid = await self._patches.patches(
            image, model=settings.model, size=settings.size, interactive=interactive
        )
        if grid.model_version != self._version.model_version:
            raise ModelVersionChanged(
                f"the version was made with {settings.model} {self._version.model_version}, and"
                f" the embedder now runs {grid.model_version}; calibrate anew"
            )
        return grid.values

    async def find(self, seen: NDArray[Any], *, nearest_limit: int) -> Finding:
        """What the bank says of it; two threads see to an image that is alone."""
        helpers = None if self._finding else self._threads
        self._finding += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, lambda: find(self._bank, seen, nearest_limit, helpers)
            )
        finally:
            self._finding -= 1


def find(
    bank: PatchBank, grid: NDArray[Any], nearest_limit: int, helpers: Executor | None = None
) -> Finding:
    """What a bank says of an image's features, [rows, columns, dimension]."""
    match = bank.match(grid, helpers)
    boxes = bank.member_boxes

    def nearest_patch(row: int, column: int) -> NearestPatch:
        member = int(match.members[row, column])
        left, top, right, bottom = (float(edge) for edge in boxes[member])
        return NearestPatch(
            bank.image_ids[int(bank.member_images[member])],
            Box(left, top, right, bottom),
            float(match.anomaly[row, column]),
        )

    return Finding(
        score=match.score,
        descriptor=match.descriptor,
        nearest=[
            NearestImage(bank.image_ids[place], distance)
            for place, distance in bank.nearest_images(match.descriptor, nearest_limit)
        ],
        strangeness=match.strangeness,
        anomaly_map=match.anomaly,
        region_threshold=bank.region_threshold,
        nearest_patch=nearest_patch,
    )
