"""Past inspections, with their heat maps drawn again."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.clients.errors import ImageNotFound
from services.imaging.decode import ImageLimits
from services.inspection.errors import InspectionNotFound
from services.inspection.model import Findings, InspectionRecord, PastInspection, Verdict
from services.inspection.pictures.heatmap import heatmap_png, heatmap_scale
from services.inspection.pictures.kept_grid import anomaly_map_of
from services.inspection.pictures.overlay import OverlayFormat, overlay_picture
from services.inspection.pictures.picture import drawable, drawn_size
from services.inspection.ports import (
    FeedbackStore,
    InspectionHistory,
    ReferenceContents,
    ReferenceSets,
)

MOST_FEEDBACK = 100


@dataclass(frozen=True, slots=True)
class Recalled:
    """A past inspection with what was drawn of it."""

    past: PastInspection
    may_see_set: bool
    """Whether whoever looks may see the set, and so its images, now."""
    heatmap: bytes = field(default=b"", repr=False)
    heatmap_scale: float = 0.0
    overlay: bytes = field(default=b"", repr=False)


class LookingBack:
    """Lists past inspections, and shows one again.

    Args:
        sets: Who may see which set.
        history: What was inspected.
        feedback: What people said.
        contents: Bytes of stored images.
        threads: Where pictures are drawn.
        limits: What an image may measure.
    """

    def __init__(
        self,
        sets: ReferenceSets,
        history: InspectionHistory,
        feedback: FeedbackStore,
        contents: ReferenceContents,
        threads: Executor,
        *,
        limits: ImageLimits,
    ) -> None:
        self._sets = sets
        self._history = history
        self._feedback = feedback
        self._contents = contents
        self._threads = threads
        self._limits = limits

    async def page(
        self,
        user_id: str,
        *,
        set_id: str,
        version: int,
        image_id: str,
        verdict: Verdict | None,
        part_inspection_id: str,
        since: datetime | None,
        until: datetime | None,
        before: tuple[datetime, str] | None,
        limit: int,
    ) -> Sequence[PastInspection]:
        """Inspections of the user's and those with sets of the user's, newest first."""
        return await self._history.list(
            user_id,
            set_id=set_id,
            version=version,
            image_id=image_id,
            verdict=verdict,
            part_inspection_id=part_inspection_id,
            since=since,
            until=until,
            before=before,
            limit=limit,
        )

    async def recall(
        self, inspection_id: str, user_id: str, *, heatmap: bool, overlay: OverlayFormat | None
    ) -> Recalled:
        """A past inspection; the heat map, and the overlay on an image of the user's, if asked for.

        Raises:
            InspectionNotFound: there is none, or it is not the user's to see.
            StorageUnavailable, ContentsUnavailable: the image cannot be had now.
        """
        past = await self._history.get(inspection_id, user_id)
        if past is None:
            raise InspectionNotFound(f"there is no inspection {inspection_id}")
        record, findings = past.record, past.record.findings
        said = await self._feedback.on_inspection(record, user_id, limit=MOST_FEEDBACK)
        recalled = Recalled(
            replace(past, feedback=said),
            may_see_set=await self._sets.in_use(record.set_id, user_id) is not None,
        )
        if findings is None or findings.grid is None or not (heatmap or overlay):
            return recalled
        image = await self._image(record, user_id) if overlay else b""
        drawn, over = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: self._draw(record, findings, image, overlay, heatmap=heatmap)
        )
        return replace(
            recalled,
            heatmap=drawn,
            heatmap_scale=heatmap_scale(record.threshold) if drawn else 0.0,
            overlay=over,
        )

    async def _image(self, record: InspectionRecord, user_id: str) -> bytes:
        """The inspected image; empty if it is not there, or somebody else's."""
        if not record.image_id or record.user_id != user_id:
            return b""
        try:
            return await self._contents.fetch(record.image_id, user_id)
        except ImageNotFound:
            return b""

    def _draw(
        self,
        record: InspectionRecord,
        findings: Findings,
        image: bytes,
        overlay: OverlayFormat | None,
        *,
        heatmap: bool,
    ) -> tuple[bytes, bytes]:
        """The heat map and the overlay, those that are wanted and can be drawn."""
        grid = findings.grid
        assert grid is not None  # noqa: S101 - whoever calls has looked
        anomaly_map = anomaly_map_of(grid, record.threshold)
        size = drawn_size(grid.width, grid.height)
        drawn = heatmap_png(size, anomaly_map, record.threshold) if heatmap else b""
        if overlay is None or not image:
            return drawn, b""
        picture = drawable(image, self._limits)
        return drawn, overlay_picture(
            picture, anomaly_map, record.threshold, findings.regions, overlay
        )
