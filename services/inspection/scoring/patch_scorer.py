"""The patch scorer: how far an image's patches are from those of normal images."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.imaging.decode import ImageLimits
from services.inspection.errors import ModelVersionChanged
from services.inspection.finding import Arrays, Finding, Patches, Seen
from services.inspection.learning.bank import Match, PatchBank, counted_patches, flat
from services.inspection.learning.banks import AnyBank, TwoBanks, bank_of, first_of
from services.inspection.model import (
    Alignment,
    Box,
    NearestImage,
    NearestPatch,
    PatchGrid,
    Polygon,
    Version,
    View,
)
from services.inspection.ports import PatchExtractor
from services.inspection.registration.aligner import Aligner, aligner_of
from services.inspection.registration.geometry import seen_of_reference
from services.inspection.verdict.placement import misplacement


class PatchScorer:
    """`ImageScorer` by one `PatchBank`, or by two.

    Args:
        bank: What it learnt.
        version: The version that it learnt for.
        patches: Takes images' features.
        threads: Where scoring runs.
        aligner: Aligns images before they are looked at; None without registration.
        limits: What an image may measure that is aligned.
    """

    def __init__(
        self,
        bank: AnyBank,
        version: Version,
        patches: PatchExtractor,
        threads: Executor,
        *,
        aligner: Aligner | None = None,
        limits: ImageLimits | None = None,
    ) -> None:
        self._bank = bank
        self._version = version
        self._aligner = aligner
        self._limits = limits or ImageLimits()
        self._patches = patches
        self._threads = threads
        self._finding = 0

    @property
    def size_bytes(self) -> int:
        """Memory that it holds."""
        return self._bank.size_bytes + (self._aligner.size_bytes if self._aligner else 0)

    async def look(self, image: bytes, *, interactive: bool = True) -> Seen:
        """The image's patch features, as each bank sees it; the frame as the first does."""
        views = [None, self._bank.view] if isinstance(self._bank, TwoBanks) else [None]
        aligner, placed = self._aligner, None
        if aligner is not None:
            placed = await asyncio.get_running_loop().run_in_executor(
                self._threads, lambda: aligner.place(image, self._limits)
            )
            image = placed.content
            views = [view and aligner.view(view) for view in views]
        # At once: the embedder works on them side by side.
        seen = await asyncio.gather(*(self._grid(image, view, interactive) for view in views))
        features, frame = [one.values for one in seen], seen[0].frame
        if placed is None:
            return Seen(features, frame)
        return Seen(features, placed.frame(frame), placed.alignment)

    async def _grid(self, image: bytes, view: View | None, interactive: bool) -> PatchGrid:
        settings = self._version.settings
        grid = await self._patches.patches(
            image, model=settings.model, size=settings.size, interactive=interactive, view=view
        )
        if grid.model_version != self._version.model_version:
            raise ModelVersionChanged(
                f"the version was made with {settings.model} {self._version.model_version}, and"
                f" the embedder now runs {grid.model_version}; calibrate anew"
            )
        return grid

    async def find(self, seen: Seen, *, nearest_limit: int) -> Finding:
        """What the banks say of it; two threads see to an image that is alone."""
        helpers = None if self._finding else self._threads
        self._finding += 1
        try:
            found = await asyncio.get_running_loop().run_in_executor(
                self._threads,
                lambda: find(
                    self._bank, seen.features, nearest_limit, helpers, alignment=seen.alignment
                ),
            )
        finally:
            self._finding -= 1
        if self._aligner is None:
            return found
        return replace(found, misplaced=misplacement(seen.alignment, self._aligner.limit))


def patch_opener(
    patches: PatchExtractor, threads: Executor, limits: ImageLimits | None = None
) -> Callable[[Version, str, Arrays], PatchScorer]:
    """What makes a scorer of a version and its artifact's arrays, in a mesh and without one."""
    return lambda version, _, arrays: PatchScorer(
        bank_of(arrays), version, patches, threads, aligner=aligner_of(arrays), limits=limits
    )


def find(
    bank: AnyBank,
    grids: Sequence[NDArray[Any]],
    nearest_limit: int,
    helpers: Executor | None = None,
    *,
    alignment: Alignment | None = None,
) -> Finding:
    """What one or two banks say of an image's features, each [rows, columns, dimension].

    The nearest images and patches are the first bank's, and so is what heads go by. Of an
    aligned image they are in the reference's place.
    """
    first = first_of(bank)
    shown = seen_of_reference(alignment) if alignment is not None else ()
    match = (
        bank.match(grids, helpers, shown)
        if isinstance(bank, TwoBanks)
        else bank.match(grids[0], helpers, shown)
    )
    boxes = first.member_boxes

    def nearest_patch(row: int, column: int) -> NearestPatch:
        member = int(match.members[row, column])
        left, top, right, bottom = (float(edge) for edge in boxes[member])
        return NearestPatch(
            first.image_ids[int(first.member_images[member])],
            Box(left, top, right, bottom),
            float(match.anomaly[row, column]),
        )

    return Finding(
        score=match.score,
        descriptor=match.descriptor,
        nearest=[
            NearestImage(first.image_ids[place], distance)
            for place, distance in first.nearest_images(match.descriptor, nearest_limit)
        ],
        strangeness=match.strangeness,
        anomaly_map=match.anomaly,
        region_threshold=bank.region_threshold,
        nearest_patch=nearest_patch,
        patches=lambda: patches_of(first, grids[0], match, shown),
        alignment=alignment,
    )


def patches_of(bank: PatchBank, grid: NDArray[Any], match: Match, shown: Polygon = ()) -> Patches:
    """The patches of an image that was held against a bank, those that count."""
    rows, columns = match.anomaly.shape
    anomaly = match.anomaly.reshape(-1)
    order = np.argsort(-anomaly, kind="stable")
    order = order[counted_patches(grid, bank.foreground, bank.areas, shown)[order]]
    reduced = bank.reduction(flat(grid)[order])
    near = bank.members[match.members.reshape(-1)[order]]
    return Patches(reduced, reduced - near, anomaly[order], order, rows, columns)
